from __future__ import annotations

import numpy as np
import pytest

from avcur.preview.text import draw_text, drawable, fitted, text_width

BLACK = (0, 0, 0)


def sheet() -> np.ndarray:
    return np.full((40, 120, 3), 255, np.uint8)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("laplacian_variance < 50", "laplacian_variance < 50"),
        ("Größe für Zoë", "Grosse fur Zoe"),
        ("„a“ – b", '"a" - b'),
        ("東京\n.mp4", "\\u6771\\u4eac\\n.mp4"),
        ("-12° · 3", "-12° · 3"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
    ],
)
def test_what_the_font_lacks_is_spelt_out(text: str, plain: str) -> None:
    assert drawable(text) == plain


def test_every_drawable_character_has_a_glyph_of_its_own() -> None:
    drawn = []
    for character in ("\u4eac", "a", "~", "·", "°", "…"):
        image = sheet()
        end = draw_text(image, character, 4, 4, 15, BLACK, width=100)
        assert (image < 128).any()
        drawn.append((end, image.tobytes()))
    assert len(set(drawn)) == len(drawn)


def test_long_text_is_cut_with_an_ellipsis() -> None:
    cut = fitted("a name that is far too long for this", 15, 80)
    assert cut.endswith("…")
    assert 40 < text_width(cut, 15) <= 80
    assert fitted("short", 15, 80) == "short"
    assert fitted("short", 15, 3) == ""


def test_text_is_clipped_at_every_edge() -> None:
    for x, y in ((-10, 5), (110, 5), (5, -8), (5, 35), (-500, 5), (5, 500), (500, 5), (5, -500)):
        image = sheet()
        draw_text(image, "edge", x, y, 15, BLACK)
        assert image.shape == (40, 120, 3)
        assert (image < 128).any() == (abs(x) < 120 and abs(y) < 40), (x, y)


def test_text_stays_inside_its_width() -> None:
    image = sheet()
    draw_text(image, "0123456789", 10, 5, 15, BLACK, width=40)
    assert not (image[:, 51:] < 255).any()
    assert (image[:, 10:50] < 128).any()
