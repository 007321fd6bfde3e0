"""How much of a clip shows nothing but black."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.time_weights import frame_seconds, weighted_mean

BLACK_LUMA = 20.0
"""Grey level: coding noise lifts black a little; ffmpeg's blackdetect takes pixels up to 10 % of the range (25.5)."""
BLACK_CONTRAST = 5.0
"""Grey levels: a dark scene or white text on black varies more than this, coding noise in black less."""


@dataclass
class Black(Signal):
    """`black_share`: share of the time, 0..1, in which the picture is black.

    Black is a frame whose mean grey level is below `luma` and whose standard deviation is below `contrast` (0..255).
    """

    luma: float = BLACK_LUMA
    contrast: float = BLACK_CONTRAST
    columns = ("black_share",)
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        black = black_frames(media, self.luma, self.contrast)
        return {"black_share": Measurement.ok(weighted_mean(black, frame_seconds(media)))}


def black_frames(media: ClipMedia, luma: float = BLACK_LUMA, contrast: float = BLACK_CONTRAST) -> NDArray[np.bool_]:
    """Which of the clip's `frames` are black, (N,)."""
    look = media.need_look()
    return np.asarray((look.frame_luma[media.frames] < luma) & (look.frame_contrast[media.frames] < contrast))
