"""Sound that came over a telephone: nothing above half of the low rate at which it was once sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.signal import firwin, resample_poly

from avcur.defects.base import AudioPlanter, Waveform, between
from avcur.defects.level import unclipped
from avcur.records import SAMPLE_RATE

_STEP = 50
"""Hz between cutoffs: the low rate is then a ratio of small numbers to 16 kHz, and the filter short."""
_PERIODS = 32
"""Samples of the low rate to either side that the filter spans: 0 dB at 0.95 of the cutoff and -50 dB at 1.05."""


@dataclass(frozen=True, kw_only=True)
class BandLimited(AudioPlanter):
    """Resamples to twice the cutoff (its severity, Hz) and back, through a polyphase low-pass each way.

    4000 Hz is a telephone's 8 kHz; what lies below the cutoff stays. By default not on music and noise, which may have
    nothing above it anyway.
    """

    unit = "cutoff, Hz"
    spans = {"cutoff": (500.0, 7000.0)}  # noqa: RUF012
    on: Sequence[str] = ("video", "speaker", "speech")
    cutoff: Sequence[float] = (2500.0, 4000.0)

    def severity(self, rng: np.random.Generator) -> float:
        return float(_STEP * round(between(rng, self.cutoff) / _STEP))

    def transform(self, waveform: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        if not len(waveform):
            return waveform
        rate = round(2 * severity)
        up, down = rate // gcd(rate, SAMPLE_RATE), SAMPLE_RATE // gcd(rate, SAMPLE_RATE)
        low_pass = firwin(2 * _PERIODS * down + 1, 1 / down, window=("kaiser", 6.0)).astype(np.float32)
        low = resample_poly(waveform, up, down, window=low_pass)
        return unclipped(resample_poly(low, down, up, window=low_pass)[: len(waveform)])
