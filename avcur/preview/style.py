"""Colours that colour-blind viewers can tell apart, and the sizes of text."""

from __future__ import annotations

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""

PAPER: Colour = (255, 255, 255)
WASH: Colour = (245, 247, 249)
LINE: Colour = (213, 218, 224)
SOFT: Colour = (89, 99, 110)
INK: Colour = (27, 31, 36)
GREY: Colour = (170, 178, 187)
KEPT: Colour = (0, 114, 178)
REJECTED: Colour = (217, 130, 43)
"""Blue and orange, after Okabe and Ito (2008), as in the report."""
SPEAKING: Colour = (0, 214, 70)
"""Green of who speaks; wherever it stands, a thicker frame, a word or its place says the same."""

TRACKS: tuple[Colour, ...] = (
    (153, 221, 255), (238, 221, 136), (68, 187, 153), (255, 170, 187), (187, 204, 51), (119, 170, 221),
)  # fmt: skip
"""Paul Tol's light scheme (2021), without the orange that would look rejected; dark text is legible on all of them."""

TEXT = 15
SMALL = 13
"""Heights of type, px, on a canvas of 960 px."""


def track_colour(track: int) -> Colour:
    """The colour of a track, the same in every frame and every run."""
    return TRACKS[track % len(TRACKS)]
