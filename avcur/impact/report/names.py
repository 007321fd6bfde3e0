"""Names as they stand on the page: escaped, and breaking where a reader would break them."""

from __future__ import annotations

from html import escape


def breakable(name: str) -> str:
    """Escaped, with a place to break a line after each "_", so that long names of arms never break inside a word."""
    return escape(name).replace("_", "_<wbr>")
