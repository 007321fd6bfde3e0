"""Where a session is filmed: a background and its light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.sources.synthetic.face import Colour
from avcur.sources.synthetic.head import Image


@dataclass(frozen=True, slots=True)
class Place:
    """A room: the light's direction (x, y; y down), its colour (gain per channel) and a seed for the furniture."""

    light: tuple[float, float]
    tint: Colour
    wall: Colour
    furniture_seed: int


def draw_place(rng: np.random.Generator) -> Place:
    warm, gain = rng.uniform(-0.07, 0.07), rng.uniform(0.86, 1.06)
    return Place(
        light=(float(rng.uniform(-0.9, 0.9)), float(rng.uniform(-0.8, -0.2))),
        tint=(float(gain * (1 + warm)), float(gain), float(gain * (1 - warm))),
        wall=tuple(float(v) for v in rng.uniform(90, 200) + rng.uniform(-18, 18, 3)),  # type: ignore[arg-type]
        furniture_seed=int(rng.integers(1 << 31)),
    )


def paint_place(place: Place, width: int, height: int) -> Image:
    """The empty room, (height, width, 3) RGB, before the tint: a lit wall with shelves, frames and grain."""
    rng = np.random.default_rng(place.furniture_seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    fall = 0.85 + 0.25 * (place.light[0] * (x / width - 0.5) * 2 + place.light[1] * (y / height - 0.5) * 2)
    room = np.asarray(place.wall, np.float32) * fall[..., None]
    canvas = np.clip(room, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(3, 8))):
        _furnish(canvas, rng)
    canvas = cv2.GaussianBlur(canvas, (0, 0), 1.2)
    grain = cv2.GaussianBlur(rng.normal(0, 6, (height, width, 1)).astype(np.float32), (0, 0), 0.8)
    return np.asarray(np.clip(canvas + grain.reshape(height, width, 1), 0, 255), np.uint8)


def _furnish(canvas: Image, rng: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    x, y = int(rng.integers(-20, width)), int(rng.integers(-20, height))
    w, h = int(rng.integers(15, 110)), int(rng.integers(8, 90))
    colour = tuple(float(v) for v in np.clip(rng.uniform(40, 210) + rng.uniform(-30, 30, 3), 0, 255))
    cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, -1)
    cv2.rectangle(canvas, (x, y), (x + w, y + h), tuple(0.7 * v for v in colour), 1)


def paint_shoulders(
    canvas: Image, clothes: Colour, cx: float, cy: float, unit: float, rng: np.random.Generator
) -> None:
    """Paint a body below the head at (cx, cy) pixels with `unit` pixels per half head height, in place."""
    height, width = canvas.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x - cx) / unit, (y - cy) / unit
    inside = np.minimum(1 - (np.abs(u) / 1.35) ** 2.6 - np.clip(1.75 - v, 0, 9) ** 2 * 2.2, v - 1.02)
    mask: NDArray[np.float32] = np.clip(inside / 0.05 + 0.5, 0, 1)[..., None]
    folds = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), sigmaX=1.5, sigmaY=7)
    cloth = np.asarray(clothes, np.float32) * np.clip(0.95 - 0.25 * np.abs(u) + 0.7 * folds, 0.4, 1.4)[..., None]
    canvas[:] = np.clip(canvas + mask * (cloth - canvas), 0, 255).astype(np.uint8)
