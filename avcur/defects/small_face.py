"""A camera too far away: the same scene, smaller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from avcur.defects.base import Image, VideoPlanter, between
from avcur.records import Box

_SOFT = 0.03
"""Blur of the surroundings, standard deviation over the picture's height: stretched edges lose their streaks."""
_COARSE = 8
"""The surroundings are blurred at an eighth of the size, which looks the same and costs a sixtieth."""


@dataclass(frozen=True, kw_only=True)
class SmallFace(VideoPlanter):
    """Shrinks the picture to the share `scale` of its size (its severity), amid its own edges extended and blurred."""

    unit = "share of the picture's size"
    spans = {"scale": (0.05, 1.0)}  # noqa: RUF012
    on: Sequence[str] = ("video",)
    scale: Sequence[float] = (0.5, 0.7)

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.scale)

    def placed(self, severity: float, rng: np.random.Generator) -> Box:
        left, top = (float(v) for v in rng.uniform(0.25, 0.75, 2) * (1 - severity))
        return left, top, left + severity, top + severity

    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        place = self.placed(severity, rng)
        for frame in frames:
            yield _amid_surroundings(frame, place)


def _amid_surroundings(frame: Image, place: Box) -> Image:
    height, width = frame.shape[:2]
    left, top, right, bottom = (round(share * side) for share, side in zip(place, (width, height) * 2, strict=True))
    size = (max(1, right - left), max(1, bottom - top))
    small = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    around = (top, height - top - size[1], left, width - left - size[0])
    whole = cv2.copyMakeBorder(small, *around, cv2.BORDER_REPLICATE)
    coarse = cv2.resize(whole, (max(1, width // _COARSE), max(1, height // _COARSE)), interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), max(_SOFT * height / _COARSE, 0.5))
    result = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    result[top : top + size[1], left : left + size[0]] = small
    return result
