"""A track's pictures in stretches with what a network sees around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avcur.crops.geometry import Image

Waveform = NDArray[np.float32]

CONTEXT = 6
"""Frames to either side that Light-ASD's encoders reach: two in each of three blocks that see, 17 columns (4.25 frames)
in those that hear."""


@dataclass(frozen=True)
class Stretch:
    """Pictures from frame `start` on; those at `own` belong to it, the others are there to be seen around them."""

    start: int
    pictures: list[Image]
    own: slice

    @property
    def stop(self) -> int:
        return self.start + len(self.pictures)


def stretches(pictures: Iterable[Image], size: int) -> Iterator[Stretch]:
    """Stretches of `size` own pictures with CONTEXT to either side, but none beyond the first and the last picture.

    There a network pads as it did in training, so that stretches give what all pictures at once give.
    """
    held: list[Image] = []
    start = own = 0
    for picture in pictures:
        held.append(picture)
        if len(held) == own + size + CONTEXT:
            yield Stretch(start, held, slice(own, own + size))
            dropped = max(0, own + size - CONTEXT)
            held, start, own = held[dropped:], start + dropped, own + size - dropped
    if len(held) > own:
        yield Stretch(start, held, slice(own, len(held)))
