"""How much of a clip is silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.levels import clip_power


@dataclass
class Silence(Signal):
    """`silence_ratio`: share of the time, 0..1, in which the sound lies below `level` (dBFS, RMS of 20 ms frames).

    0 dBFS is the RMS of a full-scale square wave, so a full-scale sine has -3. An offset from zero is no sound. Digital
    silence counts, and so does a quiet room in a recording of low gain: it says nothing is heard, not nobody speaks.
    """

    level: float = -60.0
    columns = ("silence_ratio",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        power = clip_power(media)
        if not len(power):
            raise NotApplicableError("sound shorter than 20 ms")
        return {"silence_ratio": Measurement.ok(float(np.mean(power < 10 ** (self.level / 10))))}
