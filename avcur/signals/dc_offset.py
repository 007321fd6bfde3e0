"""How far the sound's zero line lies off zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal


@dataclass
class DcOffset(Signal):
    """`dc_offset`: distance of the mean of all samples from zero, share of full scale, 0..1.

    Sound recorded well stays under 1e-3; a faulty sound card gives 1e-2 and more, which takes headroom and clicks where
    clips are joined. A clip of a few periods of a low tone has a mean as well: trust it from a second on.
    """

    columns = ("dc_offset",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        return {"dc_offset": Measurement.ok(abs(float(media.need_waveform().mean(dtype=np.float64))))}
