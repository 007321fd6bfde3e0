"""One frame of a preview: the picture with its boxes, the cards, the timeline."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.preview.cards import CardPainter
from avcur.preview.drawing import (
    corners,
    draw_box,
    draw_outer_box,
    draw_plate,
    draw_thin_box,
    fill,
    plate_width,
    text_middle,
)
from avcur.preview.layout import Layout, Rect
from avcur.preview.scene import Scene, Span, TrackFace
from avcur.preview.style import GREY, INK, LINE, PAPER, REJECTED, SMALL, SOFT, SPEAKING, TEXT, track_colour
from avcur.preview.text import draw_text, line_height, text_width
from avcur.preview.timeline import Timeline, clock, hidden
from avcur.records import FPS

Image = NDArray[np.uint8]

_READINGS = 350
"""Px of the header for shot, time and frame number, each at a place of its own so that they do not jitter."""
_SPEAKING = "speaking"


class Painter:
    """Paints the canvas of each grid frame of a scene."""

    def __init__(self, scene: Scene, layout: Layout, outline: NDArray[np.float32]) -> None:
        self.scene, self.layout = scene, layout
        self._timeline = Timeline(scene, layout, outline)
        self._cards = CardPainter(scene.look)
        self._ground = np.full((layout.height, layout.width, 3), PAPER, np.uint8)
        name = scene.media.recording_id
        draw_text(self._ground, name, 8, text_middle(layout.header, TEXT), TEXT, INK, layout.width - _READINGS - 16)

    def frame(self, number: int, picture: Image | str | None) -> Image:
        """The canvas of grid frame `number`; a text in place of the picture says why there is none."""
        canvas = self._ground.copy()
        self._readings(canvas, number)
        present = self.scene.present(number)
        if (place := self.layout.picture) is not None:
            if picture is None or isinstance(picture, str):
                placeholder(canvas, place, picture or "no picture")
            else:
                canvas[place.y : place.bottom, place.x : place.right] = _sized(picture, place)
            self._boxes(canvas, place, present, number)
        for span in present:
            if span.lane < len(self.layout.cards):
                face = None if span.track is None else self.scene.face(span.track, number)
                self._cards.draw(canvas, self.layout.cards[span.lane], span, face, span.speaking_score(number))
        self._timeline.draw(canvas, number)
        return canvas

    def _readings(self, canvas: Image, number: int) -> None:
        shot = "" if self.scene.look is None else "shot {}/{}".format(*self.scene.shot(number))
        texts = hidden(self.scene, len(self.layout.cards), number), shot, clock(number / FPS), f"frame {number}"
        x = self.layout.width - _READINGS
        for text, width in zip(texts, (80, 95, 80, 95), strict=True):
            draw_text(canvas, text, x, text_middle(self.layout.header, SMALL), SMALL, SOFT, width)
            x += width

    def _boxes(self, canvas: Image, place: Rect, present: list[Span], number: int) -> None:
        """Everybody else thin and grey, then the tracks, the smallest lane on top; who speaks is framed in green."""
        inside = canvas[place.y : place.bottom, place.x : place.right]  # a box that reaches out is cut at the edge
        whole = Rect(0, 0, place.width, place.height)
        for box in self.scene.strangers(number):
            draw_thin_box(inside, corners(box, whole), GREY)
        faces = [(span, self.scene.face(span.track, number)) for span in reversed(present) if span.track is not None]
        for span, face in faces:  # below all boxes, as in a crowd they are wider than faces
            if face is not None and span.judged is not None and span.judged.reason:
                x, _, _, y = corners(face.box, whole)
                draw_plate(inside, span.judged.reason, x - 1, y + 2, SMALL, REJECTED, whole)
        for span, face in faces:
            if face is not None and span.speaks(number):
                draw_outer_box(inside, corners(face.box, whole), SPEAKING)
        for span, face in faces:
            if face is not None:
                self._box(inside, whole, span, face, span.speaks(number))

    def _box(self, inside: Image, whole: Rect, span: Span, face: TrackFace, speaks: bool) -> None:
        """Solid where the face was detected, dashed and thinner where it was bridged; its name, and whether it speaks.

        The word says to the colour-blind what the green frame says.
        """
        colour, box = track_colour(face.track), corners(face.box, whole)
        draw_box(inside, box, colour, 2 if face.detected else 1, dashed=not face.detected)
        above = box[1] - line_height(SMALL) - 3
        y = above if above >= 0 else box[1] + 1
        room = plate_width(_SPEAKING, SMALL) if speaks else 0
        name = draw_plate(inside, span.name, box[0] - 1, y, SMALL, colour, Rect(0, 0, whole.width - room, whole.height))
        if speaks:
            draw_plate(inside, _SPEAKING, name.right, y, SMALL, SPEAKING, whole)


def placeholder(canvas: Image, place: Rect, reason: str) -> None:
    """A grey field that says why there is no picture."""
    fill(canvas, place, LINE)
    width = min(place.width - 16, text_width(reason, TEXT) + 1)
    x, y = place.x + (place.width - width) // 2, place.y + (place.height - line_height(TEXT)) // 2
    draw_text(canvas, reason, x, y, TEXT, INK, width)


def _sized(picture: Image, place: Rect) -> Image:
    if picture.shape[:2] == (place.height, place.width):
        return picture
    method = cv2.INTER_CUBIC if picture.shape[1] < place.width else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (place.width, place.height), interpolation=method), np.uint8)
