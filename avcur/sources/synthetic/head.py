"""The still part of a face: head, hair, nose and shading, painted once per scene."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.sources.synthetic.face import Face

UNIT = 150.0
"""Sprite pixels per half head height: about twice the size in the picture, so that shrinking smooths the edges."""
WIDTH, HEIGHT = 400, 470
CENTRE = (200.0, 220.0)

Image = NDArray[np.uint8]
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Head:
    """A painted head: `colour` (HEIGHT, WIDTH, 3) RGB and its `opacity` (HEIGHT, WIDTH)."""

    colour: Image
    opacity: Image


def paint_head(face: Face, light: tuple[float, float], rng: np.random.Generator) -> Head:
    """Paint the head lit from `light` (x, y of the direction, y down), without eyes, brows and mouth."""
    x, y = _grid()
    skull = _skull(face, x, y)
    skin = _skin(face, x, y, light, rng)
    back, front = _hair_masks(face, x, y)
    hair = _hair(face, x, y, light, rng)
    ears = _soft(1 - np.hypot((np.abs(x) - face.width * 0.99) / 0.09, (y - 0.08) / 0.17), 0.12)
    neck = _soft(np.minimum((0.40 - np.abs(x)) / 0.4, (y - 0.5) / 0.3), 0.03)
    colour = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    opacity = np.zeros((HEIGHT, WIDTH), np.float32)
    for mask, paint in (
        (back, hair),
        (neck, skin * 0.72),
        (ears, skin * 0.88),
        (skull, skin),
        (front * (y < 0.2), hair),
    ):
        colour += mask[..., None] * (paint - colour)
        opacity = np.maximum(opacity, mask)
    return Head(np.clip(colour, 0, 255).astype(np.uint8), (opacity * 255).astype(np.uint8))


def _grid() -> tuple[Plane, Plane]:
    """Coordinates of every sprite pixel in half head heights about the head's centre."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return (x - CENTRE[0]) / UNIT, (y - CENTRE[1]) / UNIT


def _soft(inside: Plane, width: float) -> Plane:
    """A mask from a signed measure (positive inside) with an edge `width` wide."""
    return np.asarray(np.clip(inside / width + 0.5, 0, 1), np.float32)


def _half_width(face: Face, y: Plane) -> Plane:
    """Half the head's width at height y: an ellipse whose lower half narrows to the chin."""
    round_ = np.sqrt(np.clip(1 - np.abs(y) ** 2.3, 0, 1))
    return (face.width * round_ * (1 - face.jaw * np.clip(y, 0, 1) ** 1.5)).astype(np.float32)


def _skull(face: Face, x: Plane, y: Plane) -> Plane:
    return _soft(_half_width(face, y) - np.abs(x), 0.02) * (np.abs(y) < 1)


def _blob(x: Plane, y: Plane, cx: float, cy: float, sx: float, sy: float) -> Plane:
    return np.asarray(np.exp(-(((x - cx) / sx) ** 2) - ((y - cy) / sy) ** 2), np.float32)


def _skin(face: Face, x: Plane, y: Plane, light: tuple[float, float], rng: np.random.Generator) -> Plane:
    """Skin lit as a ball, with sockets, nose, cheeks, chin and beard shaded in; float RGB (HEIGHT, WIDTH, 3)."""
    nx = np.clip(x / np.maximum(_half_width(face, np.clip(y, -0.95, 0.95)), 0.2), -1, 1)
    ny = np.clip(y, -1, 1)
    nz = np.sqrt(np.clip(1 - 0.85 * nx**2 - 0.35 * ny**2, 0.02, 1))
    shade = 0.52 + 0.5 * np.clip(0.8 * nz + 0.38 * (nx * light[0] + ny * light[1]), 0, 1.1)
    shade += _relief(face, x, y, light[0])
    grain = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 1.1)
    shade += 0.035 * grain
    colour = np.asarray(face.skin, np.float32) * shade[..., None]
    blush = 0.16 * (_blob(x, y, -0.38, 0.32, 0.2, 0.16) + _blob(x, y, 0.38, 0.32, 0.2, 0.16))
    colour[..., 1:] *= 1 - blush[..., None]
    if face.beard:
        chin = np.clip((np.hypot(x / 0.75, (y - 0.05) / 0.95) - 0.62) * 4, 0, 1) * (y > 0.2)
        chin += _blob(x, y, 0, face.mouth_height - 0.14, 0.26, 0.05)
        cover = np.clip(chin * face.beard * (0.75 + 0.3 * grain), 0, 0.9)[..., None]
        colour += cover * (np.asarray(face.hair, np.float32) - colour)
    return np.asarray(colour, np.float32)


def _relief(face: Face, x: Plane, y: Plane, side: float) -> Plane:
    """Light and shadow of eye sockets, nose and the hollow under the lip, as an addition to the shade."""
    tip = face.eye_height + face.nose_length
    relief = np.zeros_like(x)
    for eye in (-face.eye_spacing, face.eye_spacing):
        relief -= 0.20 * _blob(x, y, eye, face.eye_height - 0.05, 0.21, 0.13)
    bridge = np.clip((y - face.eye_height + 0.1) / 0.2, 0, 1) * np.clip((tip - y + 0.05) / 0.1, 0, 1)
    relief += 0.10 * bridge * np.exp(-((x / 0.055) ** 2))
    relief -= 0.16 * bridge * np.exp(-(((x + 0.10 * np.sign(side or 1.0)) / 0.045) ** 2))
    relief += 0.12 * _blob(x, y, 0, tip - 0.03, 0.08, 0.07)
    relief -= 0.26 * _blob(x, y, 0, tip + 0.07, face.nose_width, 0.045)
    for nostril in (-0.45, 0.45):
        relief -= 0.34 * _blob(x, y, nostril * face.nose_width * 1.1, tip + 0.035, 0.04, 0.026)
        relief -= 0.14 * _blob(x, y, nostril * 2.1 * face.nose_width, tip - 0.01, 0.025, 0.07)
    relief -= 0.10 * _blob(x, y, 0, face.mouth_height + 0.15, 0.15, 0.05)
    return relief.astype(np.float32)


def _hair_masks(face: Face, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Hair behind the head and the fringe over the forehead, as masks."""
    wide = face.width + 0.09
    back = 1 - np.hypot(x / wide, (y + 0.14) / 0.98)
    if face.style == "long":
        back = np.maximum(back, np.minimum(wide + 0.05 - np.abs(x), 1.05 - np.abs(y - 0.25)))
    elif face.style == "receding":
        back = np.where(y > -0.3, back, np.minimum(back, np.abs(x) - 0.35))
    else:
        back = np.where(y < 0.1, back, -1)
    line = {"short": -0.62, "side": -0.56, "long": -0.58, "receding": -0.90}[face.style]
    fringe = (
        line + 0.12 * x + {"side": 0.25, "short": 0.0, "long": 0.12, "receding": 0.0}[face.style] * np.abs(x + 0.3) - y
    )
    temples = np.minimum(np.abs(x) - 0.86 * _half_width(face, y), 0.12 - y) * 2
    front = np.maximum(fringe, temples if face.style != "receding" else fringe)
    inside = 1 - np.hypot(x / wide, (y + 0.14) / 0.98)
    return _soft(back, 0.06), _soft(np.minimum(front, inside), 0.05)


def _hair(face: Face, x: Plane, y: Plane, light: tuple[float, float], rng: np.random.Generator) -> Plane:
    """Hair colour with strands that run down and a highlight on the lit side."""
    strands = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), sigmaX=1.0, sigmaY=9.0)
    shade = 0.85 + 1.1 * strands + 0.5 * _blob(x, y, 0.35 * light[0], -0.75, 0.5, 0.22)
    colour = np.asarray(face.hair, np.float32) * np.clip(shade, 0.3, 2.0)[..., None]
    return np.asarray(np.clip(colour, 0, 255), np.float32)
