"""A run's score on the test set and on many resamples of its groups, recomputed from the predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from avcur.errors import UserError
from avcur.impact.collect import Run
from avcur.metrics.intervals import draws
from avcur.metrics.primary import BY_GROUP
from avcur.metrics.ranking import Floats, Ints
from avcur.store.keys import digest

SETS = ("test", "test_clean")
GROUPS = ("group", "other_group")
"""The groups of an item; the second where it is a trial of two clips."""
_AGREES = 1e-4
"""Most by which a recorded metric may differ from its predictions: one part in a test set of 10,000 items."""


@dataclass(frozen=True)
class Sample:
    """The scores of some runs on one test set: `values` (n,) and `resampled` (n, R) over resampled groups."""

    values: Floats
    resampled: Floats
    num_groups: int


@dataclass(frozen=True)
class TestSet:
    """The items that every run of a comparison must have scored, sorted by item; groups (N,) as indices 0..G-1.

    Trials of two clips have the groups of both (N, 2).
    """

    __test__ = False  # not a test case of pytest

    items: pl.DataFrame
    group: Ints
    num_groups: int


def score_runs(runs: Sequence[Run], num_resamples: int, seed: int) -> dict[str, dict[Run, tuple[float, Floats, int]]]:
    """For each test set in SETS and each run: its score, its score on each resample (R,), the number of groups.

    All runs see the same resamples. A set is absent where its metric is undefined or it equals the first.
    UserError where runs were tested on different items, or a recorded metric is not that of the predictions.
    """
    scored: dict[str, dict[Run, tuple[float, Floats, int]]] = {name: {} for name in SETS}
    reference: TestSet | None = None
    weights = np.empty((0, 0))
    for run in runs:
        table = read_predictions(run)
        if reference is None:
            reference = TestSet(table.drop("scores"), *group_index(table))
            weights = draws(reference.num_groups, num_resamples, seed)
        _same_items(table, reference, run, runs[0])
        for name, value in _score(run, table, reference, weights).items():
            scored[name][run] = value
    return {name: values for name, values in scored.items() if len(values) == len(runs)}


def sample(runs: Sequence[Run], scored: Mapping[Run, tuple[float, Floats, int]]) -> Sample:
    """The scores of an arm's runs as arrays."""
    values, resampled, groups = zip(*(scored[run] for run in runs), strict=True)
    return Sample(np.array(values), np.stack(resampled), groups[0])


def read_predictions(run: Run, others: str | tuple[str, ...] = ()) -> pl.DataFrame:
    """The predictions of a run by item, with what every test set has; with columns that begin as `others` do too."""
    columns = ["item_id", *GROUPS, "target", "scores", "clean"]
    try:
        found = pl.read_parquet_schema(run.predictions)
        names = [name for name in columns if name in found]
        names += [name for name in found if name.startswith(others)]
        return pl.read_parquet(run.predictions, columns=names).select(names).sort("item_id")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{run.predictions} cannot be read ({str(error).splitlines()[0]}); train it again") from error


def items_key(run: Run) -> str:
    """A key of the ids of the items that a run was tested on, whatever their order."""
    return digest(read_predictions(run)["item_id"].to_list())


def score_array(table: pl.DataFrame) -> Floats:
    """The scores (N, C) of predictions."""
    scores: Floats = table["scores"].explode().to_numpy().reshape(len(table), -1)
    return scores


def group_index(table: pl.DataFrame) -> tuple[Ints, int]:
    """The groups of items as indices 0..G-1, (N,) or of trials (N, 2), and G."""
    sides = [table[name] for name in GROUPS if name in table.columns]
    names = pl.concat([side.rename("group") for side in sides]).unique().sort()
    indices = [side.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64) for side in sides]
    return (indices[0] if len(indices) == 1 else np.stack(indices, axis=1)), len(names)


def _same_items(table: pl.DataFrame, reference: TestSet, run: Run, first: Run) -> None:
    if not len(table):
        raise UserError(f"{run.predictions} has no rows; train that run again")
    if not table.drop("scores").equals(reference.items):
        raise UserError(
            f"{run.path.parent} was tested on other items, groups or labels than {first.path.parent}; "
            "runs of one study share their test set: train the outdated ones again"
        )


def _score(run: Run, table: pl.DataFrame, test: TestSet, weights: Floats) -> dict[str, tuple[float, Floats, int]]:
    metric = run.primary_metric.removeprefix("test/")
    if (run.task, metric) not in BY_GROUP:
        known = ", ".join("/".join(pair) for pair in BY_GROUP)
        raise UserError(f"{run.path}: no known metric {run.primary_metric!r} for task {run.task!r}; known: {known}")
    target = table["target"].to_numpy()
    scores = score_array(table)
    clean = table["clean"].to_numpy()
    found = {}
    for name, rows in zip(SETS, (np.full(len(table), True), clean), strict=True):
        if name == "test_clean" and clean.all():
            continue  # no planted defects: it is the test set once more
        weighted = BY_GROUP[run.task, metric](target[rows], scores[rows], test.group[rows])
        value = float(weighted(np.ones((1, test.num_groups)))[0])
        if math.isfinite(value):
            _agrees(run, f"{name}/{metric}", value)
            found[name] = (value, weighted(weights), len(np.unique(test.group[rows])))
    return found


def _agrees(run: Run, key: str, value: float) -> None:
    recorded = run.metrics.get(key)
    if recorded is not None and abs(recorded - value) > _AGREES:
        raise UserError(f"{run.path} records {key} = {recorded:.5f}, its predictions give {value:.5f}; train it again")
