"""Which part of a picture a crop shows: versioned, because models trained on one geometry lose on another."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.errors import UserError
from avcur.records import Box
from avcur.weights import Checkpoint

Image = NDArray[np.uint8]
Square = tuple[int, int, int]
"""Left, top and side of a square, px of the picture; it may reach beyond the picture."""
Rectangle = tuple[int, int, int, int]
"""Left, top, width and height, px of the picture, inside it."""

PADDING = 110
"""Grey of what lies outside the picture (the SyncNet pipeline's value)."""
SMALLEST = 2.0
"""Pixels: a face's box counts as this wide at least, so that every crop shows something."""


@dataclass(frozen=True)
class Geometry:
    """A window around a face's box, square unless stretched, in units of s = half the box's longer side.

    The window reaches from `left` to `right` and from `top` to `bottom` of the box's centre (y grows downwards).
    `edges` says what happens at the picture's edges: `padded` keeps the face in its place and fills up with grey 110,
    `moved` shifts the window into the picture, and shrinks it to the picture's shorter side where it is larger.
    `stretched` takes s of each axis for itself, so that the window has the box's own shape, leaves away what lies
    outside the picture, and scales both axes separately to the size of the crop: at -1..1 it is exactly the box, which
    is what AVA ActiveSpeaker's models train on. The public preparation of TalkNet-ASD, which Light-ASD shares, cuts
    boxes so, at whole pixels below, and its loaders resize them linearly to 112 x 112.
    `size` is the side of the crop, px. Raise `version` with any change of what a crop shows.
    """

    name: str
    size: int
    left: float
    top: float
    right: float
    bottom: float
    edges: Literal["padded", "moved", "stretched"] = "padded"
    version: int = 1

    def __post_init__(self) -> None:
        if self.size < 16 or self.size % 2:
            raise UserError(f"Crops of geometry {self.name!r} need an even size >= 16 px, got {self.size}")

    def window(self, box: Box, width: int, height: int) -> Square:
        """The square of a picture of width x height px that a crop of `box` (fractions of the picture) shows.

        Not of a stretched geometry, which shows a `rectangle`.
        """
        x, y = (box[0] + box[2]) / 2 * width, (box[1] + box[3]) / 2 * height
        half = max((box[2] - box[0]) * width, (box[3] - box[1]) * height, SMALLEST) / 2
        left, top = round(x + self.left * half), round(y + self.top * half)
        side = max(2, round((self.right - self.left) * half))
        if self.edges == "padded":
            return left, top, side
        fitting = min(side, width, height)
        left, top = left + (side - fitting) // 2, top + (side - fitting) // 2
        return min(max(left, 0), width - fitting), min(max(top, 0), height - fitting), fitting

    def rectangle(self, box: Box, width: int, height: int) -> Rectangle:
        """What a stretched crop of `box` shows of a picture of width x height px; a pixel at least, inside it."""
        left, columns = _span(box[0] * width, box[2] * width, self.left, self.right, width)
        top, rows = _span(box[1] * height, box[3] * height, self.top, self.bottom, height)
        return left, top, columns, rows

    def cut(self, image: Image, box: Box) -> Image:
        """The crop of an RGB picture, uint8 (size, size, 3); reduced by area, enlarged or stretched linearly."""
        if self.edges == "stretched":
            left, top, columns, rows = self.rectangle(box, image.shape[1], image.shape[0])
            part = image[top : top + rows, left : left + columns]
            return np.asarray(cv2.resize(part, (self.size, self.size), interpolation=cv2.INTER_LINEAR), np.uint8)
        left, top, side = self.window(box, image.shape[1], image.shape[0])
        interpolation = cv2.INTER_AREA if side >= self.size else cv2.INTER_LINEAR
        patch = _patch(image, left, top, side)
        return np.asarray(cv2.resize(patch, (self.size, self.size), interpolation=interpolation), np.uint8)


def _span(low: float, high: float, first: float, last: float, limit: int) -> tuple[int, int]:
    """Where the window around a box from `low` to `high` begins, and its pixels, on an axis of `limit` px."""
    middle, half = (low + high) / 2, (high - low) / 2
    # The margin keeps a whole pixel whole: 0.3 * 10 is 3, though half a sum of fractions may fall just below.
    start, stop = (math.floor(middle + edge * half + 1e-6) for edge in (first, last))
    start = min(max(start, 0), limit - 1)
    return start, max(min(stop, limit), start + 1) - start


def _patch(image: Image, left: int, top: int, side: int) -> Image:
    """The square's pixels, grey 110 outside the picture."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    if (x2 - x1, y2 - y1) == (side, side):
        return image[y1:y2, x1:x2]
    patch = np.full((side, side, 3), PADDING, np.uint8)
    if x2 > x1 and y2 > y1:
        patch[y1 - top : y2 - top, x1 - left : x2 - left] = image[y1:y2, x1:x2]
    return patch


GEOMETRIES = {
    geometry.name: geometry
    for geometry in (
        # The square on the box's longer side, in its own proportions; of detected boxes, which are narrow.
        Geometry("face", 112, -1.0, -1.0, 1.0, 1.0),
        # What the demos of TalkNet and Light-ASD feed them: the centre 112 of the 224 below.
        Geometry("lower_face", 112, -0.7, -0.3, 0.7, 1.1),
        # syncnet_python's crop, head and shoulders: scale 0.40.
        Geometry("voxceleb", 224, -1.4, -1.0, 1.4, 1.8),
        # As VoxCeleb2's own clips: the same, but always full of picture, so the face moves aside at the edges.
        Geometry("uncentred", 224, -1.4, -1.0, 1.4, 1.8, edges="moved"),
        # What AVA ActiveSpeaker models train on: AVA's box itself, stretched to a square.
        Geometry("box", 112, -1.0, -1.0, 1.0, 1.0, edges="stretched"),
    )
}


def geometry_named(name: str, size: int | None = None) -> Geometry:
    """One of `GEOMETRIES`, at `size` px where given; a UserError lists them where there is none of that name."""
    if name not in GEOMETRIES:
        raise UserError(f"No crop geometry is called {name!r}; choose one of {', '.join(GEOMETRIES)}")
    return GEOMETRIES[name] if size is None else replace(GEOMETRIES[name], size=size)


def geometry_of(checkpoint: Checkpoint, otherwise: str) -> Geometry:
    """That of the crops which a checkpoint of ours was trained on, the one called `otherwise` where there is none."""
    if checkpoint.missing() is not None:
        return geometry_named(otherwise)
    crops = checkpoint.facts().get("crops")
    if not crops:
        raise UserError(f"{checkpoint.path} does not say which face crops it reads; train it again")
    return geometry_named(crops["geometry"], crops["size"])
