"""Who was removed: what a filter took of each value of a column, and its effect on the test items of that value.

Exploratory: so many looks are outside of Holm's family, and some of them leave out zero by chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from avcur.impact.arms import Arms, Treatment
from avcur.impact.collect import Run
from avcur.impact.effect import Effect, effect
from avcur.impact.scores import Sample, group_index, read_predictions, score_array
from avcur.impact.study import Stratum
from avcur.metrics.intervals import draws
from avcur.metrics.primary import BY_GROUP
from avcur.metrics.ranking import Floats, Ints

BY = "by:"
"""Prefix of the columns of predictions that say who an item shows."""
MOST = 30
"""Values of a column, by size; the smaller ones are counted together."""
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


def strata(arms: Arms, metric: str, seed: int) -> tuple[Stratum, ...]:
    """One stratum per curated arm and value of every column of the test items and of the cards' retention."""
    treatments = [treatment for treatment in arms.treatments if treatment.arm.role == "curated"]
    if not treatments:
        return ()
    runs = _needed(treatments)
    cells = _cells(runs, metric)
    scores = _scores(runs, cells, seed)
    return tuple(
        stratum
        for treatment in treatments
        for column in sorted({column for column, _ in cells} | _judged(treatment).keys())
        for stratum in _of_column(treatment, column, cells, scores, metric)
    )


def _needed(treatments: Sequence[Treatment]) -> list[Run]:
    arms = (arm for treatment in treatments for arm in (treatment.arm, treatment.control) if arm)
    return list(dict.fromkeys(run for arm in arms for run in arm.runs))


def _judged(treatment: Treatment) -> dict[str, Mapping[str, Sequence[int]]]:
    """Column -> value -> [kept, all] of the card, without the many groups that exist for the split alone."""
    retention = treatment.arm.runs[0].card.get("retention") or {}
    return {str(column): values for column, values in retention.items() if column != "group" and values}


def _cells(runs: Sequence[Run], metric: str) -> dict[tuple[str, str], Cell]:
    """(column, value) -> its test items, by the first run that knows such columns: all runs have the same items."""
    known = next((run for run in runs if _columns(pl.read_parquet_schema(run.predictions))), None)
    if known is None:
        return {}
    items = read_predictions(known, BY)
    target, (groups, _) = items["target"].to_numpy(), group_index(items)
    found = {}
    for name in _columns(items.columns):
        values = items[name].cast(pl.String)
        for value in values.drop_nulls().unique().sort():
            rows = np.flatnonzero((values == value).fill_null(False).to_numpy())
            found[name.removeprefix(BY), str(value)] = _cell(rows, groups[rows], target[rows], runs[0].task, metric)
    return found


def _columns(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(BY)]


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


def _scores(
    runs: Sequence[Run], cells: Mapping[tuple[str, str], Cell], seed: int
) -> dict[tuple[bytes, Run], tuple[float, Floats]]:
    """(rows of a cell, run) -> its score there, and on resamples of the cell's groups; cells of equal rows once."""
    unique = {cell.rows.tobytes(): cell for cell in cells.values() if cell.metric is not None}
    weights = {n: draws(n, RESAMPLES, seed) for n in {cell.num_groups for cell in unique.values()}}
    found = {}
    for run in runs if unique else ():
        table = read_predictions(run)
        target, scores = table["target"].to_numpy(), score_array(table)
        for key, cell in unique.items():
            of_weights = BY_GROUP[run.task, str(cell.metric)](target[cell.rows], scores[cell.rows], cell.group)
            value = float(of_weights(np.ones((1, cell.num_groups)))[0])
            drawn = of_weights(weights[cell.num_groups]) if cell.num_groups > 1 else np.full(RESAMPLES, value)
            found[key, run] = (value, drawn)
    return found


def _of_column(
    treatment: Treatment, column: str, cells: Mapping[tuple[str, str], Cell],
    scores: Mapping[tuple[bytes, Run], tuple[float, Floats]], metric: str,
) -> list[Stratum]:  # fmt: skip
    judged = _judged(treatment).get(column, {})
    tested = {value: cell for (name, value), cell in cells.items() if name == column}
    values = _by_size(judged, tested)
    found = [
        _stratum(treatment, column, value, judged.get(value), tested.get(value), scores, metric)
        for value in values[:MOST]
    ]
    if rest := values[MOST:]:
        found.append(_others(treatment, column, rest, judged, tested, metric))
    return found


def _by_size(judged: Mapping[str, Sequence[int]], tested: Mapping[str, Cell]) -> list[str]:
    """The values of a column, that of the largest share of training clips and test items first."""
    clips = sum(counts[1] for counts in judged.values()) or 1
    items = sum(len(cell.rows) for cell in tested.values()) or 1

    def size(value: str) -> float:
        own = tested.get(value)
        return judged.get(value, (0, 0))[1] / clips + (len(own.rows) / items if own else 0.0)

    return sorted({*judged, *tested}, key=lambda value: (-size(value), value))


def _stratum(
    treatment: Treatment, column: str, value: str, counts: Sequence[int] | None, cell: Cell | None,
    scores: Mapping[tuple[bytes, Run], tuple[float, Floats]], metric: str,
) -> Stratum:  # fmt: skip
    kept, whole = counts or (None, None)
    arm = treatment.arm
    if cell is None:
        note = "no test items of it are known"
        return Stratum(column, value, arm.label, arm.arm_id, arm.role, kept, whole, 0, 0, metric, None, note)
    found, note = _effect(treatment, cell, scores)
    return Stratum(
        column, value, arm.label, arm.arm_id, arm.role, kept, whole, len(cell.rows), cell.num_groups,
        cell.metric or metric, found, note,
    )  # fmt: skip


def _effect(
    treatment: Treatment, cell: Cell, scores: Mapping[tuple[bytes, Run], tuple[float, Floats]]
) -> tuple[Effect | None, str]:
    if cell.metric is None:
        return None, cell.note
    if treatment.control is None:
        return None, "no controls"
    key = cell.rows.tobytes()
    own, reference = (
        _sample([scores[key, run] for run in arm.runs], cell.num_groups) for arm in (treatment.arm, treatment.control)
    )
    if own is None or reference is None:
        return None, f"{cell.metric} is undefined on its test items"
    return effect(own, reference), cell.note


def _sample(found: Sequence[tuple[float, Floats]], num_groups: int) -> Sample | None:
    """The runs of an arm on a cell; as of one group (no interval) where hardly a resample defines the metric."""
    values, drawn = np.array([value for value, _ in found]), np.stack([resampled for _, resampled in found])
    if not np.isfinite(values).all():
        return None
    defined = int(np.isfinite(drawn).all(axis=0).sum())
    return Sample(values, drawn, num_groups if defined > RESAMPLES // 2 else 1)


def _others(
    treatment: Treatment, column: str, values: Iterable[str], judged: Mapping[str, Sequence[int]],
    tested: Mapping[str, Cell], metric: str,
) -> Stratum:  # fmt: skip
    """All smaller values together: counted, without an effect."""
    names = list(values)
    counts = [judged[name] for name in names if name in judged]
    kept, whole = (math.fsum(pair[i] for pair in counts) for i in (0, 1)) if counts else (None, None)
    items = sum(len(tested[name].rows) for name in names if name in tested)
    note = f"{len(names)} smaller values, counted together"
    return Stratum(
        column, f"({len(names)} others)", treatment.arm.label, treatment.arm.arm_id, treatment.arm.role,
        None if kept is None else int(kept), None if whole is None else int(whole), items, 0, metric, None, note,
    )  # fmt: skip
