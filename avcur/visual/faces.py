"""Find faces in pictures, and look again at full size."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from itertools import groupby
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.engines.device import device_named
from avcur.errors import UserError

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

_REFINED_SIDE = 48
"""Side of the last network's input, px (Zhang et al., 2016)."""


class Faces(NamedTuple):
    """The faces of one picture: boxes (n, 4) as x1, y1, x2, y2 px, probabilities (n,), landmarks (n, 5, 2) px.

    Landmarks are left eye, right eye, nose, left and right corner of the mouth, left as in the picture.
    """

    boxes: Floats
    probabilities: Floats
    landmarks: Floats

    def chosen(self, which: NDArray[Any]) -> Faces:
        """The faces that an index or boolean array chooses."""
        return Faces(self.boxes[which], self.probabilities[which], self.landmarks[which])

    @classmethod
    def none(cls) -> Faces:
        return cls(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2)))


class FaceDetector(Protocol):
    """Finds faces in RGB images, uint8 (H, W, 3).

    `min_face` is the smallest face that it sees, px of the image that it is given: it says how far pictures may be
    reduced. `refine` looks at one known face per image again, at the image's full size.
    """

    @property
    def min_face(self) -> int: ...
    @property
    def batch_size(self) -> int: ...

    def __call__(self, images: list[Image]) -> list[Faces]: ...

    def refine(self, images: list[Image], boxes: Floats) -> Faces:
        """The face of each box (n, 4) px in its image (n); probability 0 where there is none after all."""
        ...


@dataclass(frozen=True)
class MtcnnDetector:
    """MTCNN (Zhang et al., 2016) with the weights of facenet-pytorch.

    `min_face`: the smallest face it looks for, px of the image given; halving it takes about twice the time.
    `device`: auto takes a GPU where there is one. Boxes move by about 3e-5 of the picture with another batch size,
    which is why batches never cross recordings.
    """

    min_face: int = 20
    batch_size: int = 16
    device: str = "auto"
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
            return [Faces.none() for _ in batch]
        import torch  # here, so that the process that only hands out work does without its 450 MB

        with torch.inference_mode():
            found = _network(self.min_face, device_named(self.device)).detect(batch, landmarks=True)
        return [
            Faces.none() if boxes is None else Faces(_array(boxes), _array(likely), _array(points))
            for boxes, likely, points in zip(*found, strict=True)
        ]

    def refine(self, images: list[Image], boxes: Floats) -> Faces:
        """MTCNN's last network alone, on the square around each box."""
        if not images:
            return Faces.none()
        import torch  # here, so that the process that only hands out work does without its 450 MB

        device = device_named(self.device)
        windows = np.array([_window(box, image.shape) for box, image in zip(boxes, images, strict=True)], np.float64)
        patches = [_patch(image, window) for image, window in zip(images, windows, strict=True)]
        batch = torch.from_numpy(np.stack(patches)).to(device).permute(0, 3, 1, 2)
        with torch.inference_mode():
            moves, points, likely = _network(self.min_face, device).onet((batch.float() - 127.5) / 128)
        sides = np.concatenate([windows[:, 2:] - windows[:, :2]] * 2, axis=1)
        corners = windows + _array(moves.cpu()) * sides
        places = _array(points.cpu()).reshape(-1, 2, 5).transpose(0, 2, 1)  # five x, then five y
        return Faces(corners, _array(likely[:, 1].cpu()), windows[:, None, :2] + places * sides[:, None, :2])


def _window(box: Floats, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The square of a box's longer side around its centre, whole px, as far as it lies in the picture."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = max(box[2] - box[0], box[3] - box[1]) / 2
    left, right = sorted(int(v) for v in np.clip((round(x - half), round(x + half)), 0, shape[1]))
    top, bottom = sorted(int(v) for v in np.clip((round(y - half), round(y + half)), 0, shape[0]))
    left, top = min(left, shape[1] - 1), min(top, shape[0] - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _patch(image: Image, window: Floats) -> Image:
    x1, y1, x2, y2 = (int(v) for v in window)
    size = (_REFINED_SIDE, _REFINED_SIDE)
    return np.asarray(cv2.resize(image[y1:y2, x1:x2], size, interpolation=cv2.INTER_AREA), np.uint8)


def _array(values: Any) -> Floats:
    return np.asarray(values, np.float64)


@lru_cache(maxsize=2)
def _network(min_face: int, device: str) -> Any:
    """One network per process, outside the detector, which stays small to pickle and plain to hash."""
    import torch
    from facenet_pytorch import MTCNN

    network = MTCNN(keep_all=True, min_face_size=min_face, device=device)
    # its max-pooling, 40 % of the time, is vectorised in this layout only: 1.7 times as fast on one core
    return network.to(memory_format=torch.channels_last)
