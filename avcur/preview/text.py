"""Text on pictures, in the one font that Pillow carries: printable ASCII and three signs."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from avcur.preview.style import Colour

Image = NDArray[np.uint8]

_DRAWN = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("·°…")
"""What the bundled font has glyphs for; it lacks umlauts."""
_KIN = str.maketrans({"ß": "ss", **dict.fromkeys("–—−", "-"), **dict.fromkeys("‘’", "'"), **dict.fromkeys("“”„", '"')})
_LONGEST = 400
"""Characters: more never fit on a picture, and names come from outside."""


def drawable(text: str) -> str:
    """`text` in characters that the font has: accents are dropped, whatever else is unknown is escaped."""
    spelt = unicodedata.normalize("NFKD", text[:_LONGEST].translate(_KIN))
    plain = (c for c in spelt if not unicodedata.combining(c))
    return "".join(c if c in _DRAWN else c.encode("unicode_escape").decode("ascii") for c in plain)


@lru_cache(maxsize=32)
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


@lru_cache(maxsize=4096)
def text_width(text: str, size: int) -> int:
    """Width in px of drawable text."""
    return int(np.ceil(_font(size).getlength(text)))


@lru_cache(maxsize=4096)
def fitted(text: str, size: int, width: int) -> str:
    """Drawable text cut to `width` px, with an ellipsis where something is missing; "" where nothing fits."""
    text = drawable(text)
    if text_width(text, size) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text_width(text[:middle] + "…", size) <= width else (low, middle - 1)
    return text[:low].rstrip() + "…" if low else ""


def _mask(text: str, size: int) -> NDArray[np.float32]:
    """How much of each pixel the text covers, (H, W, 1), 0..1.

    Numbers change from frame to frame; kept, each would pin the pages around it, two megabytes for every frame.
    """
    return _painted(text, size) if any(c.isdigit() for c in text) else _kept(text, size)


@lru_cache(maxsize=512)
def _kept(text: str, size: int) -> NDArray[np.float32]:
    return _painted(text, size)


def _painted(text: str, size: int) -> NDArray[np.float32]:
    ascent, descent = _font(size).getmetrics()
    sheet = Pillow.new("L", (max(1, text_width(text, size) + 1), ascent + descent))
    ImageDraw.Draw(sheet).text((0, 0), text, fill=255, font=_font(size))
    return np.asarray(np.asarray(sheet)[..., None] / 255, np.float32)


def line_height(size: int) -> int:
    """Px from the top of a line of text to its foot."""
    return int(sum(_font(size).getmetrics()))


def draw_text(image: Image, text: str, x: int, y: int, size: int, colour: Colour, width: int | None = None) -> int:
    """Write one line with its top left corner at (x, y), clipped to the picture and to `width`; returns its end, px."""
    shown = drawable(text) if width is None else fitted(text, size, width)
    if not shown:
        return x
    mask = _mask(shown, size)
    top, left = max(0, -y), max(0, -x)
    under = image[y + top : max(0, y + len(mask)), x + left : max(0, x + mask.shape[1])]
    cover = mask[top : top + under.shape[0], left : left + under.shape[1]]
    if under.size:
        under[:] = np.round(under + (np.array(colour, np.float32) - under) * cover).astype(np.uint8)
    return x + text_width(shown, size)
