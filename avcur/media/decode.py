"""Read pictures by their timestamps, as a stream from any point on, keeping what decodes.

Times count from the file's own zero (`probe.origin`), the same for picture and sound, so their sync is kept.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from avcur.media.errors import MediaError, MediaWarning
from avcur.media.picture import Image, Picture
from avcur.media.probe import open_media, origin, pixel_ratio, video_stream
from avcur.media.sound import audio_blocks, read_audio
from avcur.media.stream import Faults, decoded

__all__ = ["Faults", "Frame", "audio_blocks", "frames", "key_time", "pictures", "read_audio"]

TOLERANCE = 1e-3
"""Seconds: timestamps come in whole milliseconds in some containers (WebM)."""
SEEK_AHEAD = 1.0
"""Seconds: a target farther ahead than this is reached by a seek, a nearer one by decoding on."""
_SEEK_BACK = (0.0, 2.0, 10.0, 60.0)
"""Seconds before a target to which a seek is tried in turn: in program and transport streams it lands behind."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A displayed picture, uint8 (H, W, 3) RGB, upright with square pixels, shown from `time` seconds on."""

    time: float
    image: Image


@dataclass(slots=True)
class Timed:
    """A decoded picture with its start on the file's clock; `until` is the end that the file gives it."""

    time: float
    until: float
    picture: Picture


def timed_frames(container: Any, stream: Any, faults: Faults) -> Iterator[Timed]:
    """Decoded pictures with rising times; a frame without a time follows its predecessor by the nominal interval."""
    zero, nominal, ratio = origin(container), 1 / float(stream.average_rate or 25), pixel_ratio(stream)
    last = -np.inf
    for frame in decoded(container, stream, faults):
        time = frame.time - zero if frame.time is not None else max(last, -nominal) + nominal
        if time <= last:
            continue
        length = float(frame.duration * frame.time_base) if frame.duration else nominal
        last = time
        yield Timed(time, time + length, Picture(frame, ratio))


def pictures(
    path: Path,
    *,
    fps: float | None = None,
    start: float = 0.0,
    end: float | None = None,
    threads: int = 1,
    watch: Callable[[float, Picture], None] | None = None,
    faults: Faults | None = None,
) -> Iterator[tuple[float, Picture]]:
    """Stream (time, picture) of `[start, end)` seconds; `fps` resamples by timestamps to the frame on show at i / fps.

    The picture before the first timestamp is the first frame; the last one is held for its own duration. With `fps`,
    the picture object is the same one as long as it stays on show; `watch` is shown every decoded picture once, before
    it is yielded. A start beyond `SEEK_AHEAD` is reached by seeking.
    Faults go into `faults`, or into a MediaWarning where none is given. Raises MediaError where there is no picture.
    """
    kept = Faults() if faults is None else faults
    with open_media(Path(path)) as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaError("no video stream")
        stream.thread_count, stream.thread_type = threads, "AUTO"
        source = _watched(_from(container, stream, start, kept), watch)
        shown = ((item.time, item.picture) for item in source) if fps is None else on_show(source, fps, start)
        time = None
        for time, picture in shown:
            if end is not None and time >= end - TOLERANCE:
                break
            if time >= start - TOLERANCE:
                yield time, picture
        if time is None:
            raise MediaError(f"no frame of the video stream can be decoded{f' from {start:.2f} s on' if start else ''}")
    if faults is None and str(kept):
        warnings.warn(f"{path}: {kept}", MediaWarning, stacklevel=2)


def frames(
    path: Path,
    *,
    fps: float | None = None,
    start: float = 0.0,
    end: float | None = None,
    max_side: int | None = None,
    even: bool = False,
    faults: Faults | None = None,
) -> Iterator[Frame]:
    """`pictures` as RGB arrays, no side longer than `max_side`; a picture that stays on show is converted once."""
    previous: tuple[Picture, Image] | None = None
    for time, shown in pictures(path, fps=fps, start=start, end=end, faults=faults):
        if previous is None or previous[0] is not shown:
            previous = (shown, shown.reduced(max_side, even))
        yield Frame(time, previous[1])


def key_time(path: Path, time: float) -> float | None:
    """When the picture begins from which decoding must go to show `time`, seconds; None where there is none."""
    with open_media(path) as container:
        stream = video_stream(container)
        first = None if stream is None else next(_from(container, stream, time, Faults()), None)
        return None if first is None else first.time


def _watched(source: Iterator[Timed], watch: Callable[[float, Picture], None] | None) -> Iterator[Timed]:
    for item in source:
        if watch is not None:
            watch(item.time, item.picture)
        yield item


def _from(container: Any, stream: Any, start: float, faults: Faults) -> Iterator[Timed]:
    """Decoded frames from the one on show at `start` on; seeks where that saves decoding."""
    if start <= SEEK_AHEAD:
        return timed_frames(container, stream, faults)
    for earlier in _SEEK_BACK:
        container.seek(max(0, int((start - earlier + origin(container)) * av.time_base)), backward=True)
        source = timed_frames(container, stream, faults)
        first = next(source, None)
        if first is not None and first.time <= start + TOLERANCE:
            return itertools.chain([first], source)
    container.seek(0, backward=True)
    return timed_frames(container, stream, faults)


def on_show(source: Iterator[Timed], fps: float, start: float = 0.0) -> Iterator[tuple[float, Picture]]:
    """Resample to a constant rate from `start` on: frame i is the last one that starts at or before i / fps."""
    current: Timed | None = None
    index = math.ceil(start * fps - TOLERANCE * fps)
    for item in source:
        while current is not None and index / fps < item.time - TOLERANCE:
            yield index / fps, current.picture
            index += 1
        current = item
    if current is None:
        return
    total = max(1, index, round(current.until * fps))
    for i in range(index, total):
        yield i / fps, current.picture
