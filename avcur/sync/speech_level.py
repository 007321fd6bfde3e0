"""How loud speech is in every frame of 25 a second."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from avcur.records import FPS, SAMPLE_RATE, SAMPLES_PER_FRAME
from avcur.sync.backend import Waveform

Floats = NDArray[np.float64]

_HOP = SAMPLES_PER_FRAME // 2
_LOWEST, _HIGHEST = 300.0, 3000.0
"""Hz: the first three formants, whose level goes with the mouth's opening (Chandrasekaran et al., 2009)."""
_BANDS = 8
_FLOOR = 1e-3
"""Power below a band's loud passages (their 95th percentile) that counts as silence: -30 dB."""
_BLOCK = 60 * FPS
"""Frames transformed at once."""


def speech_levels(waveform: Waveform) -> Floats:
    """Mean logarithm of the power in eight mel bands from 300 to 3000 Hz, for sound at 16 kHz, (T,).

    Value i is that of [i / 25, (i + 1) / 25) s, of whole frames only: from two windows of 40 ms, the second centred on
    the frame's end. A constant gain changes nothing, nor does a level that differs between bands.
    """
    power = _band_powers(waveform)
    if not len(power):
        return np.zeros(0)
    loud = np.percentile(power, 95, axis=0)
    relative = power / np.where(loud > 0, loud, 1.0)
    return np.asarray(np.log(relative + _FLOOR).mean(axis=1).reshape(-1, 2).mean(axis=1), np.float64)


def _band_powers(waveform: Waveform) -> Floats:
    """(2 T, 8): windows of 40 ms every 20 ms, the last one filled up with silence."""
    num_frames = len(waveform) // SAMPLES_PER_FRAME
    filters = _filters()
    powers = [np.zeros((0, _BANDS))]
    for first in range(0, num_frames, _BLOCK):
        stop = min(first + _BLOCK, num_frames)
        piece = np.zeros((stop - first) * SAMPLES_PER_FRAME + _HOP, np.float32)
        found = waveform[first * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME + _HOP]
        piece[: len(found)] = found
        windows = sliding_window_view(piece, SAMPLES_PER_FRAME)[::_HOP] * np.hanning(SAMPLES_PER_FRAME)
        powers.append(np.abs(np.fft.rfft(windows)) ** 2 @ filters)
    return np.concatenate(powers)


def _filters() -> Floats:
    """Which bin of the spectrum belongs to which band, (321, 8): bands of equal width in mel, side by side."""
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (_LOWEST, _HIGHEST))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 1) / 2595) - 1)
    bins = np.fft.rfftfreq(SAMPLES_PER_FRAME, 1 / SAMPLE_RATE)[:, None]
    return np.asarray((bins >= edges[:-1]) & (bins < edges[1:]), np.float64)
