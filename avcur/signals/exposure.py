"""How bright the picture is, and how much its brightness varies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.time_weights import frame_seconds, own_faces, weighted_mean


@dataclass
class Exposure(Signal):
    """Of the frames, or of the clip's own face in them with `of: face`, means over time.

    `brightness`: mean grey level (luma of ITU-R BT.601), 0..255; `contrast`: standard deviation of the grey levels
    within a picture (root mean square contrast: Peli, 1990), grey levels, 0..127.5.
    """

    of: Literal["frame", "face"] = "frame"
    version = 2
    columns = ("brightness", "contrast")
    reads = "picture"

    def __post_init__(self) -> None:
        if self.of not in ("frame", "face"):
            raise ValueError(f"signals.exposure.of must be frame or face, got {self.of!r}")

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        look = media.need_look()
        if self.of == "face":
            rows, seconds = own_faces(media)
            levels, deviations = look.face_luma[rows], look.face_contrast[rows]
        else:
            seconds = frame_seconds(media)
            levels, deviations = look.frame_luma[media.frames], look.frame_contrast[media.frames]
        return {
            "brightness": Measurement.ok(weighted_mean(levels, seconds)),
            "contrast": Measurement.ok(weighted_mean(deviations, seconds)),
        }
