"""Groups: the connected components of whatever must never be on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from avcur.splits.near_duplicates import COLUMN as NEAR_DUPLICATES
from avcur.tasks import SplitUnit


def group_clips(clips: pl.DataFrame, unit: SplitUnit) -> pl.Series:
    """The group of each row of a clip table, named by its smallest member (never by content, which sorts last).

    `session`: clips of one session (or recording, where the source names none); `identity` and `component`: clips
    that share a face, speaker, piece or noise, directly or through others; `utterance`: each recording alone.
    Recordings with the same bytes share a group under every unit, and so do near-duplicates where the table has a
    column of that name (see `near_duplicates`).
    """
    tokens = [_tokens(row, unit) for row in clips.iter_rows(named=True)]
    return pl.Series("group", connected_components(tokens), dtype=pl.String)


def _tokens(row: dict[str, object], unit: SplitUnit) -> list[str]:
    # A token that sorts after the others names no group.
    copies = [f"~media:{row['media']}"]
    if row.get(NEAR_DUPLICATES):
        copies.append(f"~near:{row[NEAR_DUPLICATES]}")
    recording = f"recording:{row['recording_id']}"
    entities = [str(e) for e in row["entities"] or ()]  # type: ignore[attr-defined]
    match unit:
        case "session":
            return [f"session:{row['session']}" if row["session"] else recording, *copies]
        case "identity":
            return [*([e for e in entities if e.startswith(("face:", "speaker:"))] or [recording]), *copies]
        case "component":
            session = [f"session:{row['session']}"] if row["session"] else []
            return [*(entities + session or [recording]), *copies]
        case "utterance":
            return [recording, *copies]
        case _:
            raise ValueError(f"Unknown split unit {unit!r}")


def connected_components(token_lists: Sequence[Iterable[str]]) -> list[str]:
    """For each list of tokens, the smallest token of the component it belongs to (union-find; never empty lists)."""
    parent: dict[str, str] = {}

    def root(token: str) -> str:
        parent.setdefault(token, token)
        while parent[token] != token:
            parent[token] = parent[parent[token]]
            token = parent[token]
        return token

    firsts = []
    for tokens in token_lists:
        first, *others = tokens
        firsts.append(first)
        root(first)
        for other in others:
            low, high = sorted((root(first), root(other)))
            parent[high] = low
    return [root(token) for token in firsts]
