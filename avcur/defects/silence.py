"""A microphone that drops out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import AudioPlanter, Waveform, between


@dataclass(frozen=True, kw_only=True)
class Silence(AudioPlanter):
    """Mutes one stretch; its severity is the stretch's share of the recording.

    By default on utterances of a known speaker alone: silence would falsify an audio type (it is "neither") and the
    speaking labels of a video (who is not heard does not speak).
    """

    unit = "share of the recording"
    on: Sequence[str] = ("speaker",)
    share: Sequence[float] = (0.5, 0.95)

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.share)

    def transform(self, waveform: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        length = round(severity * len(waveform))
        start = int(rng.integers(0, len(waveform) - length + 1))
        muted = waveform.copy()
        muted[start : start + length] = 0
        return muted
