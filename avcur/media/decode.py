"""Read pictures by their timestamps, in one streaming pass or by seeking, keeping what decodes.

Times count from the file's own zero (`probe.origin`), the same for picture and sound, so their sync is kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avcur.media.errors import MediaError, MediaWarning
from avcur.media.probe import displayed_size, open_media, origin, pixel_ratio, upright_turn, video_stream
from avcur.media.sound import audio_blocks, read_audio
from avcur.media.stream import Faults, decoded

__all__ = ["Faults", "Frame", "audio_blocks", "frames", "frames_at", "read_audio"]

Image = NDArray[np.uint8]

TOLERANCE = 1e-3
"""Seconds: timestamps come in whole milliseconds in some containers (WebM)."""
SEEK_AHEAD = 1.0
"""Seconds: a target farther ahead than this is reached by a seek, a nearer one by decoding on."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A displayed picture, uint8 (H, W, 3) RGB, upright with square pixels, shown from `time` seconds on."""

    time: float
    image: Image


@dataclass(slots=True)
class Timed:
    """A decoded PyAV frame with its start on the file's clock; `until` is the end that the file gives it."""

    time: float
    until: float
    raw: Any


def timed_frames(container: Any, stream: Any, faults: Faults) -> Iterator[Timed]:
    """Decoded frames with rising times; a frame without a time follows its predecessor by the nominal interval."""
    zero, nominal = origin(container), 1 / float(stream.average_rate or 25)
    last = -np.inf
    for frame in decoded(container, stream, faults):
        time = frame.time - zero if frame.time is not None else max(last, -nominal) + nominal
        if time <= last:
            continue
        length = float(frame.duration * frame.time_base) if frame.duration else nominal
        last = time
        yield Timed(time, time + length, frame)


def picture(raw: Any, ratio: float, max_side: int | None = None, even: bool = False) -> Image:
    """The displayed RGB picture of a PyAV frame: square pixels, upright, no side longer than `max_side`."""
    width, height = displayed_size(raw.width, raw.height, ratio, 0)
    scale = 1.0 if max_side is None else min(1.0, max_side / max(width, height))
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    if even:
        width, height = max(2, width & ~1), max(2, height & ~1)
    image = raw.reformat(width=width, height=height, format="rgb24", interpolation="AREA", threads=1).to_ndarray()
    turns = upright_turn(raw.rotation) // 90
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def frames(
    path: Path,
    *,
    fps: float | None = None,
    max_side: int | None = None,
    even: bool = False,
    faults: Faults | None = None,
) -> Iterator[Frame]:
    """Stream the displayed pictures; `fps` resamples by timestamps to the frame on show at i / fps.

    The picture before the first timestamp is the first frame; the last one is held for its own duration. Faults go
    into `faults`, or into a MediaWarning where none is given. Raises MediaError where there is no picture at all.
    """
    kept = Faults() if faults is None else faults
    with open_media(Path(path)) as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaError("no video stream")
        stream.thread_count = 1
        ratio, source = pixel_ratio(stream), timed_frames(container, stream, kept)
        shown = ((item.time, item.raw) for item in source) if fps is None else on_show(source, fps)
        previous: tuple[Any, Image] | None = None
        for time, raw in shown:
            if previous is None or previous[0] is not raw:
                previous = (raw, picture(raw, ratio, max_side, even))
            yield Frame(time, previous[1])
        if previous is None:
            raise MediaError("no frame of the video stream can be decoded")
    if faults is None and str(kept):
        warnings.warn(f"{path}: {kept}", MediaWarning, stacklevel=2)


def on_show(source: Iterator[Timed], fps: float) -> Iterator[tuple[float, Any]]:
    """Resample to a constant rate: frame i is the last one that starts at or before i / fps."""
    current: Timed | None = None
    index = 0
    for item in source:
        while current is not None and index / fps < item.time - TOLERANCE:
            yield index / fps, current.raw
            index += 1
        current = item
    if current is None:
        return
    total = max(1, index, round(current.until * fps))
    for i in range(index, total):
        yield i / fps, current.raw


def frames_at(path: Path, times: Sequence[float], *, max_side: int | None = None) -> list[Frame]:
    """The pictures on show at rising `times` (s), reached by seeking; past the end the last frame is given.

    Meant for standardised video, whose first frame is at 0; costs at most one key frame distance per time.
    """
    found: list[Frame] = []
    with open_media(Path(path)) as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaError("no video stream")
        stream.thread_count = 1
        ratio, zero, faults = pixel_ratio(stream), origin(container), Faults()
        source, current, ahead = timed_frames(container, stream, faults), None, None
        for time in times:
            if ahead is None or time > ahead.time + SEEK_AHEAD:
                container.seek(max(0, int((time + zero) * av.time_base)), backward=True)
                source, current, ahead = timed_frames(container, stream, faults), None, None
                ahead = next(source, None)
            while ahead is not None and (current is None or ahead.time <= time + TOLERANCE):
                current, ahead = ahead, next(source, None)
            if current is None:
                raise MediaError(f"no frame at {time:.2f} s can be decoded")
            found.append(Frame(time, picture(current.raw, ratio, max_side)))
    return found
