"""Boxes, plates and bars on a picture, uint8 (H, W, 3) RGB; whatever lies outside it is left out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.preview.layout import Rect
from avcur.preview.style import INK, PAPER, Colour
from avcur.preview.text import draw_text, drawable, fitted, line_height, text_width

Image = NDArray[np.uint8]
Corners = tuple[int, int, int, int]
"""x1, y1, x2, y2 in px."""

_DASH = 6
_PAD = 4
_OUTER, _OUTER_EDGE = 6, 3
"""Px from a box to the middle of the outline around it, and from there to that one's edge."""


def fill(image: Image, rect: Rect, colour: Colour) -> None:
    """Fill a rectangle, clipped to the picture."""
    image[max(0, rect.y) : max(0, rect.bottom), max(0, rect.x) : max(0, rect.right)] = colour


def corners(box: NDArray[np.float64], rect: Rect) -> Corners:
    """A box of fractions as px of the rectangle in which the picture lies."""
    x1, x2 = (rect.x + round(float(v) * rect.width) for v in box[[0, 2]])
    y1, y2 = (rect.y + round(float(v) * rect.height) for v in box[[1, 3]])
    return x1, y1, x2, y2


def draw_box(image: Image, box: Corners, colour: Colour, thickness: int = 2, dashed: bool = False) -> None:
    """An outline with a dark edge, so that it shows on any picture."""
    _outline(image, box, INK, thickness + 2, dashed)
    _outline(image, box, colour, thickness, dashed)


def draw_outer_box(image: Image, box: Corners, colour: Colour) -> None:
    """A thick outline around a box's own one, moved inwards where the picture ends, so that it shows on any face."""
    height, width = image.shape[:2]
    x1, y1 = (max(_OUTER_EDGE, at - _OUTER) for at in box[:2])
    x2, y2 = (min(side - 1 - _OUTER_EDGE, at + _OUTER) for at, side in zip(box[2:], (width, height), strict=True))
    draw_box(image, (x1, y1, x2, y2), colour, 2 * _OUTER_EDGE - 2)


def draw_thin_box(image: Image, box: Corners, colour: Colour) -> None:
    cv2.rectangle(image, box[:2], box[2:], colour, 1)


def _outline(image: Image, box: Corners, colour: Colour, thickness: int, dashed: bool) -> None:
    if not dashed:
        cv2.rectangle(image, box[:2], box[2:], colour, thickness)
        return
    x1, y1, x2, y2 = box
    for x in range(x1, x2, 2 * _DASH):
        for y in (y1, y2):
            cv2.line(image, (x, y), (min(x + _DASH, x2), y), colour, thickness)
    for y in range(y1, y2, 2 * _DASH):
        for x in (x1, x2):
            cv2.line(image, (x, y), (x, min(y + _DASH, y2)), colour, thickness)


def draw_plate(image: Image, text: str, x: int, y: int, size: int, colour: Colour, within: Rect) -> Rect:
    """Dark or light text on a coloured ground, moved and cut so that it stays `within`; returns where it stands."""
    shown = fitted(text, size, within.width - 2 * _PAD)
    width, height = text_width(shown, size) + 2 * _PAD, line_height(size) + 2
    place = Rect(_inside(x, width, within.x, within.right), _inside(y, height, within.y, within.bottom), width, height)
    fill(image, place, colour)
    draw_text(image, shown, place.x + _PAD, place.y + 1, size, ink_on(colour))
    return place


def plate_width(text: str, size: int) -> int:
    """Px of a plate that shows all of `text`."""
    return text_width(drawable(text), size) + 2 * _PAD


def ink_on(colour: Colour) -> Colour:
    """Dark or light, whichever is easier to read on a colour (luminance weights of Rec. 601)."""
    return INK if 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 125 else PAPER


def _inside(at: int, length: int, low: int, high: int) -> int:
    return max(low, min(at, high - length))


def text_middle(rect: Rect, size: int) -> int:
    """The top of a line of text that stands in the middle of a rectangle's height."""
    return rect.y + (rect.height - line_height(size)) // 2
