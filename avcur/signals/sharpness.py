"""How sharp the face is: the variance of its Laplacian, raw and made comparable."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal

FLAT = 1.0
"""Grey levels squared: below this intensity variance a crop shows nothing whose edges could be judged."""


@dataclass
class Sharpness(Signal):
    """`laplacian_variance` as people threshold it (at 50 or 100), and `sharpness`, which can be compared across clips.

    The raw value is the mean over the sampled grey face crops at native size; one same face gives 1906 at 32 px and 26
    at 320 px, and halving its contrast quarters it. `sharpness` reduces each crop to a shorter side of `face_side` px
    and divides by its intensity variance (no unit); smaller faces are not enlarged but not applicable.
    """

    face_side: int = 64
    columns = ("laplacian_variance", "sharpness")
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        crops = media.need_face_crops()
        raw = float(np.mean([laplacian_variance(crop) for crop in crops]))
        return {"laplacian_variance": Measurement.ok(raw), "sharpness": self._sharpness(crops)}

    def _sharpness(self, crops: list[NDArray[np.uint8]]) -> Measurement:
        large = [crop for crop in crops if min(crop.shape) >= self.face_side]
        if not large:
            widest = max(min(crop.shape) for crop in crops)
            return Measurement.not_applicable(f"face of {widest} px is smaller than {self.face_side} px")
        reduced = [reduce_to(crop, self.face_side) for crop in large]
        values = [laplacian_variance(crop) / float(crop.var()) for crop in reduced if crop.var() >= FLAT]
        return Measurement.ok(float(np.mean(values))) if values else Measurement.not_applicable("face without contrast")


def laplacian_variance(grey: NDArray[np.uint8]) -> float:
    """Variance of the 3x3 Laplacian (Pech-Pacheco et al., 2000), grey levels squared."""
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def reduce_to(grey: NDArray[np.uint8], shorter: int) -> NDArray[np.uint8]:
    """Reduce by area so that the shorter side is `shorter` px, aspect kept."""
    scale = shorter / min(grey.shape)
    height, width = max(shorter, round(grey.shape[0] * scale)), max(shorter, round(grey.shape[1] * scale))
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
