"""Who was removed: what a filter took of each value of a column, and its effect on the test items of that value.

Exploratory: so many looks are outside of Holm's family, and some of them leave out zero by chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from avcur.impact.arms import Arms, Treatment
from avcur.impact.cells import RESAMPLES, Cell, cells, described_items, score_cells, sizes
from avcur.impact.collect import Run
from avcur.impact.effect import Effect, effect
from avcur.impact.findings import Stratum
from avcur.impact.scores import Sample
from avcur.metrics.ranking import Floats
from avcur.variants.removed import is_shared

MOST = 30
"""Values of a column, by size; the smaller ones are counted together."""
_Counts = Mapping[str, Mapping[str, Sequence[int]]]
"""column -> value -> [kept, all] training clips."""


@dataclass(frozen=True)
class _Scored:
    """The chosen values of the test items, and the score of every run on each of them."""

    metric: str
    sizes: Mapping[str, Mapping[str, int]]
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict)
    scores: Mapping[tuple[bytes, Run], tuple[float, Floats]] = field(default_factory=dict)


def strata(arms: Arms, metric: str, seed: int) -> tuple[Stratum, ...]:
    """One stratum per curated arm and value of every column of the test items and of the cards' retention.

    Of a column the MOST largest values, chosen before anything is scored.
    """
    treatments = [treatment for treatment in arms.treatments if treatment.arm.role == "curated"]
    if not treatments:
        return ()
    runs = _needed(treatments)
    items = described_items(runs)
    tested = {} if items is None else sizes(items)
    plans = [_plan(treatment, tested) for treatment in treatments]
    scored = _Scored(metric, tested)
    if items is not None:
        found = cells(items, _wanted(plans, tested), runs[0].task, metric)
        scored = _Scored(metric, tested, found, score_cells(runs, found, seed))
    return tuple(
        stratum
        for treatment, plan in zip(treatments, plans, strict=True)
        for column, values in plan.items()
        for stratum in _of_column(treatment, column, values, scored)
    )


def _needed(treatments: Sequence[Treatment]) -> list[Run]:
    arms = (arm for treatment in treatments for arm in (treatment.arm, treatment.control) if arm)
    return list(dict.fromkeys(run for arm in arms for run in arm.runs))


def _judged(treatment: Treatment) -> _Counts:
    """What the card counts, without the many groups that exist for the split alone."""
    retention = treatment.arm.runs[0].card.get("retention") or {}
    return {str(column): values for column, values in retention.items() if column != "group" and values}


def _plan(treatment: Treatment, tested: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """Column -> its values by size, of the columns that are no clip's alone, in training or on test."""
    judged = _judged(treatment)
    own = {c for c, values in judged.items() if not is_shared(c, len(values), sum(n for _, n in values.values()))}
    columns = sorted((judged.keys() | tested.keys()) - own)
    return {column: _by_size(judged.get(column, {}), tested.get(column, {})) for column in columns}


def _by_size(judged: Mapping[str, Sequence[int]], tested: Mapping[str, int]) -> list[str]:
    """The values of a column, that of the largest share of training clips and test items first."""
    clips = sum(counts[1] for counts in judged.values()) or 1
    items = sum(tested.values()) or 1

    def size(value: str) -> float:
        return judged.get(value, (0, 0))[1] / clips + tested.get(value, 0) / items

    return sorted({*judged, *tested}, key=lambda value: (-size(value), value))


def _wanted(plans: Sequence[Mapping[str, list[str]]], tested: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """The values to score: of every column the largest of each arm, as far as there are test items of them."""
    found: dict[str, dict[str, None]] = {}
    for plan in plans:
        for column, values in plan.items():
            known = [value for value in values[:MOST] if value in tested.get(column, {})]
            found.setdefault(column, {}).update(dict.fromkeys(known))
    return {column: list(values) for column, values in found.items() if values}


def _of_column(treatment: Treatment, column: str, values: list[str], scored: _Scored) -> list[Stratum]:
    judged = _judged(treatment).get(column, {})
    found = [_stratum(treatment, column, value, judged.get(value), scored) for value in values[:MOST]]
    rest = values[MOST:]
    return [*found, _others(treatment, column, rest, judged, scored)] if rest else found


def _stratum(
    treatment: Treatment, column: str, value: str, counts: Sequence[int] | None, scored: _Scored
) -> Stratum:  # fmt: skip
    kept, whole = counts or (None, None)
    arm, cell = treatment.arm, scored.cells.get((column, value))
    if cell is None:
        note = "no test items of it are known"
        return Stratum(
            column, value, arm.label, arm.arm_id, arm.role, kept, whole, 0, 0, scored.metric, None, note
        )  # fmt: skip
    found, note = _effect(treatment, cell, scored.scores)
    return Stratum(
        column, value, arm.label, arm.arm_id, arm.role, kept, whole, len(cell.rows), cell.num_groups,
        cell.metric or scored.metric, found, note,
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
    treatment: Treatment, column: str, names: list[str], judged: Mapping[str, Sequence[int]], scored: _Scored
) -> Stratum:  # fmt: skip
    """All smaller values together: counted, without an effect."""
    arm = treatment.arm
    counts = [judged[name] for name in names if name in judged]
    kept, whole = (math.fsum(pair[i] for pair in counts) for i in (0, 1)) if counts else (None, None)
    items = sum(scored.sizes.get(column, {}).get(name, 0) for name in names)
    note = f"{len(names)} smaller values, counted together"
    return Stratum(
        column, f"({len(names)} others)", arm.label, arm.arm_id, arm.role, None if kept is None else int(kept),
        None if whole is None else int(whole), items, 0, scored.metric, None, note,
    )  # fmt: skip
