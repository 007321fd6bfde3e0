"""A study's charts in W&B: intervals of effects, and curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avcur.impact.sentences import title
from avcur.impact.study import Comparison, Curve, Series, Study, Table
from avcur.impact.summary.keys import comparison_key, curve_key, tested


@dataclass(frozen=True)
class Chart:
    """A W&B line chart: one list of x and of y per name."""

    title: str
    x_name: str
    names: tuple[str, ...]
    xs: tuple[tuple[float, ...], ...]
    ys: tuple[tuple[float, ...], ...]


def charts(study: Study) -> dict[str, Chart]:
    """Charts by their key: `effect/...` an arm's interval as a bar at its own height; `score/...`, `gain/...`."""
    found = {}
    for comparison, table in tested(study):
        if chart := _intervals(comparison, table):
            found["/".join(("effect", comparison_key(comparison), table.name))] = chart
    for curve in study.curves:
        for kind, series in (("score", curve.series), ("gain", curve.effects)):
            if drawn := [one for one in series if one.points]:
                found[f"{kind}/{curve_key(curve)}"] = _lines(curve, drawn)
    return found


def _intervals(comparison: Comparison, table: Table) -> Chart | None:
    known = [(row.label, e) for row in table.rows if (e := row.vs_control) is not None]
    if not known:
        return None
    bars = [tuple(v for v in (e.low, e.estimate, e.high) if v is not None) for _, e in known]
    heights = [(float(place),) * len(bar) for place, bar in enumerate(bars, start=1)]
    name = f"{title(comparison)}: effect on {table.name}/{table.metric} against matched random sets"
    return Chart(name, "effect", tuple(label for label, _ in known), tuple(bars), tuple(heights))


def _lines(curve: Curve, series: Sequence[Series]) -> Chart:
    unit = f" ({curve.unit})" if curve.unit else ""
    return Chart(
        f"{curve.task} {curve.metric}", f"{curve.x_name}{unit}", tuple(one.name for one in series),
        tuple(tuple(p.x for p in one.points) for one in series),
        tuple(tuple(p.value for p in one.points) for one in series),
    )  # fmt: skip
