"""A cutaway: for a while the picture shows something else, and nobody's face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from avcur.defects.base import Image, VideoPlanter, between


@dataclass(frozen=True, kw_only=True)
class AbsentFace(VideoPlanter):
    """Replaces one stretch of the picture by a still view; its severity is the stretch's share of the recording."""

    unit = "share of the recording"
    on: Sequence[str] = ("video",)
    share: Sequence[float] = (0.25, 0.7)

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.share)

    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        length = max(1, round(severity * num_frames))
        start = int(rng.integers(0, max(1, num_frames - length + 1)))
        view: Image | None = None
        for index, frame in enumerate(frames):
            if start <= index < start + length:
                view = _view(rng, frame.shape[0], frame.shape[1]) if view is None else view
                yield view
            else:
                yield frame


def _view(rng: np.random.Generator, height: int, width: int) -> Image:
    """Sky over ground with a few soft shapes, (height, width, 3)."""
    coarse = rng.uniform(40, 200, (6, 8, 3)).astype(np.float32) * 0.4
    coarse[:3] += np.asarray((90, 110, 140), np.float32)
    coarse[3:] += np.asarray((70, 80, 50), np.float32)
    view = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0, 5, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(view + grain, 0, 255), np.uint8)
