"""Names of a study's parts in W&B: keys of its charts, and cells of its tables."""

from __future__ import annotations

from collections.abc import Iterator

from avcur.impact.study import Comparison, Condition, Curve, Study, Table


def tested(study: Study) -> Iterator[tuple[Comparison, Table]]:
    """Every table of every comparison."""
    return ((comparison, table) for comparison in study.comparisons for table in comparison.tables)


def comparison_key(comparison: Comparison) -> str:
    """`<task>/<model>/<budget>`, and the condition where there is one."""
    return "/".join((comparison.task, comparison.model, budget_name(comparison.budget), *given(comparison.condition)))


def curve_key(curve: Curve) -> str:
    """`<kind>/<what varies>/<task>/<model>/<budget>`, and the condition where there is one."""
    where = (curve.kind, curve.x_name, curve.task, curve.model, budget_name(curve.budget))
    return "/".join((*where, *given(curve.condition)))


def budget_name(budget: tuple[str, float]) -> str:
    """`60 steps`."""
    return f"{budget[1]:g} {budget[0]}"


def given(condition: Condition) -> list[str]:
    """`["defect=noise", "rate=0.4"]`, sorted."""
    return [f"{name}={value}" for name, value in sorted(condition.items())]
