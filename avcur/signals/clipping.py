"""How much of the sound hit the ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.levels import blocks


@dataclass
class Clipping(Signal):
    """`clipping`: share of samples, 0..1, within `ceiling` of full scale.

    Sound that was clipped and turned down afterwards is not seen; loud mastered music touches the ceiling rarely
    (about 1e-4), clipped speech often (1e-2 and more).
    """

    ceiling: float = 0.99
    columns = ("clipping",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        waveform = media.need_waveform()
        count = sum(int(np.count_nonzero(np.abs(piece) >= self.ceiling)) for piece in blocks(waveform))
        return {"clipping": Measurement.ok(count / len(waveform))}
