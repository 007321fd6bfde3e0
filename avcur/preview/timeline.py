"""The strip below a preview: the sound, the cuts, every clip in its lane, and where one is."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.preview.cards import STATE_COLOURS, state_ink
from avcur.preview.drawing import fill, text_middle
from avcur.preview.layout import LANE, MOST_LANES, Layout, Rect
from avcur.preview.scene import Scene, Span
from avcur.preview.sound import PEAKS_PER_SECOND, columns
from avcur.preview.style import GREY, INK, LINE, PAPER, SMALL, SOFT, SPEAKING, WASH, track_colour
from avcur.preview.text import draw_text, fitted, text_width
from avcur.records import FPS

Image = NDArray[np.uint8]

PAGE = 60 * FPS
"""Grid frames on one page of a long recording: half a second is eight px."""
LONGEST_PAGE = 75 * FPS
"""Recordings up to this many frames are shown on one page."""
_LETTERS = 12
_CHIP = 5
_TICK_APART = 70
_SPEAKING_LINE = 5
"""Px at the foot of a span, green under white, for the stretches in which its face speaks."""


def is_paged(num_frames: int) -> bool:
    """Whether a recording needs several pages, and with them the overview of all."""
    return num_frames > LONGEST_PAGE


class Timeline:
    """Paints the strip of one recording; `outline` is its sound (`sound.outline`), empty without any."""

    def __init__(self, scene: Scene, layout: Layout, outline: NDArray[np.float32]) -> None:
        self.scene, self.layout, self._outline = scene, layout, outline
        self._loudest = max(float(outline.max(initial=0.0)), 0.05)  # silence stays flat
        self._page_image = lru_cache(maxsize=2)(self._paint_page)

    @property
    def top(self) -> int:
        return self.layout.wave.y

    def draw(self, image: Image, number: int) -> None:
        """Paint the strip for grid frame `number` onto the canvas."""
        first, stop = self._page(number)
        image[self.top :] = self._page_image(first, stop)
        x = self._x(number + 0.5, first, stop)
        bottom = self.layout.ticks.y + 5
        cv2.line(image, (x, self.top), (x, bottom), INK, 2)
        if (over := self.layout.overview) is not None:
            x = round(over.width * number / self.scene.num_frames)
            cv2.line(image, (x, over.y), (x, over.bottom - 1), INK, 2)

    def _page(self, number: int) -> tuple[int, int]:
        if not is_paged(self.scene.num_frames):
            return 0, self.scene.num_frames
        first = number // PAGE * PAGE
        return first, first + PAGE

    def _x(self, number: float, first: int, stop: int) -> int:
        return min(self.layout.width - 1, round((number - first) / (stop - first) * self.layout.width))

    def _paint_page(self, first: int, stop: int) -> Image:
        sheet = np.full((self.layout.height, self.layout.width, 3), PAPER, np.uint8)
        self._wave(sheet, first, stop)
        fill(sheet, self.layout.lanes, WASH)
        for span in self.scene.spans:
            if span.lane < MOST_LANES and span.first < stop and span.stop > first:
                self._span(sheet, span, first, stop)
        for cut in self.scene.cuts[(self.scene.cuts > first) & (self.scene.cuts < stop)]:
            x = self._x(int(cut), first, stop)
            cv2.line(sheet, (x, self.top), (x, self.layout.lanes.bottom), INK, 1)
            cv2.fillConvexPoly(sheet, np.array([(x - 4, self.top), (x + 4, self.top), (x, self.top + 6)]), INK)
        self._ticks(sheet, first, stop)
        self._overview(sheet, first, stop)
        return sheet[self.top :]

    def _wave(self, sheet: Image, first: int, stop: int) -> None:
        rect = self.layout.wave
        if not rect.height:
            return
        wanted = (stop - first) * PEAKS_PER_SECOND // FPS
        here = np.zeros(wanted, np.float32)
        found = self._outline[first * PEAKS_PER_SECOND // FPS :][:wanted]
        here[: len(found)] = found
        middle = rect.y + rect.height // 2
        for x, peak in enumerate(columns(here, rect.width)):
            half = round(float(peak) / self._loudest * (rect.height // 2 - 2))
            sheet[middle - half : middle + half + 1, x] = GREY

    def _span(self, sheet: Image, span: Span, first: int, stop: int) -> None:
        judged = span.judged
        state = judged.state if judged is not None else None
        left, right = (self._x(min(max(n, first), stop), first, stop) for n in (span.first, span.stop))
        rect = Rect(left, self.layout.lanes.y + span.lane * LANE + 1, max(2, right - left - 1), LANE - 2)
        fill(sheet, rect, STATE_COLOURS[state])
        for begin, end in span.spoken():
            if begin < stop and end > first:
                self._speaking(sheet, rect, *(self._x(min(max(n, first), stop), first, stop) for n in (begin, end)))
        name, x = span.name, rect.x + 4
        if span.track is not None:
            chip = Rect(rect.x, rect.y, min(_CHIP, rect.width), rect.height)
            fill(sheet, chip, track_colour(span.track))
            name, x = str(span.track), chip.right + 4
        text = f"{name}  {judged.reason}" if judged is not None and judged.reason else name
        draw_text(sheet, text, x, text_middle(rect, _LETTERS), _LETTERS, state_ink(state), max(0, rect.right - x - 2))

    def _speaking(self, sheet: Image, rect: Rect, left: int, right: int) -> None:
        line = Rect(left, rect.bottom - _SPEAKING_LINE, max(1, min(right, rect.right) - left), _SPEAKING_LINE)
        fill(sheet, line, PAPER)
        fill(sheet, Rect(line.x, line.y + 1, line.width, line.height - 1), SPEAKING)

    def _ticks(self, sheet: Image, first: int, stop: int) -> None:
        rect = self.layout.ticks
        seconds = (stop - first) / FPS
        step = round_step(seconds * _TICK_APART / rect.width)
        for i in range(math.ceil(first / FPS / step), math.floor(stop / FPS / step) + 1):
            x = self._x(i * step * FPS, first, stop)
            cv2.line(sheet, (x, rect.y), (x, rect.y + 4), SOFT, 1)
            text = clock(i * step, step)
            left = min(max(0, x - text_width(text, _LETTERS) // 2), rect.right - text_width(text, _LETTERS))
            draw_text(sheet, text, left, rect.y + 4, _LETTERS, SOFT)

    def _overview(self, sheet: Image, first: int, stop: int) -> None:
        """All of a long recording in one thin line, with the page that is shown above."""
        if (rect := self.layout.overview) is None:
            return
        scale = rect.width / self.scene.num_frames
        bar = Rect(rect.x, rect.y + 3, rect.width, rect.height - 6)
        fill(sheet, bar, LINE)
        for span in sorted(self.scene.spans, key=lambda s: -s.lane):
            state = span.judged.state if span.judged is not None else None
            x, right = round(span.first * scale), round(span.stop * scale)
            fill(sheet, Rect(x, bar.y, max(1, right - x), bar.height), STATE_COLOURS[state])
        left, right = round(first * scale), min(rect.right - 1, round(stop * scale))
        cv2.rectangle(sheet, (left, rect.y), (right, rect.bottom - 1), SOFT, 1)


def round_step(rough: float) -> float:
    """Seconds between ticks: the smallest of a clock's round steps that is at least `rough`."""
    steps = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0)
    return next((step for step in steps if step >= rough * 0.999), 60.0 * math.ceil(rough / 60))


def clock(seconds: float, step: float = 0.01) -> str:
    """Minutes and seconds (hours where there are any), with the decimals that `step` needs."""
    places = 0 if step >= 1 else 1 if step >= 0.1 else 2
    whole, part = divmod(math.floor(seconds * 10**places + 1e-6), 10**places)
    rest = f".{part:0{places}d}" if places else ""
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}{rest}" if hours else f"{minute}:{second:02d}{rest}"


def hidden(scene: Scene, shown: int, number: int) -> str:
    """How many clips are there that have no card, in words; "" where there is none."""
    count = sum(span.lane >= shown for span in scene.present(number))
    return fitted(f"+{count} more", SMALL, 200) if count else ""
