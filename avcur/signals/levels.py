"""Long sound in pieces, and its power over time: an hour is never held a second time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE
from avcur.signals.media import ClipMedia

FRAME = SAMPLE_RATE // 50
"""Samples of an energy frame: 20 ms."""
BLOCK = 30 * SAMPLE_RATE
"""Samples of a piece: 30 s, a whole number of 20 ms and of 100 ms."""

Waveform = NDArray[np.float32]


def blocks(waveform: Waveform, length: int = BLOCK) -> Iterator[Waveform]:
    """Views of `length` samples one after the other; the last is shorter."""
    for start in range(0, len(waveform), length):
        yield waveform[start : start + length]


def frame_power(waveform: Waveform) -> NDArray[np.float64]:
    """Mean power (F,) of each whole 20 ms frame, its mean removed: an offset of the recorder is not sound."""
    whole = waveform[: len(waveform) // FRAME * FRAME]
    pieces = [piece.reshape(-1, FRAME).astype(np.float64).var(axis=1) for piece in blocks(whole)]
    return np.concatenate(pieces) if pieces else np.zeros(0)


def clip_power(media: ClipMedia) -> NDArray[np.float64]:
    """`frame_power` of the clip, found once however many signals ask."""
    return media.shared("frame_power", lambda: frame_power(media.need_waveform()))
