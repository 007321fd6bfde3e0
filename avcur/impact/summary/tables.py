"""A study's tables in W&B, as lines of plain cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from avcur.impact.effect import Effect
from avcur.impact.sentences import is_told
from avcur.impact.study import Comparison, Row, Study, Table
from avcur.impact.summary.keys import budget_name, curve_key, given, tested

Cell = str | float | int | bool | None
Line = dict[str, Cell]


def effect_lines(study: Study) -> Iterator[Line]:
    """One line per comparison, test set, arm and contrast (control, raw, clean) that there is an effect of."""
    for comparison, table in tested(study):
        for row in table.rows:
            for contrast, effect in _contrasts(row):
                own = contrast == "control"
                yield {
                    **_place(comparison, table), "role": row.role, "arm": row.label, "arm_id": row.arm_id,
                    "variant_id": row.variant_id, "against": contrast, **_numbers(effect),
                    "p_holm": row.p_holm if own else None, "told": is_told(row) if own else effect.clear,
                    "runs_to_detect": row.runs_to_detect if own else None, "val": row.val, "note": effect.note or "",
                }  # fmt: skip


def arm_lines(study: Study) -> Iterator[Line]:
    """One line per comparison, test set and arm: its scores and what it cost."""
    for comparison, table in tested(study):
        for arm in table.arms:
            yield {
                **_place(comparison, table), "role": arm.role, "arm": arm.label, "arm_id": arm.arm_id,
                "variant_id": arm.variant_id, "runs": len(arm.values), "mean": arm.mean, "sd": arm.sd,
                "low": arm.low, "high": arm.high, "val": arm.val, "kept_clips": arm.kept_clips,
                "kept_hours": arm.kept_hours, "wall": arm.wall,
            }  # fmt: skip


def curve_lines(study: Study) -> Iterator[Line]:
    """One line per point of a curve; `what` is score, or effect against controls."""
    for curve in study.curves:
        for what, series in (("score", curve.series), ("effect", curve.effects)):
            for one in series:
                for point in one.points:
                    yield {
                        "curve": curve_key(curve), "kind": curve.kind, "task": curve.task, "model": curve.model,
                        "budget": budget_name(curve.budget), "condition": ", ".join(given(curve.condition)),
                        "metric": curve.metric, "what": what, "arm": one.name, "role": one.role, "x_name": curve.x_name,
                        "x": point.x, "value": point.value, "low": point.low, "high": point.high, "hours": point.hours,
                    }  # fmt: skip


def _contrasts(row: Row) -> list[tuple[str, Effect]]:
    every = (("control", row.vs_control), ("raw", row.vs_raw), ("clean", row.vs_clean))
    return [(name, effect) for name, effect in every if effect is not None]


def _numbers(effect: Effect) -> Mapping[str, Cell]:
    names = ("estimate", "low", "high", "standard_error", "df", "p", "mde", "indicative")
    return {name: getattr(effect, name) for name in names}


def _place(comparison: Comparison, table: Table) -> Line:
    return {
        "task": comparison.task, "model": comparison.model, "budget": budget_name(comparison.budget),
        "condition": ", ".join(given(comparison.condition)), "primary": comparison.primary, "test": table.name,
        "metric": table.metric, "test_groups": table.num_groups,
    }  # fmt: skip
