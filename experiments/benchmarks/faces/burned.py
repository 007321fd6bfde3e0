"""Video whose frames carry their numbers, and detectors that read them in place of finding faces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avcur.media.encode import write_video
from avcur.records import FPS
from avcur.visual.faces import Faces

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

WIDTH, HEIGHT = 640, 360
CELLS, CELL = 4, 32
"""The number's bits are the cells of a square of 4 x 4, each 32 px."""
LEFT, TOP = 256, 116
SQUARE = np.array([LEFT, TOP, LEFT + CELLS * CELL, TOP + CELLS * CELL], np.float64)
_ORIGIN, _STEP = 0.2, 0.0008
"""A number is told as a place: the share of the width or height 0.2 + 0.0008 number, slow enough to be at rest."""


def numbered(number: int) -> Image:
    """A frame with its number in black and white cells on quiet grey noise."""
    image = np.random.default_rng(number).integers(100, 130, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    for bit in range(CELLS * CELLS):
        y, x = TOP + bit // CELLS * CELL, LEFT + bit % CELLS * CELL
        image[y : y + CELL, x : x + CELL] = 235 if number >> bit & 1 else 20
    return image


def number_of(image: Image, square: Floats) -> int:
    """The number in the cells of a square (x1, y1, x2, y2 px)."""
    cell = (square[2:] - square[:2]) / CELLS
    bits = [square[:2] + cell * (bit % CELLS + 0.5, bit // CELLS + 0.5) for bit in range(CELLS * CELLS)]
    return sum((int(image[int(y), int(x)].mean()) > 128) << bit for bit, (x, y) in enumerate(bits))


def number_on(image: Image) -> int:
    """The number of a whole frame at any size."""
    return number_of(image, SQUARE * image.shape[1] / WIDTH)


def numbers_of_crop(images: Iterator[Image]) -> list[int]:
    """The numbers of crops that show the square alone."""
    return [number_of(image, np.array([0, 0, image.shape[1], image.shape[0]], np.float64)) for image in images]


def burned_video(path: Path, count: int) -> Path:
    write_video(path, (numbered(n) for n in range(count)), FPS)
    return path


def told(place: Floats) -> Floats:
    """The numbers that places tell; NaN where there is no place."""
    return np.round((place - _ORIGIN) / _STEP)


@dataclass(frozen=True)
class NumberTeller:
    """Finds one face per picture whose box tells the number that it read.

    The reduced picture's number is the top of the box, the number at full size its left side.
    """

    min_face: int = 20
    batch_size: int = 16

    def __call__(self, images: list[Image]) -> list[Faces]:
        return [self._face(image, number_on(image)) for image in images]

    def refine(self, images: list[Image], boxes: Floats) -> Faces:
        shifted = np.array(boxes, np.float64).reshape(-1, 4)
        for box, image in zip(shifted, images, strict=True):
            width = box[2] - box[0]
            box[0] = (_ORIGIN + _STEP * number_on(image)) * image.shape[1]
            box[2] = box[0] + width
        return Faces(shifted, np.full(len(shifted), 0.99), _landmarks(shifted))

    @staticmethod
    def _face(image: Image, number: int) -> Faces:
        height, width = image.shape[:2]
        place = _ORIGIN + _STEP * number
        box = np.array([[place * width, place * height, (place + 0.3) * width, (place + 0.5) * height]])
        return Faces(box, np.array([0.99]), _landmarks(box))


@dataclass(frozen=True)
class SquareFinder:
    """Finds the square with the number, so that a crop shows nothing else."""

    min_face: int = 20
    batch_size: int = 16

    def __call__(self, images: list[Image]) -> list[Faces]:
        boxes = [SQUARE[None] * image.shape[1] / WIDTH for image in images]
        return [Faces(box, np.array([0.99]), _landmarks(box)) for box in boxes]

    def refine(self, images: list[Image], boxes: Floats) -> Faces:
        return Faces(np.array(boxes, np.float64), np.full(len(images), 0.99), _landmarks(boxes))


def _landmarks(boxes: Floats) -> Floats:
    """Five points of a face inside each box, (n, 5, 2)."""
    points = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
    return boxes[:, None, :2] + points * (boxes[:, 2:] - boxes[:, :2])[:, None]
