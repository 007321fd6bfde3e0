"""From run results to what a study found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from avcur.errors import check_number
from avcur.impact.arms import Arms, sort_arms
from avcur.impact.choice import chosen_on_validation
from avcur.impact.collect import Key, Run, collect
from avcur.impact.curves import curves
from avcur.impact.holm import holm
from avcur.impact.scores import items_key, score_runs
from avcur.impact.strata import strata
from avcur.impact.study import Comparison, Study, Table
from avcur.impact.tables import table_of


def compare_study(
    study_dir: Path, *, primary_budget: str = "steps", num_resamples: int = 1000, seed: int = 0, detect: float = 0.05
) -> Study:
    """Read the runs below `study_dir` and compare every curated and oracle arm with its controls and with raw.

    `primary_budget` is the kind of budget whose tests are corrected together by Holm; a model trained under
    other kinds only counts with its own. `detect` is the effect for which the number of control draws is worked out.
    """
    check_number("--detect", detect, least=0.001, most=1)
    found = collect(study_dir)
    primary = _primary_keys(found, primary_budget)
    comparisons = [
        _compare(key, members, key in primary, num_resamples, seed, detect) for key, members in found.items()
    ]
    comparisons, num_tests = _corrected(comparisons)
    runs = [run for members in found.values() for run in members]
    return Study(
        name=runs[0].study, num_runs=len(runs), num_resamples=num_resamples, num_tests=num_tests,
        devices=tuple(sorted({run.device for run in runs})),
        code_versions=tuple(sorted({run.code_version for run in runs})), comparisons=tuple(comparisons),
        detect=detect, curves=curves(comparisons),
    )  # fmt: skip


def _primary_keys(keys: Mapping[Key, Any], kind: str) -> set[Key]:
    """Per task, model and condition one budget: the wanted kind if it was run, and of several values the largest."""
    best: dict[tuple[Any, ...], Key] = {}
    for key in keys:
        place = (key.task, key.model, key.condition)
        held = best.get(place)
        if held is None or (key.budget[0] == kind, key.budget[1]) > (held.budget[0] == kind, held.budget[1]):
            best[place] = key
    return set(best.values())


def _compare(key: Key, runs: Sequence[Run], primary: bool, num_resamples: int, seed: int, detect: float) -> Comparison:
    arms = sort_arms(runs)
    scored = score_runs(runs, num_resamples, seed)
    metric = runs[0].primary_metric.removeprefix("test/")
    tables = [table_of(name, metric, arms, values, detect) for name, values in scored.items()]
    missing = list(arms.missing)
    if "test" not in scored:
        missing.append(f"test/{metric} is undefined on this test set (no positives), hence no effect")
    return Comparison(
        key.task, key.model, key.budget, primary, runs[0].recipe, tuple(tables), tuple(missing),
        cards={treatment.arm.label: treatment.arm.runs[0].card for treatment in arms.treatments},
        condition=dict(key.condition), folders=_folders(arms), items_key=items_key(runs[0]),
        strata=strata(arms, metric, seed) if "test" in scored else (),
        chosen=chosen_on_validation(next((table for table in tables if table.name == "test"), None)),
    )  # fmt: skip


def _folders(arms: Arms) -> dict[str, str]:
    """Where each filter's variant lies; of a train share, of which every seed draws its own part, that of the first."""
    named = {treatment.arm.label: treatment.arm.runs[0].variant_directory for treatment in arms.treatments}
    return {label: folder for label, folder in named.items() if folder}


def _corrected(comparisons: Sequence[Comparison]) -> tuple[list[Comparison], int]:
    """Fill in Holm's p-values over all tests against controls, on the test set, under the primary budgets."""
    family = [
        row
        for comparison in comparisons if comparison.primary
        for table in comparison.tables if table.name == "test"
        for row in table.rows if row.vs_control and row.vs_control.p is not None
    ]  # fmt: skip
    raw_p = [row.vs_control.p for row in family if row.vs_control and row.vs_control.p is not None]
    adjusted = {id(row): p for row, p in zip(family, holm(raw_p), strict=True)}

    def filled(table: Table) -> Table:
        return replace(table, rows=tuple(replace(row, p_holm=adjusted.get(id(row))) for row in table.rows))

    return [replace(c, tables=tuple(filled(t) for t in c.tables)) for c in comparisons], len(family)
