"""How loud a voice is, so that what is mixed with it or put in its place has a level that can be stated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE

Waveform = NDArray[np.float32]

FRAME = SAMPLE_RATE // 50
"""Samples of the frames, 20 ms, whose power tells speech from pauses."""
_QUIETEST = 10 ** (-35 / 20)
"""Full-scale RMS below which a recording counts as silent: what is mixed refers to this level, so that it is heard."""
_PEAK = 0.95
"""Of what has been mixed, full scale."""


def active_level(waveform: Waveform) -> float:
    """RMS over the 20 ms frames within 30 dB of the loudest: the level while somebody speaks, pauses left out."""
    power = frame_power(waveform)
    if not len(power):
        return float(np.sqrt(np.mean(np.square(waveform)))) if len(waveform) else 0.0
    return float(np.sqrt(power[power >= power.max() * 1e-3].mean()))


def frame_power(waveform: Waveform) -> NDArray[np.float64]:
    """The mean square of each whole 20 ms frame, (N // 320,)."""
    count = len(waveform) // FRAME
    power: NDArray[np.float64] = np.square(waveform[: count * FRAME].astype(np.float64)).reshape(count, FRAME).mean(1)
    return power


def is_heard(waveform: Waveform) -> bool:
    """Whether the active level is above that of a silent recording."""
    return active_level(waveform) > _QUIETEST


def heard_level(waveform: Waveform) -> float:
    """The active level that others are stated against: at least -35 dB of full scale."""
    return max(active_level(waveform), _QUIETEST)


def unclipped(waveform: Waveform) -> Waveform:
    """The sound turned down to peaks of 0.95 where they are higher: clipping is another defect."""
    return (waveform * min(1.0, _PEAK / max(float(np.abs(waveform).max(initial=0.0)), 1e-9))).astype(np.float32)
