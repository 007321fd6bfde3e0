"""Where the visual pass spends its time: CPU seconds of its parts, each without what it calls of the others."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from avcur.media import decode, picture
from avcur.visual import face_search, faces, look_builder, shots
from experiments.benchmarks.faces.product import Seen


class Stopwatch:
    """Exclusive CPU seconds by part, over all threads of this process that call them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._local = threading.local()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        stack = self._local.__dict__.setdefault("stack", [])
        began = time.thread_time()
        stack.append(0.0)
        try:
            yield
        finally:
            spent = time.thread_time() - began
            self.seconds[name] += spent - stack.pop()
            if stack:
                stack[-1] += spent

    def timed(self, name: str | Callable[..., str], function: Callable[..., Any]) -> Callable[..., Any]:
        """The function under this watch; `name` may choose the part by the arguments."""

        @wraps(function)
        def wrapper(*arguments: Any, **named: Any) -> Any:
            with self.part(name if isinstance(name, str) else name(*arguments)):
                return function(*arguments, **named)

        return wrapper

    def stepped(self, name: str, generator: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """The generator with each of its steps under this watch."""

        def wrapper(*arguments: Any, **named: Any) -> Iterator[Any]:
            steps = generator(*arguments, **named)
            while True:
                with self.part(name):
                    item = next(steps, None)
                if item is None:
                    return
                yield item

        return wrapper


def _conversion(shown: picture.Picture, width: int, height: int) -> str:
    return "whole pictures to RGB" if (width, height) == (shown.width, shown.height) else "reduced pictures"


@contextmanager
def watched() -> Iterator[Stopwatch]:
    """Put the parts of the visual pass under a stopwatch."""
    watch = Stopwatch()
    functions = (
        (picture.Picture, "_converted", _conversion),
        (look_builder.LookBuilder, "frame", "frame features"),
        (shots.ShotDetector, "__call__", "shots"),
        (faces.MtcnnDetector, "__call__", "detection"),
        (faces.MtcnnDetector, "refine", "refinement"),
        (face_search, "face_rows", "face features"),
    )
    with ExitStack() as stack:
        stack.enter_context(patch.object(decode, "decoded", watch.stepped("decode", decode.decoded)))
        for owner, name, part in functions:
            stack.enter_context(patch.object(owner, name, watch.timed(part, getattr(owner, name))))
        yield watch


def profile(run: Callable[[], Seen]) -> tuple[Seen, dict[str, float]]:
    """Run once on one decoding thread and give the milliseconds of CPU per grid frame of each part, largest first."""
    began = time.process_time()
    with watched() as watch:
        found = run()
    spent = time.process_time() - began
    parts = {**watch.seconds, "rest": spent - sum(watch.seconds.values())}
    ordered = sorted(parts.items(), key=lambda item: -item[1])
    return found, {name: seconds / found.look.num_frames * 1e3 for name, seconds in ordered}


def shares(parts: dict[str, float]) -> str:
    total = sum(parts.values())
    return f"{total:.1f} ms of CPU a frame: " + ", ".join(f"{name} {ms / total:.0%}" for name, ms in parts.items())
