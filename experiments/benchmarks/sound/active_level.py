"""Active speech level by ITU-T P.56, method B: the level while somebody speaks, hangover of 200 ms included."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.signal import lfilter

from avcur.records import SAMPLE_RATE

TIME_CONSTANT, HANGOVER, MARGIN = 0.03, 0.2, 15.9
"""s, s, dB between the active level and the threshold above which it was counted."""


def active_power(waveform: NDArray[np.floating]) -> float:
    """Mean power of the active speech in (N,) of 16 kHz."""
    samples = waveform.astype(np.float64)
    held = maximum_filter1d(_envelope(samples), hang := round(HANGOVER * SAMPLE_RATE), origin=(hang - 1) // 2)
    thresholds = 2.0 ** np.arange(-15, 0)
    active = np.array([np.count_nonzero(held >= threshold) for threshold in thresholds])
    levels = 10 * np.log10((samples**2).sum() / active[active > 0])
    margins = levels - 20 * np.log10(thresholds[active > 0])
    # Margins fall from threshold to threshold; the level is read where they are 15.9 dB.
    return float(10 ** (np.interp(-MARGIN, -margins, levels) / 10))


def _envelope(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    keep = np.exp(-1 / (TIME_CONSTANT * SAMPLE_RATE))
    once = lfilter([1 - keep], [1, -keep], np.abs(samples))
    return np.asarray(lfilter([1 - keep], [1, -keep], once))
