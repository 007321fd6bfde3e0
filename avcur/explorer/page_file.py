"""One HTML file out of the page's parts (`page/`) and its data, with nothing left to fetch."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SCRIPTS = ("data", "axis", "rule", "verdicts", "histogram", "elements", "card", "summary", "overrides", "main")
"""The scripts of the page, in the order in which they build on each other."""


def page_file(title: str, data: Mapping[str, Any], arrays: Iterable[NDArray[Any]]) -> str:
    """The whole page: style, data and scripts inlined. Strings of the data never become markup."""
    blocks = "\n".join(f'<script type="text/plain" id="array{i}">{_base64(a)}</script>' for i, a in enumerate(arrays))
    parts = {
        "title": html.escape(title), "style": _part("style.css"), "data": _inert(data), "arrays": blocks,
        "script": "\n".join(_part(f"{name}.js") for name in _SCRIPTS),
    }  # fmt: skip
    before, *rest = _part("page.html").split("{{")
    filled = ((parts[name], after) for name, _, after in (piece.partition("}}") for piece in rest))
    return before + "".join(part + after for part, after in filled)


def _part(name: str) -> str:
    return (files("avcur.explorer") / "page" / name).read_text(encoding="utf-8")


def _inert(data: Mapping[str, Any]) -> str:
    """JSON in which no name of a speaker can end the script element that holds it."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _base64(array: NDArray[Any]) -> str:
    """The array as it lies in the memory of a little-endian machine."""
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return b64encode(little.tobytes()).decode("ascii")
