"""How much of the picture is black bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.black import black_frames
from avcur.signals.time_weights import frame_seconds, weighted_median


@dataclass
class Letterbox(Signal):
    """`letterbox`: share of the picture's area, 0..1, under black bars at its four edges.

    The width of each bar is its median over the time that is not black, so a dark moment makes no bar; a picture that
    is dark at its edge throughout does. Not applicable where the whole clip is black.
    """

    columns = ("letterbox",)
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        seconds = np.where(black_frames(media), 0.0, frame_seconds(media))
        if not seconds.any():
            raise NotApplicableError("black picture")
        bars = media.need_look().frame_bars[media.frames]
        top, bottom, left, right = (weighted_median(bars[:, edge], seconds) for edge in range(4))
        picture = max(0.0, 1.0 - top - bottom) * max(0.0, 1.0 - left - right)
        return {"letterbox": Measurement.ok(1.0 - picture)}
