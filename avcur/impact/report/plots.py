"""Plots as HTML and SVG without scripts: positions in percent, so that they fit any width and text never scales."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from avcur.impact.effect import Effect
from avcur.impact.sentences import interval, signed
from avcur.impact.study import ArmScore, Row, Table

_ROW = 34
"""Height of a plot's row in CSS pixels."""
_MIDDLE = _ROW // 2


@dataclass(frozen=True)
class Axis:
    """A linear axis from `low` to `high` with round ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, values: Iterable[float], margin: float = 0.06) -> Axis:
        found = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = min(found), max(found)
        spare = margin * (high - low) or 0.05
        low, high = low - spare, high + spare
        step = _round_step((high - low) / 6)
        first = math.ceil(low / step)
        ticks = tuple(step * i for i in range(first, math.floor(high / step) + 1))
        return cls(low, high, ticks)

    def at(self, value: float) -> str:
        """A position in percent of the width."""
        share = (value - self.low) / (self.high - self.low)
        return f"{100 * min(1.0, max(0.0, share)):.2f}%"


def _round_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, at least `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * unit for unit in (1, 2, 5, 10) if power * unit >= rough * 0.999)


def effect_plot(table: Table) -> str:
    """Every effect of a table with its interval against zero, over a band of what could not have been found."""
    arms = [(row, _contrasts(row)) for row in table.rows]
    ends = [0.0]
    for effect in (effect for _, pairs in arms for _, effect in pairs):
        ends += [effect.estimate, *(v for v in (effect.low, effect.high) if v is not None)]
        ends += [-effect.mde, effect.mde] if effect.mde is not None else []
    axis = Axis.over(ends)
    blocks = ["".join(_effect_row(axis, row, kind, effect) for kind, effect in pairs) for row, pairs in arms]
    return "".join(f'<div class="block">{block}</div>' for block in blocks) + _axis_row(axis, signs=True)


def _contrasts(row: Row) -> list[tuple[str, Effect]]:
    pairs = [("control", row.vs_control), ("raw", row.vs_raw)]
    return [(kind, effect) for kind, effect in pairs if effect is not None]


def _effect_row(axis: Axis, row: Row, kind: str, effect: Effect) -> str:
    against = "random sets of its size" if kind == "control" else "the whole pool (raw)"
    look = "" if kind == "control" else " open"
    parts = []
    if effect.mde is not None:
        left, right = axis.at(-effect.mde), axis.at(effect.mde)
        width = float(right[:-1]) - float(left[:-1])
        parts.append(f'<rect class="band" x="{left}" width="{width:.2f}%" y="5" height="{_ROW - 10}" rx="2"/>')
    parts += [*_grid(axis), _line(axis.at(0.0), "zero")]
    if effect.low is not None and effect.high is not None:
        y = f'y1="{_MIDDLE}" y2="{_MIDDLE}"'
        parts.append(f'<line class="reach{look}" x1="{axis.at(effect.low)}" x2="{axis.at(effect.high)}" {y}/>')
    parts.append(f'<circle class="mark{look}" cx="{axis.at(effect.estimate)}" cy="{_MIDDLE}" r="5.5"/>')
    size = f"{signed(effect.estimate)} {interval(effect.low, effect.high)}"
    label = f"{row.label} against {against}: {size}"
    value = f"<b>{signed(effect.estimate)}</b> {interval(effect.low, effect.high)}"
    return _row(row.role, row.label, f"vs {'control' if kind == 'control' else 'raw'}", _svg(parts, label), value)


def score_plot(table: Table) -> str:
    """Every run's score as a dot, a line at each arm's mean."""
    axis = Axis.over(value for arm in table.arms for value in arm.values)
    return "".join(_score_row(axis, arm) for arm in table.arms) + _axis_row(axis, signs=False)


def _score_row(axis: Axis, arm: ArmScore) -> str:
    parts = _grid(axis)
    for i, (seed, value) in enumerate(zip(arm.seeds, arm.values, strict=True)):
        y = _MIDDLE + (i % 3 - 1) * 5  # spread, so that equal scores stay visible
        tip = f"<title>seed {seed}: {value:.4f}</title>"
        parts.append(f'<circle class="dot" cx="{axis.at(value)}" cy="{y}" r="4.5">{tip}</circle>')
    parts.append(f'<line class="mean" x1="{axis.at(arm.mean)}" x2="{axis.at(arm.mean)}" y1="4" y2="{_ROW - 4}"/>')
    spread = "" if arm.sd is None else f" ± {arm.sd:.3f}"
    label = f"{arm.label}: mean {arm.mean:.3f} over {len(arm.values)} runs"
    runs = f"{len(arm.values)} run{'s' if len(arm.values) != 1 else ''}"
    return _row(arm.role, arm.label, runs, _svg(parts, label), f"<b>{arm.mean:.3f}</b>{spread}")


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
    picture = _svg([*bars, f'<line class="grid" x1="0" x2="100%" y1="{height}" y2="{height}"/>'], total, height)
    return f"<figure><figcaption>{escape(name)}</figcaption>{picture}{ends}</figure>"


def _row(role: str, name: str, detail: str, picture: str, value: str) -> str:
    head = f'<div class="name">{escape(name)} <small>{escape(detail)}</small></div>'
    return f'<div class="row {role}">{head}<div class="track">{picture}</div><div class="value">{value}</div></div>'


def _axis_row(axis: Axis, *, signs: bool) -> str:
    places = max(0, -math.floor(math.log10(axis.ticks[1] - axis.ticks[0]))) if len(axis.ticks) > 1 else 2
    texts = []
    for tick in axis.ticks:
        text = f"{tick:+.{places}f}" if signs and abs(tick) > 1e-12 else f"{abs(tick) if signs else tick:.{places}f}"
        texts.append(f'<text x="{axis.at(tick)}" y="16" text-anchor="middle">{text.replace("-", "−")}</text>')
    picture = _svg(texts, "axis", 24)
    return f'<div class="row axis"><div class="name"></div><div class="track">{picture}</div></div>'


def _grid(axis: Axis) -> list[str]:
    return [_line(axis.at(tick), "grid") for tick in axis.ticks]


def _line(x: str, look: str) -> str:
    return f'<line class="{look}" x1="{x}" x2="{x}" y1="0" y2="{_ROW}"/>'


def _svg(parts: Sequence[str], label: str, height: int = _ROW) -> str:
    return f'<svg height="{height}" role="img" aria-label="{escape(label, quote=True)}">{"".join(parts)}</svg>'


def _short(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
