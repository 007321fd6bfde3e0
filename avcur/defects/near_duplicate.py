"""Another upload of the same recording: cut a little, rescaled, brighter or darker, encoded again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from avcur.defects.base import Image, VideoPlanter, between
from avcur.records import Box


@dataclass(frozen=True, kw_only=True)
class NearDuplicate(VideoPlanter):
    """Adds a copy of the recording, of which the share `cut` of each side is cut away (its severity).

    The copy has the same labels and sound, as a recording and session of its own: only what it shows tells that it
    belongs to the original, which stays as it is.
    """

    copies = True
    training_only = True
    unit = "share of the picture's sides cut away"
    spans = {"cut": (0.0, 0.2), "light": (0.1, 4.0), "scale": (0.05, 1.0)}  # noqa: RUF012
    on: Sequence[str] = ("video",)
    cut: Sequence[float] = (0.01, 0.03)
    light: Sequence[float] = (0.85, 1.15)
    """Factor of the grey levels."""
    scale: Sequence[float] = (0.5, 0.8)
    """Size at which it lay in between, as a share of the picture's own."""

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.cut)

    def placed(self, severity: float, rng: np.random.Generator) -> Box:
        left, top = (float(v) for v in rng.uniform(0, severity, 2))
        kept = 1 - severity
        return -left / kept, -top / kept, (1 - left) / kept, (1 - top) / kept

    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        place = self.placed(severity, rng)
        light, scale = between(rng, self.light), between(rng, self.scale)
        for frame in frames:
            yield _lit(_rescaled(_cut(frame, place), scale, frame.shape), light)


def _cut(frame: Image, place: Box) -> Image:
    """What of the frame is still in the picture when the whole of it lies at `place`."""
    height, width = frame.shape[:2]
    sides = place[2] - place[0], place[3] - place[1]
    left, top = round(-place[0] / sides[0] * width), round(-place[1] / sides[1] * height)
    return frame[top : top + max(1, round(height / sides[1])), left : left + max(1, round(width / sides[0]))]


def _rescaled(image: Image, scale: float, shape: tuple[int, ...]) -> Image:
    """The image brought to the height and width of `shape` by way of a smaller size."""
    between_sizes = max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
    smaller = cv2.resize(image, between_sizes, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(smaller, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.uint8)


def _lit(image: Image, light: float) -> Image:
    return np.asarray(np.clip(image * np.float32(light), 0, 255), np.uint8)
