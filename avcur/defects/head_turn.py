"""Turn a head in a picture: its front is taken for that of an upright ellipsoid with a nose, and seen from aside."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

_WIDTH, _HEIGHT = 0.5, 0.6
"""Half axes of the head over width and height of a detector's box, which leaves out ears, hair and chin."""
_RISE = 0.06
"""How far the head's centre lies above the box's, over the box's height."""
_NOSE = 0.2
"""How far the nose stands out, over half the head's width (about 25 mm of 75 mm)."""
_NOSE_WIDTH = 0.22
"""Of the nose's ridge, standard deviation in radians around the head's axis."""
_NOSE_ABOVE, _NOSE_BELOW = 0.25, 0.1
"""Of the nose above and below its tip, standard deviations over half the head's height."""
_SIDE = np.radians(60.0)
"""From here on what is seen of the head's side is stretched backwards, as the picture does not show its back."""
_SOFT = 0.8
"""Share of the head's radius from which on the turn fades, so that what surrounds the head stays."""
_GRID = 128


def turn_head(image: Image, box: Floats, nose: Floats, yaw: float) -> Image:
    """The image with the face in `box` (x1, y1, x2, y2 px; `nose` is its tip) turned by `yaw` degrees.

    Positive angles turn it to the right of the picture. Nothing changes outside an ellipse around the box.
    """
    width, height = box[2] - box[0], box[3] - box[1]
    centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2 - _RISE * height])
    half = np.array([_WIDTH * width, _HEIGHT * height])
    left, top = np.maximum(np.floor(centre - half), 0).astype(int)
    right, bottom = np.minimum(np.ceil(centre + half), image.shape[1::-1]).astype(int)
    if right - left < 2 or bottom - top < 2:
        return image
    columns, rows = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
    across, down = (columns - centre[0]) / half[0], (rows - centre[1]) / half[1]
    shifts = _shifts(tuple((nose - centre) / half), yaw)
    x, y = (((share + 1) / 2 * (_GRID - 1)).astype(np.float32) for share in (across, down))
    shift = cv2.remap(shifts, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    fade = np.clip((1 - np.hypot(across, down)) / (1 - _SOFT), 0, 1)
    source = (columns + shift * half[0] * fade * fade * (3 - 2 * fade)).astype(np.float32)
    turned = image.copy()
    turned[top:bottom, left:right] = cv2.remap(
        image, source, rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return turned


def _shifts(nose: tuple[float, float], yaw: float) -> NDArray[np.float32]:
    """How far to the right of each place of the head its colour comes from, (128, 128), over half the head's width.

    Places and `nose` are fractions of the half axes, -1..1 from left and top.
    """
    if yaw < 0:
        return np.ascontiguousarray(-_shifts((-nose[0], nose[1]), -yaw)[:, ::-1])
    angle, grid = np.radians(yaw), np.linspace(-1, 1, _GRID)
    around = np.linspace(-np.pi / 2 - angle, np.pi / 2 - angle, 2 * _GRID)  # as it was before the turn
    back = around < -_SIDE
    seen = np.where(back, -_SIDE + (around + _SIDE) * (np.pi / 2 - _SIDE) / (np.pi / 2 + angle - _SIDE), around)
    shifts = np.zeros((_GRID, _GRID), np.float32)
    for row, down in enumerate(grid[1:-1], start=1):
        radius = np.sqrt(1 - down * down)
        radii = radius + _relief(around - np.arcsin(np.clip(nose[0] / radius, -0.9, 0.9)), down - nose[1])
        # Behind the nose's ridge the cheek is hidden: the greatest so far is what is in front.
        shown = np.maximum.accumulate(radii * np.sin(around + angle)) + 1e-6 * np.arange(len(around))
        shifts[row] = np.interp(grid, shown, radii * np.sin(seen)) - grid
    return shifts


def _relief(aside: Floats, below: float) -> Floats:
    """How far the nose stands out at angles `aside` of its ridge and `below` its tip."""
    spread = _NOSE_BELOW if below > 0 else _NOSE_ABOVE
    return np.asarray(_NOSE * np.exp(-((aside / _NOSE_WIDTH) ** 2 + (below / spread) ** 2) / 2), np.float64)
