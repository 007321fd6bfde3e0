"""A picture enlarged from far fewer pixels than it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from avcur.defects.base import Image, VideoPlanter, between


@dataclass(frozen=True, kw_only=True)
class LowResolution(VideoPlanter):
    """Shrinks the picture to `height` pixels (its severity) and enlarges it again; the stored size stays the same."""

    unit = "picture height before enlarging, px"
    on: Sequence[str] = ("video",)
    height: Sequence[float] = (24, 44)

    def severity(self, rng: np.random.Generator) -> float:
        return float(round(between(rng, self.height)))

    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        for frame in frames:
            height, width = frame.shape[:2]
            small = (max(1, round(width * severity / height)), int(severity))
            few = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
            yield np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
