"""The card of a clip: whose it is, what became of it, what its face shows now, and what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from avcur.preview.drawing import draw_plate, fill, ink_on, plate_width
from avcur.preview.judged import JudgedClip, State
from avcur.preview.layout import Rect
from avcur.preview.scene import Span, TrackFace
from avcur.preview.style import GREY, INK, KEPT, LINE, REJECTED, SMALL, SOFT, SPEAKING, TEXT, WASH, Colour, track_colour
from avcur.preview.text import draw_text, fitted, text_width
from avcur.records import Measurement
from avcur.signals.pose import face_angles
from avcur.visual.look import Look

Image = NDArray[np.uint8]

STATE_COLOURS: Mapping[State | None, Colour] = {"kept": KEPT, "rejected": REJECTED, "held out": GREY, None: LINE}
MOST_MOTION = 0.7
"""Mouth motion that fills its bar: 95 in 100 frames of people who talk lie below it."""
LIVE_ROWS = 4
_PAD = 10
_ROW = 17


class LiveValues:
    """What is shown of a face while it moves, by row of the look's `face_*` columns."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._yaw, self._pitch = _angles(look)
        self._side = look.sides(look.face_box)

    def of(self, row: int) -> dict[str, str]:
        """Name and value, with its unit, in the order in which they stand on a card."""
        look = self._look
        return {
            "conf": f"{look.face_probability[row]:.3f}",
            "face": f"{self._side[row]:.0f} px",
            "yaw": _degrees(self._yaw[row]),
            "pitch": _degrees(self._pitch[row]),
            "sharp": _number(float(look.face_sharpness[row])),
            "laplacian": _number(float(look.face_laplacian[row])),
            "luma": _number(float(look.face_luma[row])),
        }

    def mouth_motion(self, row: int) -> float:
        return float(self._look.face_mouth_motion[row])


def _angles(look: Look) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Yaw and pitch of every face, degrees; NaN where the landmarks lie on one point or line."""
    landmarks = look.face_landmarks * np.array([look.width, look.height], np.float64)
    yaw, pitch = np.full(len(landmarks), np.nan), np.full(len(landmarks), np.nan)
    seen = np.ptp(landmarks, axis=1).min(axis=1, initial=np.inf) > 0
    if seen.any():
        angles = face_angles(landmarks[seen])
        yaw[seen], pitch[seen] = angles.yaw, angles.pitch
    return yaw, pitch


def _degrees(value: float) -> str:
    return f"{round(value):+d}°".replace("+0", "0") if np.isfinite(value) else "-"


def _number(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def measured(measurement: Measurement) -> str:
    """A measurement in few characters."""
    if measurement.state == "ok" and measurement.value is not None:
        return _number(measurement.value)
    return "n/a" if measurement.state == "not_applicable" else "failed"


class CardPainter:
    """Draws the cards of one recording."""

    def __init__(self, look: Look | None) -> None:
        self._values = None if look is None else LiveValues(look)

    def draw(
        self, image: Image, rect: Rect, span: Span, face: TrackFace | None, speaking_score: float | None = None
    ) -> None:
        """Fill `rect` with the card of a span that is there now; `face` and score are its track's in this frame."""
        fill(image, rect, WASH)
        colour = SOFT if span.track is None else track_colour(span.track)
        fill(image, Rect(rect.x, rect.y, 5, rect.height), colour)
        x, y, width = rect.x + _PAD + 2, rect.y + 6, rect.width - 2 * _PAD - 2
        self._title(image, span, x, y, width)
        y += 22
        reason = span.judged.reason if span.judged is not None else None
        room = 0 if speaking_score is None else _speaking(image, speaking_score, Rect(x, y, width, _ROW + 3))
        draw_text(image, reason or _extent(span), x, y, SMALL, INK if reason else SOFT, width - room)
        y += _ROW + 3
        if span.track is not None:
            self._live(image, face, x, y, width)
            y += LIVE_ROWS * _ROW + 5
        if span.judged is not None:
            _measurements(image, span.judged, Rect(x, y, width, rect.bottom - 4 - y))

    def _title(self, image: Image, span: Span, x: int, y: int, width: int) -> None:
        end = draw_text(image, span.name, x, y, TEXT, INK, width)
        state = span.judged.state if span.judged is not None else None
        if state is not None:
            colour = STATE_COLOURS[state]
            left = x + width - text_width(state, SMALL) - 8
            draw_plate(image, state, left, y, SMALL, colour, Rect(end + 4, y, max(1, x + width - end - 4), 20))

    def _live(self, image: Image, face: TrackFace | None, x: int, y: int, width: int) -> None:
        """Name and value in two columns, the mouth's motion as a bar; soft where the face is bridged."""
        if self._values is None or face is None or face.row is None:
            draw_text(image, "not seen near this frame", x, y, SMALL, SOFT, width)
            return
        half = width // 2
        places = [(x + i % 2 * half, y + i // 2 * _ROW) for i in range(2 * LIVE_ROWS)]
        for (name, value), (left, top) in zip(self._values.of(face.row).items(), places, strict=False):
            end = draw_text(image, name, left, top, SMALL, SOFT, half)
            draw_text(image, value, end + 5, top, SMALL, INK if face.detected else SOFT, left + half - end - 5)
        left, top = places[-1]
        end = draw_text(image, "mouth", left, top, SMALL, SOFT, half)
        _bar(image, Rect(end + 6, top + 5, x + width - end - 6, 7), self._values.mouth_motion(face.row))


def _speaking(image: Image, score: float, rect: Rect) -> int:
    """The live speaking score on the right of a line, on green where the face speaks; returns the px that it takes."""
    text = f"asd {score:+.1f}" if np.isfinite(score) else "asd: no sound"
    width = plate_width(text, SMALL)
    draw_plate(image, text, rect.right - width, rect.y, SMALL, SPEAKING if score > 0 else WASH, rect)
    return width + 6


def _bar(image: Image, rect: Rect, motion: float) -> None:
    fill(image, rect, LINE)
    if np.isfinite(motion):
        fill(image, Rect(rect.x, rect.y, round(rect.width * min(1.0, motion / MOST_MOTION)), rect.height), INK)


def _extent(span: Span) -> str:
    if span.judged is None:
        return "no clip"
    clip = span.judged.clip
    return f"{clip.start:.2f} to {clip.end:.2f} s"


def _measurements(image: Image, judged: JudgedClip, rect: Rect) -> None:
    """The clip's own measurements: one a line where there is room for all, else as many as fit one after the other."""
    texts = {name: measured(value) for name, value in judged.values.items()}
    if not texts:
        return
    fill(image, Rect(rect.x, rect.y - 1, rect.width, 1), LINE)
    x, y = draw_text(image, "clip:", rect.x, rect.y, SMALL, INK) + 12, rect.y
    if len(texts) < rect.height // _ROW:
        for name, value in texts.items():
            y, left = y + _ROW, rect.right - text_width(value, SMALL)
            draw_text(image, name, rect.x, y, SMALL, SOFT, left - rect.x - 6)
            draw_text(image, value, left, y, SMALL, INK)
        return
    for name, value in texts.items():
        text = fitted(f"{name} {value}", SMALL, rect.width)
        if x + text_width(text, SMALL) > rect.right:
            x, y = rect.x, y + _ROW
        if y + _ROW > rect.bottom + 2:
            return
        x = draw_text(image, text, x, y, SMALL, SOFT) + 12


def state_ink(state: State | None) -> Colour:
    """The colour of text on a span of that state."""
    return ink_on(STATE_COLOURS[state])
