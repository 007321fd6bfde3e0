"""Plots of scores, of where clips went, and of what signals say of kept and rejected clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from avcur.impact.report.axes import ROW, SCORES, Axis, axis_row, grid, plot_row, svg
from avcur.impact.study import ArmScore, Table

_MIDDLE = ROW // 2


def score_plot(table: Table) -> str:
    """Every run's score as a dot, a line at each arm's mean."""
    axis = Axis.over((value for arm in table.arms for value in arm.values), within=SCORES)
    return "".join(_score_row(axis, arm) for arm in table.arms) + axis_row(axis, signs=False)


def _score_row(axis: Axis, arm: ArmScore) -> str:
    parts = grid(axis)
    for i, (seed, value) in enumerate(zip(arm.seeds, arm.values, strict=True)):
        y = _MIDDLE + (i % 3 - 1) * 5  # spread, so that equal scores stay visible
        tip = f"<title>seed {seed}: {value:.4f}</title>"
        parts.append(f'<circle class="dot" cx="{axis.at(value)}" cy="{y}" r="4.5">{tip}</circle>')
    parts.append(f'<line class="mean" x1="{axis.at(arm.mean)}" x2="{axis.at(arm.mean)}" y1="4" y2="{ROW - 4}"/>')
    spread = "" if arm.sd is None else f" ± {arm.sd:.3f}"
    label = f"{arm.label}: mean {arm.mean:.3f} over {len(arm.values)} runs"
    runs = f"{len(arm.values)} run{'s' if len(arm.values) != 1 else ''}"
    return plot_row(arm.role, arm.label, runs, svg(parts, label), f"<b>{arm.mean:.3f}</b>{spread}")


def funnel_plot(funnel: Sequence[Mapping[str, Any]]) -> str:
    """Where the clips went, as bars in the order of the card."""
    whole = max((int(stage["clips"]) for stage in funnel), default=0) or 1
    rows = []
    for stage in funnel:
        name = str(stage["stage"]) + (f": {stage['reason']}" if stage.get("reason") else "")
        look = "held" if stage["stage"] == "held out" else str(stage["stage"])
        share = 100 * int(stage["clips"]) / whole
        rows.append(
            f'<div>{escape(name)}</div><div><div class="fill {escape(look)}" style="width:{share:.1f}%"></div></div>'
            f'<div class="n">{int(stage["clips"])} clips · {60 * float(stage["hours"]):.1f} min</div>'
        )
    return f'<div class="funnel">{"".join(rows)}</div>'


def histogram(name: str, data: Mapping[str, Sequence[float]]) -> str:
    """Counts of kept clips with the rejected ones stacked on top, over the signal's values."""
    kept, rejected, edges = data["kept"], data["rejected"], data["edges"]
    top = max((k + r for k, r in zip(kept, rejected, strict=True)), default=0) or 1
    width, height = 100 / max(len(kept), 1), 64
    bars = []
    for i, (k, r) in enumerate(zip(kept, rejected, strict=True)):
        low, high = height * k / top, height * r / top
        x = f'x="{i * width:.2f}%" width="{width * 0.92:.2f}%"'
        bars.append(f'<rect class="kept" {x} y="{height - low:.1f}" height="{low:.1f}"/>')
        bars.append(f'<rect class="rejected" {x} y="{height - low - high:.1f}" height="{high:.1f}"/>')
    total = f"{sum(kept):g} kept, {sum(rejected):g} rejected"
    ends = f'<div class="ends"><span>{_short(edges[0])}</span><span>{_short(edges[-1])}</span></div>'
    picture = svg([*bars, f'<line class="grid" x1="0" x2="100%" y1="{height}" y2="{height}"/>'], total, height)
    return f"<figure><figcaption>{escape(name)}</figcaption>{picture}{ends}</figure>"


def _short(value: float) -> str:
    """Three digits, without an exponent where that can be read."""
    text = f"{value:.0f}" if 1000 <= abs(value) < 1e6 else "0" if abs(value) < 1e-6 else f"{value:.3g}"
    return text.replace("-", "−")
