"""An overdriven input: peaks cut off at full scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import AudioPlanter, Waveform, between


@dataclass(frozen=True, kw_only=True)
class Clipping(AudioPlanter):
    """Raises the gain until the share `share` of the samples (its severity) lies at full scale.

    By default not on "neither": impulsive noise has no level at which it is not clipped.
    """

    unit = "share of samples at full scale"
    on: Sequence[str] = ("video", "speaker", "speech", "music", "both")
    share: Sequence[float] = (0.1, 0.35)

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.share)

    def transform(self, waveform: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        if not waveform.any():
            return waveform
        threshold = max(float(np.quantile(np.abs(waveform), 1 - severity)), 1e-6)
        return np.asarray(np.clip(waveform / threshold, -1, 1), np.float32)
