"""contact_sheet.html: what a variant kept and what it rejected, and why; one page without scripts or the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from avcur.corpus import Corpus
from avcur.preview.judged import rules, signals_judged
from avcur.preview.sampling import MOST_REASONS, Group, groups
from avcur.preview.sheet_clip import ClipCards, html
from avcur.preview.sheet_style import CSS
from avcur.records import Standardised, Track
from avcur.store.commit import write_text
from avcur.variants.variant import Variant

Found = tuple[Standardised, tuple[Track, ...]]

_MOST_LISTED = 20
"""Lines of a list of what is not shown, such as recordings that failed."""
_BOUNDS = {"min": "≥", "max": "≤"}


def write_contact_sheet(
    variant: Variant, corpus: Corpus, path: Path, found: Callable[[str], Found | None] | None = None
) -> None:
    """Write the sheet of a variant of a corpus: a page of at most 4 MB, whatever the corpus.

    `found` gives the media and tracks of a recording by its id; without it pictures are read from the recording's own
    file, and no face is marked. Media that is missing or broken leaves a field that says why.
    """
    shown = groups(variant, corpus)
    cards = ClipCards(corpus, signals_judged(variant), found or _by_path(corpus), shown)
    name = f"{variant.filter_name} for {variant.task}"
    sections = "".join(_section(i, group, cards) for i, group in enumerate(shown) if _is_shown(group))
    body = _head(name, variant, shown) + _funnel(variant, shown) + sections + _rare(shown) + _failed(corpus)
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    write_text(
        path,
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{viewport}<title>{html(name)}: contact sheet'
        f"</title><style>{CSS}</style></head><body><main>{body}</main></body></html>\n",
    )


def _is_shown(group: Group) -> bool:
    return group.reason is None or len(group.rows) > 0


def _head(name: str, variant: Variant, shown: list[Group]) -> str:
    kept, whole = shown[0].count, sum(group.count for group in shown)
    share = f" ({kept / whole:.0%})" if whole else ""
    judged = "".join(f"<li><code>{html(text)}</code></li>" for text in _rule_texts(variant))
    if control := variant.card.get("control"):
        about = f"A random draw of as many clips as {html(control['filter'])} keeps, which are those with"
    else:
        about = "Kept are clips with" if judged else "Its filter has no rules."
    return (
        f'<h1>{html(name)}</h1><p class="lead"><b>{kept}</b> of {whole} training clips kept{share}, {whole - kept} '
        f'rejected. Variant {html(variant.id[:16])}.</p><p class="rules">{about}</p><ul class="rules">{judged}</ul>'
    )


def _rule_texts(variant: Variant) -> list[str]:
    judged = [(signal, rule, bound) for signal, rule in rules(variant) for bound in _BOUNDS]
    return [
        f"{signal} {_BOUNDS[bound]} {rule[bound]:g}" for signal, rule, bound in judged if rule.get(bound) is not None
    ]


def _funnel(variant: Variant, shown: list[Group]) -> str:
    """Where the clips went, as bars; those of a section lead to it."""
    stages = variant.card.get("funnel") or []
    whole = max((int(stage["clips"]) for stage in stages), default=0) or 1
    anchors = {group.reason: f"g{i}" for i, group in enumerate(shown) if _is_shown(group)}
    rows = []
    for stage in stages:
        kind, reason = str(stage["stage"]), stage.get("reason")
        text = html(f"{kind}: {reason}" if reason else kind)
        if kind in ("kept", "rejected", "failed") and reason in anchors:
            text = f'<a href="#{anchors[reason]}">{text}</a>'
        bar = f'<div class="fill {html(kind.split()[0])}" style="width:{100 * stage["clips"] / whole:.1f}%"></div>'
        size = f"{stage['clips']} clips · {60 * stage['hours']:.1f} min"
        rows.append(f'<div>{text}</div><div>{bar}</div><div class="n">{size}</div>')
    return f'<div class="funnel">{"".join(rows)}</div>'


def _section(index: int, group: Group, cards: ClipCards) -> str:
    state, title = ("kept", "Kept") if group.reason is None else ("rejected", f"Rejected: {group.reason}")
    count = f"{len(group.rows)} of {group.count} clips, evenly spread, {group.order}."
    if len(group.rows) == group.count:
        count = f"All {group.count} clips, {group.order}." if group.count else "None."
    figures = "".join(cards.figure(row, group.signal) for row in group.rows.iter_rows(named=True))
    return (
        f'<section class="{state}"><h2 id="g{index}">{html(title)}</h2><p class="small">{html(count)}</p>'
        f'<div class="clips">{figures}</div></section>'
    )


def _rare(shown: list[Group]) -> str:
    """The reasons beyond those that are shown, with their counts."""
    rare = [[group.reason, f"{group.count} clips"] for group in shown if not _is_shown(group)]
    return _list(f"Reasons beyond the {MOST_REASONS} commonest", rare)


def _failed(corpus: Corpus) -> str:
    """The recordings that gave no clips, so that nothing is lost in silence."""
    failed = corpus.recordings.filter(pl.col("state") == "failed")
    rows = [[row["recording_id"], row.get("reason") or ""] for row in failed.iter_rows(named=True)]
    return _list("Recordings that could not be read", rows)


def _list(title: str, rows: list[list[Any]]) -> str:
    if not rows:
        return ""
    lines = "".join(
        f"<tr>{''.join(f'<td>{html(cell)}</td>' for cell in row)}</tr>" for row in rows[:_MOST_LISTED]
    )  # fmt: skip
    count = f"{min(len(rows), _MOST_LISTED)} of {len(rows)}"
    return f'<h2>{html(title)}</h2><p class="small">{count}</p><table class="list">{lines}</table>'


def _by_path(corpus: Corpus) -> Callable[[str], Found | None]:
    """Media by the paths in the tables: a recording's own file, or the standard sound of one without a picture."""
    known = "path" in corpus.recordings.columns
    paths = dict(corpus.recordings.select("recording_id", "path").iter_rows()) if known else {}
    clips = corpus.clips.unique("recording_id", keep="first").select("recording_id", "has_picture", "audio_path")
    rows = {row["recording_id"]: row for row in clips.iter_rows(named=True)}

    def find(recording_id: str) -> Found | None:
        row: Mapping[str, Any] | None = rows.get(recording_id)
        if row is None:
            return None
        picture = Path(paths[recording_id]) if row["has_picture"] and recording_id in paths else None
        sound = None if row["audio_path"] is None else Path(row["audio_path"])
        return Standardised(recording_id, picture, sound, 0.0), ()

    return find
