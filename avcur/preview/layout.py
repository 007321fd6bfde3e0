"""Where things stand on a preview's canvas: at most 960 px on its longer side, whatever the picture's shape."""

from __future__ import annotations

from dataclasses import dataclass

WIDEST = 960
"""Px of the canvas; text has one size on it, so smaller pictures are enlarged to it and stay legible."""
HEADER = 30
GAP = 8
CARD_HEIGHT = 160
TALLEST_CARD = 320
"""Px: what a face shows now and two lines of the clip's measurements; where there is room, a line for each of them."""
LANE = 17
MOST_LANES = 5
"""Lanes drawn in the timeline; what else is there at once is counted."""
TALLEST_BELOW, TALLEST_BESIDE = 580, 660
"""Px of a picture with cards below and beside it: with five lanes, the canvas is still no higher than wide."""
_BESIDE_WIDTH = 276
_NARROWEST = 480
_MOST_BELOW = 4
_WAVE, _TALL_WAVE = 30, 200
_TICKS, _OVERVIEW = 22, 14


@dataclass(frozen=True)
class Rect:
    """Left, top, width and height, px."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass(frozen=True)
class Layout:
    """The canvas and its parts; `picture` is None for sound alone. `overview` is there where one page is not all."""

    width: int
    height: int
    header: Rect
    picture: Rect | None
    cards: tuple[Rect, ...]
    wave: Rect
    lanes: Rect
    ticks: Rect
    overview: Rect | None


def arrange(picture: tuple[int, int] | None, num_lanes: int, has_sound: bool, paged: bool) -> Layout:
    """A layout for a picture of that many px (None: sound alone) with as many cards as `num_lanes` asks for."""
    if picture is None:
        shown, cards, width, y = None, _cards_below(num_lanes, HEADER), WIDEST, HEADER
    else:
        aspect = picture[0] / picture[1]
        beside = num_lanes > 0 and WIDEST / aspect > TALLEST_BELOW
        shown = _picture(aspect, beside)
        cards = _cards_beside(num_lanes, shown) if beside else _cards_below(num_lanes, shown.bottom + GAP)
        width = _even(max(_NARROWEST, shown.width + GAP + _BESIDE_WIDTH) if beside else WIDEST)
        y = shown.bottom
    y = max([y, *(card.bottom for card in cards)]) + GAP
    wave = Rect(0, y, width, (_TALL_WAVE if picture is None else _WAVE) if has_sound else 0)
    lanes = Rect(0, wave.bottom, width, LANE * max(1, min(num_lanes, MOST_LANES)))
    ticks = Rect(0, lanes.bottom, width, _TICKS)
    overview = Rect(0, ticks.bottom, width, _OVERVIEW) if paged else None
    bottom = _even((overview or ticks).bottom)
    return Layout(width, bottom, Rect(0, 0, width, HEADER), shown, cards, wave, lanes, ticks, overview)


def _picture(aspect: float, beside: bool) -> Rect:
    widest = WIDEST - GAP - _BESIDE_WIDTH if beside else WIDEST
    tallest = TALLEST_BESIDE if beside else TALLEST_BELOW
    width = max(1, min(widest, round(tallest * aspect)))
    height = max(1, min(tallest, round(width / aspect)))
    return Rect(0 if beside else (WIDEST - width) // 2, HEADER, width, height)


def _cards_below(num_lanes: int, y: int) -> tuple[Rect, ...]:
    count = min(num_lanes, _MOST_BELOW)
    share = WIDEST // max(2, count)
    return tuple(Rect(i * share, y, share - GAP, CARD_HEIGHT) for i in range(count))


def _cards_beside(num_lanes: int, picture: Rect) -> tuple[Rect, ...]:
    room = picture.height + GAP
    count = max(1, min(num_lanes, room // (CARD_HEIGHT + GAP)))
    height = max(CARD_HEIGHT, min(TALLEST_CARD, room // count - GAP))
    x = picture.right + GAP
    return tuple(Rect(x, HEADER + i * (height + GAP), _BESIDE_WIDTH, height) for i in range(count))


def _even(value: int) -> int:
    return value + value % 2
