"""Parts of a face crop as small grey pictures: what training reads, and what measures by a trained network."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from avcur.crops.geometry import Image
from avcur.errors import UserError

Region = Literal["face", "mouth"]
REGIONS: dict[Region, tuple[float, float, float, float]] = {
    "face": (0.0, 0.0, 1.0, 1.0),
    "mouth": (0.225, 0.45, 0.775, 1.0),
}
"""Squares of the face crop, x1, y1, x2, y2 as fractions. The second holds the mouth at any pose, and as few
pixels of it say as much of lip motion as four times as many of the face."""


def check_region(name: str) -> None:
    """A UserError unless `name` is one of `REGIONS`."""
    if name not in REGIONS:
        raise UserError(f"datamodule.region={name}: choose {' or '.join(REGIONS)}")


def grey_region(crop: Image, region: Region, size: int) -> Image:
    """A region of an RGB crop (H, W, 3) in grey levels, (size, size)."""
    height, width = crop.shape[:2]
    x1, y1, x2, y2 = REGIONS[region]
    part = crop[round(y1 * height) : round(y2 * height), round(x1 * width) : round(x2 * width)]
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
