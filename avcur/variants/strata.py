"""By columns: what effects and losses are broken down by, beside the rows of a task; they decide nothing."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from avcur.labels import CLIP_SCHEMA
from avcur.records import TAKEN
from avcur.signal_table import SignalTable

BY = "by:"
"""Begins the name of every by column, so that none is another column of a clip."""
FACE_SIZE = "face_size"
_ATTRIBUTES = CLIP_SCHEMA["attributes"]
_SIZES = {1: ("small", "large"), 2: ("small", "medium", "large")}
"""Names of the parts of face size by the number of edges between them."""


def by_columns(table: pl.DataFrame) -> list[str]:
    """The by columns of a table, in its order."""
    return [name for name in table.columns if name.startswith(BY)]


def with_strata(rows: pl.DataFrame, signals: SignalTable) -> pl.DataFrame:
    """The rows of a task with `by:speaker`, `by:label`, `by:<attribute>` and `by:face_size`, text or null.

    `by:speaker` is whose face it is where no clip of the rows has a speaker. `by:face_size` are thirds of the training
    rows in which a face was measured, whatever a filter keeps of them, with their bounds in px; the other splits go by
    the same bounds. A column that is null throughout is left out; `attributes` become columns.
    """
    speaker = next((c for c in ("speaker", "identity") if c in rows.columns and rows[c].count()), None)
    found = {
        "speaker": pl.Series([None] * len(rows), dtype=pl.String) if speaker is None else rows[speaker],
        "label": rows["label"].cast(pl.String),
        **_attributes(rows),
        FACE_SIZE: _face_size(rows, signals),
    }
    columns = [values.alias(BY + name) for name, values in found.items() if values.count()]
    return rows.drop("attributes", strict=False).with_columns(columns)


def with_by_columns(table: pl.DataFrame, clips: pl.DataFrame) -> pl.DataFrame:
    """A table with a `clip_id` and the by columns of these clips, null where a clip is none of them."""
    if not by_columns(clips):
        return table
    about = clips.select("clip_id", *by_columns(clips)).unique("clip_id", keep="first", maintain_order=True)
    return table.join(about, on="clip_id", how="left", maintain_order="left")


def _attributes(rows: pl.DataFrame) -> dict[str, pl.Series]:
    """The values of each attribute that any row has, by its name."""
    if "attributes" not in rows.columns or not rows["attributes"].cast(_ATTRIBUTES).list.len().sum():
        return {}
    long = rows.select(pl.int_range(pl.len()).alias("row"), "attributes").explode("attributes").unnest("attributes")
    names = sorted(set(long["name"].drop_nulls()) - set(TAKEN))
    places = pl.DataFrame({"row": range(len(rows))}, schema={"row": pl.Int64})
    return {
        name: places.join(long.filter(name=name), on="row", how="left", maintain_order="left")["value"]
        for name in names
    }


def _face_size(rows: pl.DataFrame, signals: SignalTable) -> pl.Series:
    sizes = signals.values(rows["clip_id"], [FACE_SIZE])
    if FACE_SIZE not in sizes.columns:
        return pl.Series([None] * len(rows), dtype=pl.String)
    edges = _edges(sizes[FACE_SIZE].filter(rows["split"] == "train").drop_nulls())
    if not edges:
        return pl.Series([None] * len(rows), dtype=pl.String)
    found = sizes.select(pl.col(FACE_SIZE).cut(edges, labels=_named(edges), left_closed=True).cast(pl.String))
    return found.to_series()


def _edges(sizes: pl.Series) -> list[float]:
    """The bounds of thirds in whole px, as they are named; fewer where sizes are too much alike for three parts.

    Each is a measured size before it is rounded, so that the part above it is not empty.
    """
    if not len(sizes):
        return []
    thirds = [sizes.quantile(share, "higher") for share in (1 / 3, 2 / 3)]
    whole = sorted({float(round(edge)) for edge in thirds if edge is not None})
    low, high = sizes.to_numpy().min(), sizes.to_numpy().max()
    return [edge for edge in whole if low < edge <= high]


def _named(edges: list[float]) -> list[str]:
    inner = [f"{low:g} to {high:g} px" for low, high in pairwise(edges)]
    spans = [f"< {edges[0]:g} px", *inner, f">= {edges[-1]:g} px"]
    return [f"{size} ({span})" for size, span in zip(_SIZES[len(edges)], spans, strict=True)]
