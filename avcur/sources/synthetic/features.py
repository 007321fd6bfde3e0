"""The moving part of a face: eyes, brows and mouth, drawn on a painted head frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.sources.synthetic.face import Colour, Face
from avcur.sources.synthetic.head import CENTRE, UNIT, Image

Curve = NDArray[np.float64]

_SHIFT = 4  # OpenCV draws polygons at 1/16 pixel
_TEETH_SHOW = 0.18  # opening from which teeth and tongue are seen


@dataclass(frozen=True, slots=True)
class Pose:
    """The state of the moving features in one frame; 0 everywhere is a closed mouth and open eyes."""

    opening: float = 0.0
    """Of the mouth, 0..1."""
    roundness: float = 0.0
    """-1 spread (as in "ee") to 1 rounded (as in "oo")."""
    jaw_shift: float = 0.0
    """Sideways, in half head heights."""
    lids: float = 0.0
    """0 open eyes, 1 closed."""
    gaze: float = 0.0
    """-1 left to 1 right."""
    brows: float = 0.0
    """Raised by this much, in half head heights."""


def draw_features(image: Image, face: Face, pose: Pose) -> None:
    """Draw eyes, brows and mouth into `image` (HEIGHT, WIDTH, 3) in place."""
    for side in (-1.0, 1.0):
        _eye(image, face, pose, side)
        _brow(image, face, pose, side)
    _mouth(image, face, pose)


def _fill(image: Image, points: NDArray[np.float64], colour: Colour) -> None:
    """Fill a polygon given in half head heights about the head's centre, (N, 2)."""
    pixels = (points * UNIT + np.asarray(CENTRE)) * (1 << _SHIFT)
    cv2.fillPoly(image, [np.rint(pixels).astype(np.int32)], colour, cv2.LINE_AA, _SHIFT)


def _band(image: Image, xs: Curve, top: Curve, bottom: Curve, colour: Colour) -> None:
    """Fill between two curves over the same `xs`."""
    _fill(image, np.concatenate([np.stack([xs, top], 1), np.stack([xs, bottom], 1)[::-1]]), colour)


def _ellipse(cx: float, cy: float, rx: float, ry: float, num: int = 20) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, num, endpoint=False)
    return np.stack([cx + rx * np.cos(angle), cy + ry * np.sin(angle)], axis=1)


def _tone(colour: Colour, gain: float) -> Colour:
    return (colour[0] * gain, colour[1] * gain, colour[2] * gain)


def _eye(image: Image, face: Face, pose: Pose, side: float) -> None:
    cx, cy, size = side * face.eye_spacing, face.eye_height, face.eye_size
    across = np.linspace(-1, 1, 13)
    arch = np.sqrt(np.clip(1 - across**2, 0, 1))
    top = cy - 0.52 * size * arch * (1 - pose.lids) + 0.15 * size * pose.lids
    bottom = cy + 0.36 * size * arch
    xs = cx + size * across
    _band(image, xs, top, bottom, (232, 228, 224))
    if pose.lids < 0.7:
        _iris(image, face, cx + 0.28 * size * pose.gaze, cy - 0.05 * size, 0.43 * size)
    # The lid covers the iris above the opening; its edge is the lash line.
    crease = np.minimum(top, cy - 0.52 * size * arch) - 0.16 * size
    _band(image, xs, top, crease, _tone(face.skin, 0.72))
    _band(image, xs, top - 0.05 * size, top + 0.10 * size, (34, 26, 24))
    _band(image, xs, bottom, bottom + 0.05 * size, _tone(face.skin, 0.6))


def _iris(image: Image, face: Face, cx: float, cy: float, radius: float) -> None:
    _fill(image, _ellipse(cx, cy, radius, radius), face.iris)
    _fill(image, _ellipse(cx, cy, 0.48 * radius, 0.48 * radius), (16, 14, 14))
    _fill(image, _ellipse(cx + 0.3 * radius, cy - 0.35 * radius, 0.2 * radius, 0.2 * radius), (250, 250, 250))


def _brow(image: Image, face: Face, pose: Pose, side: float) -> None:
    along = np.linspace(-1, 1, 9)
    xs = side * (face.eye_spacing + 1.25 * face.eye_size * along)
    middle = face.eye_height - 0.19 - pose.brows - face.brow_tilt * along - 0.035 * (1 - along**2)
    thick = face.brow_thickness * (0.55 - 0.35 * np.clip(along, 0, 1))
    _band(image, xs, middle - thick, middle + thick, _tone(face.hair, 0.9))


def _mouth(image: Image, face: Face, pose: Pose) -> None:
    """Two lips around an opening with teeth above and tongue below."""
    half = face.mouth_width * (1 - 0.30 * pose.roundness) * (1 - 0.10 * pose.opening)
    cx, cy, lip = pose.jaw_shift, face.mouth_height, face.lip_fullness
    along = np.linspace(-1, 1, 17)
    arch = np.clip(1 - along**2, 0, 1)
    xs = cx * (0.4 + 0.6 * arch) + half * along
    gap_top = cy - 0.035 * pose.opening * arch
    gap_bottom = cy + 0.20 * pose.opening * arch**0.7 + 0.006
    bow = 0.75 * lip * arch * (1 - 0.28 * np.exp(-((along / 0.16) ** 2)))
    red = _lip_colour(face)
    _band(image, xs, gap_top - bow, gap_bottom + 1.15 * lip * arch, red)
    _band(image, xs, gap_bottom + 0.35 * lip * arch, gap_bottom + 0.7 * lip * arch, _tone(red, 1.14))
    _band(image, xs, gap_top - 0.008, gap_bottom + 0.004, (58, 24, 26))
    if pose.opening > _TEETH_SHOW:
        teeth = np.minimum(gap_top + 0.05, gap_bottom)
        _band(image, xs[3:-3], gap_top[3:-3], teeth[3:-3], (222, 214, 204))
        tongue = np.maximum(gap_bottom - 0.06 * arch, teeth)
        _band(image, xs[4:-4], tongue[4:-4], gap_bottom[4:-4], (150, 72, 74))


def _lip_colour(face: Face) -> Colour:
    red, green, blue = face.skin
    return (0.80 * red + 14, 0.58 * green, 0.60 * blue)
