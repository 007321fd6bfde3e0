"""Find faces in sampled frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from avcur.errors import UserError
from avcur.media.decode import Frame, frames
from avcur.records import Box, Detection

Image = NDArray[np.uint8]
Faces = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Boxes (n, 4) as x1, y1, x2, y2 px of the given image, and their probabilities (n,)."""


class FaceDetector(Protocol):
    """Finds faces in RGB images, uint8 (H, W, 3); `max_side` and `batch_size` say what it likes to be given."""

    @property
    def max_side(self) -> int: ...
    @property
    def batch_size(self) -> int: ...

    def __call__(self, images: list[Image]) -> list[Faces]: ...


@dataclass(frozen=True)
class MtcnnDetector:
    """MTCNN (Zhang et al., 2016) with the weights of facenet-pytorch.

    `min_face`: the smallest face it looks for, px of the image given; halving it takes about twice the time.
    `max_side`: pictures are reduced to this longer side before detection. Boxes move by about 3e-5 of the picture
    with another batch size, which is why batches never cross recordings.
    """

    min_face: int = 30
    max_side: int = 480
    batch_size: int = 16
    device: str = "cpu"
    weights: str = field(default_factory=lambda: f"facenet-pytorch {version('facenet-pytorch')}", init=False)

    def __post_init__(self) -> None:
        if self.min_face < 20:
            raise UserError(f"detector.min_face must be >= 20 px (MTCNN sees nothing smaller), got {self.min_face}")

    def __call__(self, images: list[Image]) -> list[Faces]:
        found: list[Faces] = []
        for shape, same in groupby(images, key=lambda image: image.shape):
            batch = list(same)
            for i in range(0, len(batch), self.batch_size):
                found += self._detect(np.stack(batch[i : i + self.batch_size]), min(shape[:2]))
        return found

    def _detect(self, batch: Image, shorter: int) -> list[Faces]:
        if shorter <= self.min_face:  # the pyramid would have no level, on which facenet-pytorch fails
            return [_no_faces() for _ in batch]
        with torch.inference_mode():
            boxes, probabilities = _network(self.min_face, self.device).detect(batch)
        return [_no_faces() if b is None else (_array(b), _array(p)) for b, p in zip(boxes, probabilities, strict=True)]


def _no_faces() -> Faces:
    return np.zeros((0, 4)), np.zeros(0)


def _array(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, np.float64)


@lru_cache(maxsize=2)
def _network(min_face: int, device: str) -> Any:
    """One network per process, outside the detector, which stays small to pickle and plain to hash."""
    from facenet_pytorch import MTCNN

    network = MTCNN(keep_all=True, min_face_size=min_face, device=device)
    # its max-pooling, 40 % of the time, is vectorised in this layout only: 1.7 times as fast on one core
    return network.to(memory_format=torch.channels_last)


def detect(video_path: Path, detector: FaceDetector, fps: float, threshold: float) -> Iterator[tuple[Frame, Detection]]:
    """Sample the video at `fps` and yield each (reduced) frame with its faces of at least `threshold` probability."""
    stream = frames(video_path, fps=fps, max_side=detector.max_side)
    while batch := list(islice(stream, detector.batch_size)):
        for frame, (boxes, probabilities) in zip(batch, detector([f.image for f in batch]), strict=True):
            height, width = frame.image.shape[:2]
            kept = [i for i in np.argsort(-probabilities, kind="stable") if probabilities[i] >= threshold]
            fractions = tuple(_clamped(boxes[i] / (width, height, width, height)) for i in kept)
            whole = [(box, float(probabilities[i])) for box, i in zip(fractions, kept, strict=True) if _has_area(box)]
            yield frame, Detection(frame.time, tuple(box for box, _ in whole), tuple(p for _, p in whole))


def _clamped(box: NDArray[np.float64]) -> Box:
    x1, y1, x2, y2 = (float(v) for v in np.clip(box, 0.0, 1.0))
    return x1, y1, x2, y2


def _has_area(box: Box) -> bool:
    return box[2] > box[0] and box[3] > box[1]
