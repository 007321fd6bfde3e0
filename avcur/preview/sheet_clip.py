"""One clip on a contact sheet: its thumbnail, what it is, and the values that it was judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from avcur.corpus import Corpus
from avcur.preview.sampling import Group
from avcur.preview.thumbnails import thumbnail
from avcur.records import Standardised, Track

MOST_VALUES = 8
"""Signals in a caption."""
_LONGEST = 400
"""Characters of one text."""


def html(value: Any) -> str:
    """Escaped for HTML and cut where it would fill the page; what UTF-8 cannot hold (odd file names) is replaced."""
    return escape(str(value)[:_LONGEST].encode("utf-8", "replace").decode("utf-8"), quote=True)


class ClipCards:
    """Makes the figures of the clips in `groups`; `rules` are the signals that they were judged by."""

    def __init__(
        self, corpus: Corpus, rules: Sequence[str],
        found: Callable[[str], tuple[Standardised, tuple[Track, ...]] | None], groups: Sequence[Group],
    ) -> None:  # fmt: skip
        self._rules, self._found = rules, found
        self._values: dict[str, dict[str, Mapping[str, Any]]] = {}
        shown = [clip_id for group in groups for clip_id in group.rows["parent_id"]]
        for row in corpus.signals.of_clips(shown).iter_rows(named=True):
            self._values.setdefault(row["clip_id"], {})[row["signal"]] = row

    def figure(self, row: Mapping[str, Any], decisive: str | None) -> str:
        """A clip's row as a figure; `decisive` is the signal that cost it."""
        media, tracks = self._found(row["recording_id"]) or (None, ())
        index = row.get("track")
        track = tracks[index] if index is not None and index < len(tracks) else None
        what = str(row["kind"] if index is None else f"track {index}")
        about = [what, f"{row['start']:.2f} to {row['end']:.2f} s", *([row["label"]] if row.get("label") else [])]
        name = html(row["recording_id"])
        return (
            f'<figure>{thumbnail(row, media, track)}<figcaption><b title="{name}">{name}</b>'
            f"<span>{html(' · '.join(about))}</span><table>{self._table(row['parent_id'], decisive)}</table>"
            "</figcaption></figure>"
        )

    def _table(self, clip_id: str, decisive: str | None) -> str:
        """The decisive signal first, then the rules' (or, without rules, the first few of all)."""
        own = self._values.get(clip_id, {})
        names = dict.fromkeys([*([decisive] if decisive else []), *(self._rules or own)])
        rows = [own[name] for name in names if name in own][:MOST_VALUES]
        return "".join(_line(row, row["signal"] == decisive) for row in rows)


def _line(row: Mapping[str, Any], is_decisive: bool) -> str:
    """A signal's name and value; the reason for having none in full where it cost the clip, else on hovering."""
    ok, why = row["state"] == "ok", html(row["reason"])
    value = f"{row['value']:.4g}" if ok else "n/a" if row["state"] == "not_applicable" else "failed"
    mark = ' class="why"' if is_decisive else ""
    shown = f"{value}: {why}" if is_decisive and not ok else value
    tip = "" if ok or is_decisive else f' title="{why}"'
    return f"<tr{mark}><td>{html(row['signal'])}</td><td{tip}>{shown}</td></tr>"
