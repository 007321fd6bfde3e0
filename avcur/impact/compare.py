"""From run results to the table of effects of a study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from avcur.impact.arms import Arm, Arms, Treatment, sort_arms
from avcur.impact.collect import Key, Run, collect
from avcur.impact.effect import Effect, effect
from avcur.impact.holm import holm
from avcur.impact.scores import Sample, sample, score_runs
from avcur.impact.share import Share, share_recovered
from avcur.impact.study import ArmScore, Comparison, Row, Study, Table
from avcur.metrics.primary import LOWER_IS_BETTER
from avcur.metrics.ranking import Floats


def compare_study(study_dir: Path, *, primary_budget: str = "steps", num_resamples: int = 1000, seed: int = 0) -> Study:
    """Read the runs below `study_dir` and compare every curated and oracle arm with its control and with raw.

    `primary_budget` is the kind of budget whose tests are corrected together by Holm; a model trained under
    other kinds only counts with its own.
    """
    found = collect(study_dir)
    primary = _primary_keys(found, primary_budget)
    comparisons = [_compare(key, runs, key in primary, num_resamples, seed) for key, runs in found.items()]
    comparisons, num_tests = _corrected(comparisons)
    runs = [run for members in found.values() for run in members]
    return Study(
        name=runs[0].study, num_runs=len(runs), num_resamples=num_resamples, num_tests=num_tests,
        devices=tuple(sorted({run.device for run in runs})),
        code_versions=tuple(sorted({run.code_version for run in runs})), comparisons=tuple(comparisons),
    )  # fmt: skip


def _primary_keys(keys: Mapping[Key, Any], kind: str) -> set[Key]:
    """Per task and model one budget: the wanted kind if it was run, and of several values the largest."""
    best: dict[tuple[str, str], Key] = {}
    for key in keys:
        task, model, budget = key
        rank = (budget[0] == kind, budget[1])
        held = best.get((task, model))
        if held is None or rank > (held[2][0] == kind, held[2][1]):
            best[task, model] = key
    return set(best.values())


def _compare(key: Key, runs: Sequence[Run], primary: bool, num_resamples: int, seed: int) -> Comparison:
    task, model, budget = key
    arms = sort_arms(runs)
    scored = score_runs(runs, num_resamples, seed)
    metric = runs[0].primary_metric.removeprefix("test/")
    tables = [_table(name, metric, arms, values) for name, values in scored.items()]
    cards = {treatment.arm.label: treatment.arm.runs[0].card for treatment in arms.treatments}
    missing = list(arms.missing)
    if "test" not in scored:
        missing.append(f"test/{metric} is undefined on this test set (no positives), hence no effect")
    return Comparison(task, model, budget, primary, runs[0].recipe, tuple(tables), tuple(missing), cards, {})


def _table(name: str, metric: str, arms: Arms, scored: Mapping[Run, tuple[float, Floats, int]]) -> Table:
    samples = {id(arm): sample(arm.runs, scored) for arm in arms.all()}
    raw = samples[id(arms.raw)] if arms.raw else None
    oracle = samples[id(arms.oracle)] if arms.oracle else None
    lower = metric in LOWER_IS_BETTER
    rows = [_row(treatment, samples, raw, oracle, lower) for treatment in arms.treatments]
    scores = tuple(_arm_score(arm, samples[id(arm)]) for arm in arms.all())
    groups = next(iter(scored.values()))[2]
    return Table(name, metric, groups, scores, tuple(rows))


def _row(
    treatment: Treatment, samples: Mapping[int, Sample], raw: Sample | None, oracle: Sample | None, lower: bool
) -> Row:
    arm, control = treatment.arm, treatment.control
    own = samples[id(arm)]
    vs_control = effect(own, samples[id(control)]) if control else None
    vs_raw = effect(own, raw) if raw else None
    share = None
    if arm.role != "oracle":
        share = _share(own, oracle, raw, vs_raw, lower)
    residual = _residual(control) if control else {}
    return Row(arm.role, arm.label, arm.variant_id, vs_control, vs_raw, share, None, residual)


def _share(own: Sample, oracle: Sample | None, raw: Sample | None, gained: Effect | None, lower: bool) -> Share:
    if oracle is None or raw is None or gained is None:
        return Share(None, None, None, "needs raw runs and one oracle arm")
    return share_recovered(own, oracle, raw, gained, effect(oracle, raw), lower)


def _arm_score(arm: Arm, scores: Sample) -> ArmScore:
    values = scores.values
    return ArmScore(
        arm.role, arm.label, arm.variant_id, arm.seeds, tuple(values.tolist()), float(values.mean()),
        float(values.std(ddof=1)) if len(values) > 1 else None, _mean_cost(arm, "kept_clips"),
        _mean_cost(arm, "kept_hours"), tuple(sorted({name for run in arm.runs for name in run.emptied_classes})),
    )  # fmt: skip


def _mean_cost(arm: Arm, name: str) -> float | None:
    known = [float(run.cost[name]) for run in arm.runs if run.cost.get(name) is not None]
    return math.fsum(known) / len(known) if known else None


def _residual(control: Arm) -> dict[str, tuple[float, float]]:
    residuals = [run.control.residual for run in control.runs if run.control]
    names = sorted({name for residual in residuals for name in residual})
    values = {name: [float(r[name]) for r in residuals if r.get(name) is not None] for name in names}
    return {name: (min(found), max(found)) for name, found in values.items() if found}


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
