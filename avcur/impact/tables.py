"""Scores and effects of all arms on one test set."""

from __future__ import annotations

import math
from collections.abc import Mapping

from avcur.impact.arms import Arm, Arms, Treatment
from avcur.impact.collect import Run
from avcur.impact.effect import Effect, effect, mean_interval
from avcur.impact.power import runs_to_detect
from avcur.impact.scores import Sample, sample
from avcur.impact.share import Share, share_recovered
from avcur.impact.study import ArmScore, Row, Table
from avcur.metrics.primary import LOWER_IS_BETTER
from avcur.metrics.ranking import Floats


def table_of(
    name: str, metric: str, arms: Arms, scored: Mapping[Run, tuple[float, Floats, int]], detect: float
) -> Table:
    """The table of the test set `name` from each run's score, resamples and number of groups."""
    samples = {id(arm): sample(arm.runs, scored) for arm in arms.all()}
    raw = samples[id(arms.raw)] if arms.raw else None
    oracle = samples[id(arms.oracle)] if arms.oracle else None
    rows = [_row(treatment, samples, raw, oracle, metric, detect) for treatment in arms.treatments]
    scores = tuple(_arm_score(arm, samples[id(arm)], metric) for arm in arms.all())
    groups = next(iter(scored.values()))[2]
    return Table(name, metric, groups, scores, tuple(rows))


def _row(
    treatment: Treatment, samples: Mapping[int, Sample], raw: Sample | None, oracle: Sample | None,
    metric: str, detect: float,
) -> Row:  # fmt: skip
    arm, control, clean = treatment.arm, treatment.control, treatment.clean
    own = samples[id(arm)]
    vs_control = effect(own, samples[id(control)]) if control else None
    vs_raw = effect(own, raw) if raw else None
    share = _share(own, oracle, raw, vs_raw, metric in LOWER_IS_BETTER) if arm.role != "oracle" else None
    needed = runs_to_detect(vs_control, detect) if vs_control else None
    return Row(
        arm.role, arm.label, arm.variant_id, arm.arm_id, vs_control, vs_raw, share, None, _residual(control),
        vs_clean=effect(own, samples[id(clean)]) if clean else None, residual_clean=_residual(clean),
        val=_val(arm, metric), runs_to_detect=needed.runs if needed else None,
        note_to_detect=needed.note if needed else "no controls",
    )  # fmt: skip


def _share(own: Sample, oracle: Sample | None, raw: Sample | None, gained: Effect | None, lower: bool) -> Share:
    if oracle is None or raw is None or gained is None:
        return Share(None, None, None, "needs raw runs and one oracle arm")
    return share_recovered(own, oracle, raw, gained, effect(oracle, raw), lower)


def _arm_score(arm: Arm, scores: Sample, metric: str) -> ArmScore:
    values = scores.values
    low, high = mean_interval(scores) or (None, None)
    return ArmScore(
        arm.role, arm.label, arm.variant_id, arm.arm_id, arm.seeds, tuple(values.tolist()), float(values.mean()),
        float(values.std(ddof=1)) if len(values) > 1 else None, _mean_cost(arm, "kept_clips"),
        _mean_cost(arm, "kept_hours"), tuple(sorted({name for run in arm.runs for name in run.emptied_classes})),
        _val(arm, metric), _mean_cost(arm, "wall"), low, high,
    )  # fmt: skip


def _val(arm: Arm, metric: str) -> float | None:
    """The mean validation score of an arm's runs; None where one of them has none."""
    found = [run.metrics.get(f"val/{metric}") for run in arm.runs]
    values = [value for value in found if value is not None and math.isfinite(value)]
    return math.fsum(values) / len(values) if len(values) == len(arm.runs) else None


def _mean_cost(arm: Arm, name: str) -> float | None:
    known = [float(run.cost[name]) for run in arm.runs if run.cost.get(name) is not None]
    return math.fsum(known) / len(known) if known else None


def _residual(drawn: Arm | None) -> dict[str, tuple[float, float]]:
    """What the draws could not match, by name: lowest and highest over the draws."""
    residuals = [run.control.residual for run in drawn.runs if run.control] if drawn else []
    names = sorted({name for residual in residuals for name in residual})
    values = {name: [float(r[name]) for r in residuals if r.get(name) is not None] for name in names}
    return {name: (min(found), max(found)) for name, found in values.items() if found}
