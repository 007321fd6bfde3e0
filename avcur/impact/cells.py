"""The test items of each value of the columns that say who an item shows, and the scores of runs on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from avcur.impact.collect import Run
from avcur.impact.scores import group_index, read_predictions, score_array
from avcur.metrics.intervals import draws
from avcur.metrics.primary import BY_GROUP
from avcur.metrics.ranking import Floats, Ints
from avcur.variants.removed import is_shared
from avcur.variants.strata import BY, by_columns

RESAMPLES = 200
_SHARES = frozenset({"accuracy", "top5_accuracy", "within_1", "within_3"})
"""Metrics that are a share of items, and so are defined on one class alone."""


@dataclass(frozen=True)
class Cell:
    """The test items of one value of a column: rows (n,) of the test set, groups (n,) or (n, 2) as 0..num_groups-1.

    `metric` is None where none says anything of them, and `note` why.
    """

    rows: Ints
    group: Ints
    num_groups: int
    metric: str | None
    note: str


def described_items(runs: Sequence[Run]) -> pl.DataFrame | None:
    """The test items with their columns, by the first run that knows any: all runs have the same items."""
    for run in runs:
        if any(name.startswith(BY) for name in pl.read_parquet_schema(run.predictions)):
            return read_predictions(run, (BY, "clip_id"))
    return None


def sizes(items: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Column -> value -> its number of test items, of the columns that tell groups of clips apart."""
    found = {}
    clip = pl.col("clip_id" if "clip_id" in items.columns else "item_id")
    for name in by_columns(items):
        values = items.select(pl.col(name).cast(pl.String).alias("value"), clip.alias("clip")).drop_nulls("value")
        counts = values.group_by("value").agg(pl.len().alias("items"), pl.col("clip").n_unique().alias("clips"))
        column = name.removeprefix(BY)
        if is_shared(column, len(counts), sum(counts["clips"].to_list())):
            found[column] = dict(counts.sort("value").select("value", "items").iter_rows())
    return found


def cells(
    items: pl.DataFrame, wanted: Mapping[str, Collection[str]], task: str, metric: str
) -> dict[tuple[str, str], Cell]:
    """(column, value) -> its test items, of the `wanted` values of each column."""
    target, (groups, _) = items["target"].to_numpy(), group_index(items)
    found = {}
    for column, names in wanted.items():
        values = items[BY + column].cast(pl.String)
        for name in names:
            rows = np.flatnonzero((values == name).fill_null(False).to_numpy())
            found[column, name] = _cell(rows, groups[rows], target[rows], task, metric)
    return found


def score_cells(
    runs: Sequence[Run], found: Mapping[tuple[str, str], Cell], seed: int
) -> dict[tuple[bytes, Run], tuple[float, Floats]]:
    """(rows of a cell, run) -> its score there, and on resamples of the cell's groups; cells of equal rows once."""
    unique = {cell.rows.tobytes(): cell for cell in found.values() if cell.metric is not None}
    weights = {n: draws(n, RESAMPLES, seed) for n in {cell.num_groups for cell in unique.values()}}
    scored = {}
    for run in runs if unique else ():
        table = read_predictions(run)
        target, scores = table["target"].to_numpy(), score_array(table)
        for key, cell in unique.items():
            of_weights = BY_GROUP[run.task, str(cell.metric)](target[cell.rows], scores[cell.rows], cell.group)
            value = float(of_weights(np.ones((1, cell.num_groups)))[0])
            drawn = of_weights(weights[cell.num_groups]) if cell.num_groups > 1 else np.full(RESAMPLES, value)
            scored[key, run] = (value, drawn)
    return scored


def _cell(rows: Ints, groups: Ints, target: Ints, task: str, metric: str) -> Cell:
    own, index = np.unique(groups, return_inverse=True)
    chosen, note = _metric_on(target, task, metric)
    return Cell(rows, index.reshape(groups.shape), len(own), chosen, note)


def _metric_on(target: Ints, task: str, metric: str) -> tuple[str | None, str]:
    """What to measure on some items: the study's metric, or the share right where they are of one class."""
    if len(np.unique(target)) > 1 or metric in _SHARES:
        return metric, ""
    if (task, "accuracy") in BY_GROUP:
        return "accuracy", "one class alone: the share of it that is right"
    return None, f"its test items are all of one kind, of which {metric} says nothing"
