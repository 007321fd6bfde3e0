"""A track's pictures in stretches with what a network sees around them, and the sound's features of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avcur.crops.geometry import Image
from avcur.features import COLUMNS_PER_FRAME, HOP
from avcur.features.mfcc import WINDOW, mfcc
from avcur.records import SAMPLE_RATE

Waveform = NDArray[np.float32]

CONTEXT = 6
"""Frames to either side that Light-ASD's encoders reach: two in each of three blocks that see, 17 columns (4.25 frames)
in those that hear."""

_COLUMN, _WINDOW = round(HOP * SAMPLE_RATE), round(WINDOW * SAMPLE_RATE)


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


def frame_mfcc(waveform: Waveform, first: int, stop: int) -> NDArray[np.float32]:
    """The MFCC of frames [first, stop), four columns each, (4 (stop - first), 13), reading no more sound.

    As in training: a window that reaches beyond the sound is filled up with zeros, and the last column repeated where
    none begins.
    """
    low, high = COLUMNS_PER_FRAME * first, COLUMNS_PER_FRAME * stop
    before = min(low, 1)  # lends the first column its last sample, which the pre-emphasis subtracts
    found = mfcc(waveform[(low - before) * _COLUMN : (high - 1) * _COLUMN + _WINDOW])[before:][: high - low]
    return np.pad(found, ((0, high - low - len(found)), (0, 0)), mode="edge")
