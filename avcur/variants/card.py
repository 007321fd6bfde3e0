"""A variant's card: its recipe, counts, funnel, retention and score histograms, as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from avcur.filters.parts import parents
from avcur.filters.select import NEAR_DUPLICATE
from avcur.signal_table import SignalTable
from avcur.variants.strata import BY, by_columns
from avcur.variants.train_share import OUTSIDE

FunnelRow = dict[str, Any]
_BINS = 24
MOST_VALUES = 2000
"""Of a column whose retention stands in a card: the speakers of VoxCeleb1 do, free text does not."""


def shared_reason() -> pl.Expr:
    """The column `reason` without what tells its clips apart: near-duplicates of whatever are counted together."""
    return pl.col("reason").str.replace(f"^{NEAR_DUPLICATE} of .*", NEAR_DUPLICATE)


def funnel(rows: pl.DataFrame) -> list[FunnelRow]:
    """Where the clips went: all + split = held out + rejected (by reason) + failed (by reason) + kept, clips and hours.

    `rows` have parent_id, start, end, split and reason (null: kept). "split" counts the clips that splitting has added,
    and is left out where none was. Raises where the parts do not add up to the whole.
    """
    held = pl.col("split") != "train"
    stage = (
        pl.when(held).then(pl.lit("held out"))
        .when(pl.col("reason").is_null()).then(pl.lit("kept"))
        .when(pl.col("reason").str.ends_with(" failed")).then(pl.lit("failed"))
        .otherwise(pl.lit("rejected"))
    )  # fmt: skip
    why = pl.when(held).then(pl.col("split")).otherwise(pl.col("reason"))
    parts = rows.with_columns(stage.alias("stage"), why.alias("why")).group_by("stage", "why").agg(
        pl.len().alias("clips"), ((pl.col("end") - pl.col("start")).sum() / 3600).alias("hours")
    )  # fmt: skip
    hours = float((rows["end"] - rows["start"]).sum()) / 3600
    clips = rows["parent_id"].n_unique()
    result: list[FunnelRow] = [{"stage": "all", "reason": None, "clips": clips, "hours": hours}]
    if len(rows) > clips:
        result.append({"stage": "split", "reason": "parts added", "clips": len(rows) - clips, "hours": 0.0})
    for name in ("held out", "rejected", "failed", "kept"):
        of_stage = parts.filter(pl.col("stage") == name).sort(["clips", "why"], descending=[True, False])
        result += [
            {"stage": name, "reason": r["why"], "clips": r["clips"], "hours": r["hours"]}
            for r in of_stage.iter_rows(named=True)
        ]
    if result[-1]["stage"] != "kept":
        result.append({"stage": "kept", "reason": None, "clips": 0, "hours": 0.0})
    if sum(r["clips"] for r in result if r["stage"] not in ("all", "split")) != len(rows):
        raise AssertionError(f"The funnel's parts do not add up to {len(rows)} clips: {result}")
    return result


def counts(rows: pl.DataFrame) -> dict[str, Any]:
    """Clips and hours per split, and kept training clips per label."""
    by_split = rows.group_by("split").agg(
        pl.len().alias("clips"), ((pl.col("end") - pl.col("start")).sum() / 3600).alias("hours")
    )
    train = rows.filter(pl.col("split") == "train")
    return {
        **{
            split: {"clips": clips, "hours": hours, "groups": rows.filter(split=split)["group"].n_unique()}
            for split, clips, hours in by_split.sort("split").iter_rows()
        },
        "train_per_label": {str(label): n for label, n in train["label"].value_counts().sort("label").iter_rows()},
    }


def retentions(rows: pl.DataFrame) -> dict[str, dict[str, list[int]]]:
    """Per column, and for each of its values among training clips, [kept, all]: by label, group and every by column.

    A clip that was split is kept where a part is. Only rows that the filter was given count: those outside a train
    share are not of its making. A column of more than MOST_VALUES values tells nobody apart and is left out, so that a
    card stays small.
    """
    given = rows.filter(pl.col("reason").ne_missing(OUTSIDE), split="train")
    known = {"label": "label", "group": "group"} | {name.removeprefix(BY): name for name in by_columns(rows)}
    columns = {name: column for name, column in known.items() if rows[column].n_unique() <= MOST_VALUES}
    judged = parents(given.select("parent_id", "reason", *columns.values()))
    return {name: _retention(judged, column) for name, column in columns.items()}


def _retention(clips: pl.DataFrame, column: str) -> dict[str, list[int]]:
    table = clips.group_by(column).agg(pl.col("reason").is_null().sum().alias("kept"), pl.len().alias("all"))
    known = table.filter(pl.col(column).is_not_null()).sort(column)
    return {str(name): [kept, whole] for name, kept, whole in known.iter_rows()}


def histograms(rows: pl.DataFrame, signals: SignalTable) -> dict[str, dict[str, list[float]]]:
    """Per signal the bin edges and how many kept and rejected training clips lie in each bin."""
    train = parents(rows.filter(pl.col("split") == "train"))
    kept = train["reason"].is_null().to_numpy()
    values = signals.values(train["clip_id"], sorted(signals.names))
    found = {column.name: _histogram(column, kept) for column in values.iter_columns()}
    return {name: histogram for name, histogram in found.items() if histogram is not None}


def _histogram(values: pl.Series, kept: NDArray[np.bool_]) -> dict[str, list[float]] | None:
    """Counts of kept and of rejected clips in even bins; None where no clip has a value."""
    there = values.is_not_null().to_numpy()
    if not there.any():
        return None
    data = values.drop_nulls().to_numpy()
    low, high = _span(data)
    bins = np.clip(((data - low) * (_BINS / (high - low))).astype(np.int64), 0, _BINS - 1)
    counts = np.bincount(bins + _BINS * kept[there], minlength=2 * _BINS)
    edges = np.histogram_bin_edges(data, bins=_BINS, range=(low, high))
    return {"edges": edges.tolist(), "kept": counts[_BINS:].tolist(), "rejected": counts[:_BINS].tolist()}


def _span(data: NDArray[np.float64]) -> tuple[float, float]:
    """The range of a histogram: that of the data, or one unit around values that differ in their last digits alone."""
    low, high = float(data.min()), float(data.max())
    alike = high - low <= 1e-9 * max(1.0, abs(low), abs(high))
    return (low - 0.5, high + 0.5) if alike else (low, high)
