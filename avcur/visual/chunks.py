"""Grid frames in stretches short enough to hold, each knowing the frame that comes after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from avcur.media.picture import Picture

CHUNK_FRAMES = 25
"""A second: long enough for a batch of detections, short enough to hold in memory."""
CHUNK_BYTES = 96 * 2**20
"""Decoded pictures that a chunk may hold: 32 frames of 1080p, 8 of 4K; up to four chunks are under way."""


@dataclass(frozen=True)
class GridFrame:
    """Grid frame `number` (on show at number / 25 s); `first` where it begins a shot."""

    number: int
    picture: Picture
    first: bool


@dataclass(frozen=True)
class Chunk:
    """Consecutive grid frames; `following` is the one after them, None at the end of the recording."""

    frames: list[GridFrame]
    following: GridFrame | None


def chunks(frames: Iterator[GridFrame], stride: int) -> Iterator[Chunk]:
    """Chunks of a whole number of strides, shorter where the pictures are large and at the end."""
    held: list[GridFrame] = []
    size = 0
    for frame in frames:
        if size == 0:
            size = _size(frame.picture, stride)
        if len(held) == size:
            yield Chunk(held, frame)
            held = []
        held.append(frame)
    if held:
        yield Chunk(held, None)


def _size(picture: Picture, stride: int) -> int:
    most = max(1, min(CHUNK_FRAMES, CHUNK_BYTES // picture.num_bytes))
    return stride * (most // stride) if most >= stride else most
