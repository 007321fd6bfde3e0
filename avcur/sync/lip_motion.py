"""Synchrony without any weights: does the jaw fall as speech gets louder?"""

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
from avcur.sync.jaw import jaw_speeds
from avcur.sync.lags import LEAST_FRAMES
from avcur.sync.speech_level import speech_levels
from avcur.weights import LearnedFrom

Floats = NDArray[np.float64]

CONTEXT = FPS
"""Frames to either side that a frame is compared by: a correlation needs some syllables."""
_ORDER = 2
_MEMORY = FPS
"""Frames after which jaw and level have forgotten themselves."""
_LARGEST = 3.0
"""Standard deviations: one laugh or bang must not decide."""
_STILL = 1e-6
"""Standard deviation below which a series (px a frame, or the logarithm of power a frame) does not vary."""


@dataclass(frozen=True)
class LipMotion:
    """The correlation of how fast the jaw falls with how fast speech gets louder, both from `lowest` to `highest` Hz.

    The defaults are the rates of syllables, 2 to 7 Hz, at which mouth and voice go together most (Chandrasekaran et
    al., 2009). With v and a both series at mean 0 and variance 1, the distance of frame i at lag o is (1 - r) / e: r is
    the mean of v[j] a[j - o] over the second before and after i, sound that is missing there counting as 0, and e is
    the standard error of the mean r of a clip of unrelated sound (`standard_error`). So a confidence says by how many
    standard errors the best lag stands out of the others, in clips of any length: unrelated sound reaches about 2, and
    3.4 in one clip of twenty. A clip whose mouth or sound does not vary at all has distance 1 at every lag.
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
        """(T, 2 max_lag + 1), as `SyncBackend` says; two pictures are held, and some hundred bytes a frame."""
        levels = speech_levels(waveform)
        falling, rising = self._varying(jaw_speeds(pictures)), self._varying(np.diff(levels, prepend=levels[:1]))
        result = np.full((len(falling), 2 * max_lag + 1), np.nan, np.float32)
        error = standard_error(falling, rising, max_lag)
        for lag in range(-max_lag, max_lag + 1):
            frames = slice(max(0, lag), max(0, lag, min(len(falling), len(rising) + lag)))
            products = falling[frames] * rising[frames.start - lag : frames.stop - lag]
            result[frames, lag + max_lag] = (1 - around(products)) / error
        return result

    def _varying(self, series: Floats) -> Floats:
        """What of a series lies in the band, at mean 0 and variance 1, (T,) -> (T,); 0 where it does not vary."""
        if len(series) == 0:
            return series
        band = butter(_ORDER, (self.lowest, self.highest), "band", fs=FPS, output="sos")
        found = sosfiltfilt(band, series - series.mean(), padlen=min(FPS, len(series) - 1))
        if found.std() < _STILL:
            return np.zeros(len(series))
        return np.asarray(np.clip((found - found.mean()) / found.std(), -_LARGEST, _LARGEST))


def around(values: Floats) -> Floats:
    """Mean over `CONTEXT` frames to either side, (T,) -> (T,); what lies beyond the ends counts as 0."""
    window = np.ones(2 * CONTEXT + 1) / (2 * CONTEXT + 1)
    return np.asarray(np.convolve(values, window)[CONTEXT : CONTEXT + len(values)] if len(values) else values)


def standard_error(falling: Floats, rising: Floats, max_lag: int) -> float:
    """Standard deviation, over unrelated sound, of the mean r at one lag; 1 where one of the series does not vary.

    The mean is over the frames that have sound at every lag, each with its context, which weighs the products. Their
    mean's variance is the sum over lags of the product of the two autocovariances (Bartlett's formula), times the sum
    of the squared weights.
    """
    length = min(len(falling), len(rising))
    lags = range(1, min(_MEMORY, length - 1) + 1)
    spread = 1 + 2 * sum(_autocovariance(falling, lag) * _autocovariance(rising, lag) for lag in lags)
    margin = min(max_lag, max(0, (length - LEAST_FRAMES) // 2))
    common = np.zeros(length)
    common[margin : length - margin] = 1.0
    weights = around(common) / max(1.0, common.sum())
    varying = falling.any() and rising.any() and spread > 0
    return float(np.sqrt(spread * (weights @ weights))) if varying else 1.0


def _autocovariance(series: Floats, lag: int) -> float:
    return float(series[lag:] @ series[: len(series) - lag]) / len(series)
