"""How bright the picture is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal


@dataclass
class Exposure(Signal):
    """`brightness`: mean luma (BT.601), 0..255, of the sampled frames, or of their faces with `of: face`."""

    of: Literal["frame", "face"] = "frame"
    columns = ("brightness",)
    reads = "picture"

    def __post_init__(self) -> None:
        if self.of not in ("frame", "face"):
            raise ValueError(f"signals.exposure.of must be frame or face, got {self.of!r}")

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        if not media.has_video:
            raise NotApplicableError("no video stream")
        if self.of == "face":
            means = [float(crop.mean()) for crop in media.need_face_crops()]
        else:
            means = [float(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).mean()) for image in media.frames]
        return {"brightness": Measurement.ok(float(np.mean(means)))}
