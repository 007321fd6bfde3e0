"""A scene filmed in the dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import Image, VideoPlanter, between


@dataclass(frozen=True, kw_only=True)
class LowLight(VideoPlanter):
    """Darkens to the share `gain` of the light (its severity) and adds the sensor's noise that dark pictures have."""

    unit = "share of the light left"
    on: Sequence[str] = ("video",)
    gain: Sequence[float] = (0.06, 0.2)
    noise: float = 4.0
    """Standard deviation of the sensor noise, 8-bit levels."""

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.gain)

    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        for frame in frames:
            grain = rng.standard_normal(frame.shape[:2], np.float32)[..., None] * self.noise
            yield np.clip(frame * np.float32(severity) + grain, 0, 255).astype(np.uint8)
