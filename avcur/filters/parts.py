"""Parts of clips: a selection step may trim, split or re-align a training row; nothing is measured or written anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from avcur.records import FPS, Clip, Seconds

Row = dict[str, Any]
Span = tuple[Seconds, Seconds]
"""[start, end) in the recording."""

SAME = 1e-6
"""Seconds below which two times are one: what a clip's id tells apart."""


def with_parents(rows: pl.DataFrame) -> pl.DataFrame:
    """Clip rows with `parent_id` and `parent_start`: the measured clip that each is (a part of), at first itself.

    A part has an id of its own; signals, planted truth and face crops are those of its parent.
    """
    if "parent_id" in rows.columns:
        return rows
    return rows.with_columns(parent_id=pl.col("clip_id"), parent_start=pl.col("start"))


def part(row: Mapping[str, Any], start: Seconds, end: Seconds, audio_offset: Seconds | None = None) -> Row:
    """The row of `[start, end)` of a row's clip, its sound moved to `audio_offset` where one is given."""
    offset = row["audio_offset"] if audio_offset is None else audio_offset
    clip = Clip(row["recording_id"], row["kind"], start, end, row["track"], offset)
    made = {**row, "clip_id": clip.id, "start": start, "end": end, "audio_offset": offset}
    if "duration" in row:
        made["duration"] = end - start
    if row.get("speaking") is not None:
        first = round((start - row["start"]) * FPS)
        made["speaking"] = row["speaking"][first : first + max(1, round((end - start) * FPS))]
    return made


def split(row: Row, spans: Iterable[Span], reason: str) -> list[Row]:
    """A row as its kept parts and, rejected for `reason`, what lies around them: together they are the whole row.

    `spans` are within the row, in order, without overlap. The row itself is kept where one span is all of it.
    """
    parts: list[Row] = []
    reached = row["start"]
    for start, end in [*spans, (row["end"], row["end"])]:
        if start - reached > SAME:
            parts.append({**_part(row, reached, start), "reason": reason})
        if end - start > SAME:
            parts.append({**_part(row, start, end), "reason": None})
        reached = end
    return parts


def _part(row: Row, start: Seconds, end: Seconds) -> Row:
    if abs(start - row["start"]) <= SAME and abs(end - row["end"]) <= SAME:
        return row
    return part(row, start, end)


def parents(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per measured clip of judged rows (`reason`, null: kept); it is kept where any part of it is."""
    if not rows["parent_id"].is_duplicated().any():  # nothing was split, which of a million rows is quicker to see
        return rows.with_columns(clip_id=pl.col("parent_id"))
    order = rows.sort(pl.col("reason").is_not_null(), maintain_order=True)
    return order.unique("parent_id", keep="first", maintain_order=True).with_columns(clip_id=pl.col("parent_id"))
