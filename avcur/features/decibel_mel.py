"""Mel spectrograms in decibels with librosa's conventions, which DNSMOS P.808 reads."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE

_WINDOW = 321
_HOP = 160
_NUM_MELS = 120
_FLOOR = 1e-10
_RANGE = 80.0
"""Decibels below the loudest that are told apart."""
_LINEAR = 200 / 3
_KNEE = 1000.0
_LOG_STEP = np.log(6.4) / 27
"""Slaney's mel scale: 66.7 Hz a mel up to 1 kHz, 27 mel for each factor of 6.4 above."""


def decibel_mel(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Waveform (N,) at 16 kHz -> (N // 160, 120), dB below its own loudest value, -80..0, in float32.

    `librosa.feature.melspectrogram(n_fft=321, hop_length=160, n_mels=120)` and `power_to_db(ref=max)`, transposed.
    """
    padded = np.pad(waveform, _WINDOW // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    frames = sliding_window_view(padded, _WINDOW)[::_HOP] * window
    power = np.abs(np.fft.rfft(frames)) ** 2 @ _filters().T
    decibels = 10 * np.log10(np.maximum(power, _FLOOR))
    return np.asarray(np.maximum(decibels - decibels.max(), -_RANGE), np.float32)


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    """Triangles of unit area (120, 161), equally spaced on the mel scale from 0 to 8 kHz."""
    edges = _hertz(np.linspace(0.0, _mel(SAMPLE_RATE / 2), _NUM_MELS + 2))[:, None]
    bins = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2]))


def _mel(hertz: float) -> float:
    """Of frequencies above 1 kHz."""
    return float(_KNEE / _LINEAR + np.log(hertz / _KNEE) / _LOG_STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _KNEE / _LINEAR
    return np.where(mel < knee, mel * _LINEAR, _KNEE * np.exp(_LOG_STEP * (np.maximum(mel, knee) - knee)))
