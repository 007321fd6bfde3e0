"""Synchrony without any weights: does the jaw fall when speech gets louder?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from avcur.crops.geometry import GEOMETRIES, Geometry, Image
from avcur.errors import UserError
from avcur.records import FPS
from avcur.sync.backend import Distances, Waveform
from avcur.sync.jaw import openings
from avcur.sync.speech_level import speech_levels
from avcur.weights import LearnedFrom

Floats = NDArray[np.float64]

_ORDER = 2
_MEMORY = FPS
"""Frames after which jaw and level have forgotten themselves."""
_LARGEST = 3.0
"""Standard deviations: one laugh or bang must not decide."""


@dataclass(frozen=True)
class LipMotion:
    """The correlation of how far the jaw is down with how loud speech is, both from `lowest` to `highest` Hz.

    The defaults are the rates of syllables, 2 to 7 Hz, at which mouth and voice go together most (Chandrasekaran et
    al., 2009). With v and a both series at mean 0 and variance 1, the distance of frame i at lag o is
    (1 - v[i] a[i - o]) / e. Its mean is 1 minus the correlation, over e: the standard error of a correlation of two
    such series that have nothing to do with one another (Bartlett, 1946). So a confidence says by how many standard
    errors the best lag stands out, in clips of any length: unrelated sound reaches 2.1 in the middle and 3 in one clip
    of twenty. A clip whose mouth or sound does not move at all has distance 1 at all lags.
    """

    lowest: float = 2.0
    highest: float = 7.0

    def __post_init__(self) -> None:
        if not 0 < self.lowest < self.highest < FPS / 2:
            raise UserError(
                f"Lip motion needs 0 < lowest < highest < {FPS / 2} Hz, got lowest={self.lowest}, "
                f"highest={self.highest}"
            )

    @property
    def geometry(self) -> Geometry:
        """The face itself, 112 px."""
        return GEOMETRIES["face"]

    @property
    def learned(self) -> LearnedFrom | None:
        return None

    def missing(self) -> str | None:
        return None

    def distances(self, pictures: Iterator[Image], waveform: Waveform, max_lag: int) -> Distances:
        """(T, 2 max_lag + 1), as `SyncBackend` says; two pictures are held, and some bytes a frame."""
        jaw, level = self._varying(openings(pictures)), self._varying(speech_levels(waveform))
        result = np.full((len(jaw), 2 * max_lag + 1), np.nan, np.float32)
        error = standard_error(jaw, level)
        for lag in range(-max_lag, max_lag + 1):
            frames = np.arange(max(0, lag), max(0, min(len(jaw), len(level) + lag)))
            result[frames, lag + max_lag] = (1 - jaw[frames] * level[frames - lag]) / error
        return result

    def _varying(self, series: Floats) -> Floats:
        """What of a series lies in the band, at mean 0 and variance 1, (T,) -> (T,); 0 where it does not change."""
        if np.ptp(series) < 1e-9 if len(series) else True:
            return np.zeros(len(series))
        band = butter(_ORDER, (self.lowest, self.highest), "band", fs=FPS, output="sos")
        found = sosfiltfilt(band, series - series.mean(), padlen=min(FPS, len(series) - 1))
        return np.asarray(np.clip((found - found.mean()) / found.std(), -_LARGEST, _LARGEST))


def standard_error(jaw: Floats, level: Floats) -> float:
    """Standard deviation of the mean product of two unrelated series (T,), (S,) of mean 0 over their common length.

    By Bartlett's formula: the sum over lags of the product of their autocovariances, over the length; 1 without one.
    """
    length = min(len(jaw), len(level))
    lags = range(-min(_MEMORY, length - 1), min(_MEMORY, length - 1) + 1)
    spread = sum(_autocovariance(jaw, abs(lag)) * _autocovariance(level, abs(lag)) for lag in lags)
    return float(np.sqrt(spread / length)) if length and spread > 0 else 1.0


def _autocovariance(series: Floats, lag: int) -> float:
    return float(series[lag:] @ series[: len(series) - lag]) / len(series)
