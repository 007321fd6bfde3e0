"""A lens out of focus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from avcur.defects.base import Image, VideoPlanter, between


@dataclass(frozen=True, kw_only=True)
class Blur(VideoPlanter):
    """Gaussian blur; its severity is the standard deviation as a share of the picture's height."""

    unit = "sigma, share of picture height"
    on: Sequence[str] = ("video",)
    sigma: Sequence[float] = (0.012, 0.03)

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.sigma)

    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        for frame in frames:
            yield np.asarray(cv2.GaussianBlur(frame, (0, 0), severity * frame.shape[0]), np.uint8)
