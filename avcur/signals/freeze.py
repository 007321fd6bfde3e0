"""How much of a clip stands still because pictures repeat or were lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.time_weights import frame_seconds


@dataclass
class Freeze(Signal):
    """`frozen_share`: share of the time, 0..1, in which the picture repeats what was shown before.

    A decoded frame repeats the one before it where their grey levels differ by less than `threshold` in the mean; what
    is on show longer than `hold` (s) counts from there on, so that a picture held by a file of variable rate counts
    and a slow but steady one, down to five pictures a second, does not.
    """

    threshold: float = 0.1
    hold: float = 0.2
    columns = ("frozen_share",)
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        media.need_motion()
        look, seconds = media.need_look(), frame_seconds(media)
        repeats = look.frame_difference[media.frames] < self.threshold
        repeats[0] = False  # what lies before the clip was not shown in it
        frozen = np.where(repeats, seconds, np.maximum(seconds - self.hold, 0.0))
        return {"frozen_share": Measurement.ok(float(frozen.sum() / seconds.sum()))}
