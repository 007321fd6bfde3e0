"""Axes and strokes of plots: SVG in percent of the width, so that a plot fits any screen and its text never scales."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from avcur.impact.report.names import breakable

ROW = 34
"""Height of a plot's row in CSS pixels."""
SCORES, EFFECTS = (0.0, 1.0), (-1.0, 1.0)
"""What scores and their differences can be: all primary metrics are shares."""


@dataclass(frozen=True)
class Axis:
    """A linear axis from `low` to `high` with round ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def over(
        cls, values: Iterable[float], margin: float = 0.06, parts: int = 6, within: tuple[float, float] | None = None
    ) -> Axis:
        """Around all finite values, with about as many ticks as `parts`; `within` is what they can be at all."""
        found = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = min(found), max(found)
        spare = margin * (high - low) or 0.05
        low, high = low - spare, high + spare
        if within is not None:
            low, high = max(low, within[0]), min(high, within[1])
        step = _round_step((high - low) / parts)
        first = math.ceil(low / step)
        ticks = tuple(step * i for i in range(first, math.floor(high / step) + 1))
        return cls(low, high, ticks)

    def share(self, value: float) -> float:
        """Where a value lies, 0 at the low end and 1 at the high one; what lies outside is put on the edge."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def at(self, value: float) -> str:
        """A position in percent of the width."""
        return f"{100 * self.share(value):.2f}%"

    def texts(self, *, signs: bool = False) -> list[str]:
        """The ticks in words, with as many places as their step has."""
        step = self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else 0.01
        places = max(0, -math.floor(math.log10(step) + 1e-9))
        return [_tick(tick, places, signs) for tick in self.ticks]


def _round_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, at least `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * unit for unit in (1, 2, 5, 10) if power * unit >= rough * 0.999)


def _tick(value: float, places: int, signs: bool) -> str:
    is_zero = abs(value) < 0.5 * 10.0**-places
    if signs and is_zero:
        return "0"
    return f"{0.0 if is_zero else value:{'+' if signs else ''}.{places}f}".replace("-", "−")


def axis_row(axis: Axis, *, signs: bool) -> str:
    """The row below a plot that holds the ticks."""
    texts = [
        f'<text x="{axis.at(tick)}" y="16" text-anchor="middle">{text}</text>'
        for tick, text in zip(axis.ticks, axis.texts(signs=signs), strict=True)
    ]
    picture = svg(texts, "axis", 24)
    return f'<div class="row axis"><div class="name"></div><div class="track">{picture}</div></div>'


def grid(axis: Axis, height: int = ROW) -> list[str]:
    """A line at every tick."""
    return [upright(axis.at(tick), "grid", height) for tick in axis.ticks]


def upright(x: str, look: str, height: int = ROW) -> str:
    """A vertical line over the whole height."""
    return f'<line class="{look}" x1="{x}" x2="{x}" y1="0" y2="{height}"/>'


def svg(parts: Sequence[str], label: str, height: int = ROW) -> str:
    """A drawing as wide as its place; `label` is what a screen reader says."""
    return f'<svg height="{height}" role="img" aria-label="{escape(label, quote=True)}">{"".join(parts)}</svg>'


def plot_row(role: str, name: str, detail: str, picture: str, value: str) -> str:
    """A plot's row: a name, the drawing, its value (HTML); beside each other, or on a phone below each other."""
    head = f'<div class="name">{breakable(name)} <small>{escape(detail)}</small></div>'
    return f'<div class="row {role}">{head}<div class="track">{picture}</div><div class="value">{value}</div></div>'
