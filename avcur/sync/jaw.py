"""How fast a jaw falls, from pictures alone: the movement of its skin against that of the upper face."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.crops.geometry import Image

Plane = NDArray[np.float32]
Region = tuple[float, float, float, float]
"""Top, bottom, left and right as fractions of a crop of geometry `face`."""

JAW: Region = (0.78, 1.00, 0.35, 0.65)
"""Lower lip and chin."""
UPPER_FACE: Region = (0.18, 0.54, 0.27, 0.73)
"""Eyes and nose: what moves with the head and not with speech."""
_SIZE, _BLUR = 56, 1.0
"""Pixels: side at which movement is measured, and the blur that makes brightness near to linear in it."""
_ROUNDS, _FARTHEST = 4, 4.0
"""Steps of the search, and the longest movement (px) between two frames: 7 % of the face."""
_FLAT = 1e-6
"""Grey levels, standard deviation: a region without contrast does not move."""


def jaw_speeds(pictures: Iterator[Image]) -> NDArray[np.float64]:
    """By how much the jaw fell since the picture before, px of a 56 px face, for crops of geometry `face`, (T,).

    0 for the first picture. Two pictures are held. Neither brightness nor contrast matter, of all or of one picture.
    """
    speeds: list[float] = []
    before: Plane | None = None
    for picture in pictures:
        plane = _plane(picture)
        start = plane if before is None else before
        speeds.append(moved(start, plane, JAW)[1] - moved(start, plane, UPPER_FACE)[1])
        before = plane
    return np.array(speeds, np.float64)


def _plane(picture: Image) -> Plane:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    return cast(Plane, cv2.GaussianBlur(small.astype(np.float32), (0, 0), _BLUR))


def moved(before: Plane, after: Plane, region: Region) -> tuple[float, float]:
    """By how many px (right, down) a region moved as a whole: least squares on its gradients (Lucas and Kanade, 1981).

    (0, 0) for a region without contrast.
    """
    wanted = _patch(before, region)
    gradients = np.stack([cv2.Sobel(wanted, cv2.CV_32F, *axes, scale=1 / 8).ravel() for axes in ((1, 0), (0, 1))])
    products = gradients @ gradients.T
    edges = float(np.trace(products))
    if edges == 0:
        return 0.0, 0.0
    # The slight weight on the diagonal keeps a region with edges in one direction only from sliding along them.
    step = np.linalg.inv(products + 1e-3 * edges * np.eye(2, dtype=np.float32)) @ gradients
    x = y = 0.0
    for _ in range(_ROUNDS):
        dx, dy = (step @ (wanted - _patch(after, region, x, y)).ravel()).tolist()
        x, y = min(max(x + dx, -_FARTHEST), _FARTHEST), min(max(y + dy, -_FARTHEST), _FARTHEST)
    return x, y


def _patch(plane: Plane, region: Region, x: float = 0.0, y: float = 0.0) -> Plane:
    """A region of a plane, moved by (x, y) px, at mean 0 and contrast 1; 0 where it has no contrast."""
    top, bottom, left, right = (round(edge * _SIZE) for edge in region)
    centre = ((left + right - 1) / 2 + x, (top + bottom - 1) / 2 + y)
    patch = cv2.getRectSubPix(plane, (right - left, bottom - top), centre)
    mean, contrast = (float(value[0, 0]) for value in cv2.meanStdDev(patch))
    return cast(Plane, (patch - mean) / contrast if contrast > _FLAT else np.zeros_like(patch))
