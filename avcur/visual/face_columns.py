"""What is measured of one found face while its picture is at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.media.picture import Picture
from avcur.records import Box
from avcur.visual.faces import Faces

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]

FLAT = 1.0
"""Grey levels squared: below this intensity variance a face shows nothing whose edges could be judged."""
_MOUTH_SHARE = 0.5
"""Side of the mouth region over the face's side: lips and what moves with them, at any opening."""
_MOUTH_SIDE = 32
"""Pixels to which mouth regions are reduced, so that motion does not hang on the picture's size."""


@dataclass(frozen=True)
class FaceRow:
    """One row of a look's `face_*` columns; see `Look` for their meaning and units."""

    scalars: ClassVar[tuple[str, ...]] = (
        "probability", "luma", "contrast", "laplacian", "sharpness", "mouth_motion",
    )  # fmt: skip
    box: Box
    landmarks: Floats
    probability: float
    luma: float
    contrast: float
    laplacian: float
    sharpness: float
    mouth_motion: float
    shift: tuple[float, float]


def face_rows(
    picture: Picture, faces: Faces, face_side: int, following: tuple[Picture, Faces] | None = None
) -> list[FaceRow]:
    """A row per face of a picture (boxes in its px).

    `following` is the next grid frame of the shot with the same faces found again there (probability 0: lost).
    """
    return [_row(picture, faces, i, face_side, following) for i in range(len(faces.boxes)) if _has_area(faces.boxes[i])]


def _row(picture: Picture, faces: Faces, i: int, face_side: int, following: tuple[Picture, Faces] | None) -> FaceRow:
    size = np.array([picture.width, picture.height], np.float64)
    box = np.clip(faces.boxes[i] / np.tile(size, 2), 0.0, 1.0)
    grey = under(picture.grey, faces.boxes[i])
    motion, shift = (math.nan, (math.nan, math.nan)) if following is None else _movement(picture, faces, i, *following)
    return FaceRow(
        (float(box[0]), float(box[1]), float(box[2]), float(box[3])), faces.landmarks[i] / size,
        float(faces.probabilities[i]), float(grey.mean()), float(grey.std()), laplacian_variance(grey),
        _sharpness(grey, face_side), motion, shift,
    )  # fmt: skip


def _has_area(box: Floats) -> bool:
    return bool(box[2] - box[0] >= 1 and box[3] - box[1] >= 1)


def under(grey: Grey, box: Floats) -> Grey:
    """The pixels under a box (px), at least 1 x 1."""
    height, width = grey.shape
    left, top = (int(np.clip(v, 0, most - 1)) for v, most in ((box[0], width), (box[1], height)))
    return grey[top : max(top + 1, round(min(box[3], height))), left : max(left + 1, round(min(box[2], width)))]


def laplacian_variance(grey: Grey) -> float:
    """Variance of the 3x3 Laplacian (Pech-Pacheco et al., 2000), grey levels squared."""
    return float(cv2.Laplacian(grey, cv2.CV_32F).var(dtype=np.float64))


def _sharpness(grey: Grey, side: int) -> float:
    """The Laplacian's variance over the intensity variance, of the face reduced to a shorter side of `side` px."""
    if min(grey.shape) < side:
        return math.nan
    scale = side / min(grey.shape)
    height, width = max(side, round(grey.shape[0] * scale)), max(side, round(grey.shape[1] * scale))
    reduced = np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    contrast = float(reduced.var())
    return laplacian_variance(reduced) / contrast if contrast >= FLAT else math.nan


def _movement(
    picture: Picture, faces: Faces, i: int, following: Picture, found: Faces
) -> tuple[float, tuple[float, float]]:
    """How the mouth and the box move to the next frame; NaN where the face is lost there."""
    if found.probabilities[i] <= 0:
        return math.nan, (math.nan, math.nan)
    side = math.sqrt(float(np.prod(faces.boxes[i][2:] - faces.boxes[i][:2])))
    centres = [(boxes[i][:2] + boxes[i][2:]) / 2 for boxes in (faces.boxes, found.boxes)]
    shift = (centres[1] - centres[0]) / side
    # The mouth of the first frame, carried along with the box: landmarks of their own would follow the lips.
    mouth = faces.landmarks[i][3:].mean(axis=0)
    now = _region(picture.grey, mouth, _MOUTH_SHARE * side)
    then = _region(following.grey, mouth + centres[1] - centres[0], _MOUTH_SHARE * side)
    contrast = float(now.std())
    motion = float(np.abs(now - then).mean()) / contrast if contrast**2 >= FLAT else math.nan
    return motion, (float(shift[0]), float(shift[1]))


def _region(grey: Grey, centre: Floats, side: float) -> NDArray[np.float32]:
    """The square around a point, as far as it lies in the picture, brought to 32 x 32 px."""
    half = side / 2
    patch = under(grey, np.concatenate([np.round(centre - half), np.round(centre + half)]))
    resized = cv2.resize(patch, (_MOUTH_SIDE, _MOUTH_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.float32)
