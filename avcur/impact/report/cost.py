"""Cost: the score of each arm against the hours that it trains on, and the seconds of training."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape

from avcur.impact.findings import ArmPoint
from avcur.impact.front import front
from avcur.impact.report.axes import SCORES, Axis, svg
from avcur.impact.report.names import breakable
from avcur.impact.sentences import metric_of, title
from avcur.impact.study import Comparison, Study
from avcur.metrics.primary import LOWER_IS_BETTER

_HEIGHT = 220


def cost(study: Study) -> str:
    """A chart and a table for each comparison on a primary budget; "" where no run says what it cost."""
    parts = [_one(comparison) for comparison in study.comparisons if comparison.primary]
    return "".join(parts)


def _one(comparison: Comparison) -> str:
    points, table = front(comparison), comparison.test
    if not points or table is None:
        return ""
    chart = f'<figure class="chart"><h4>{escape(metric_of(table))}</h4>{_chart(points, table.metric)}</figure>'
    return f'<h3>{escape(title(comparison))}</h3><div class="charts">{chart}{_table(points, table.metric)}</div>'


def _chart(points: Sequence[ArmPoint], metric: str) -> str:
    """Arms as points, those on the front filled and joined by steps: what each further minute buys."""
    across = Axis.over((0.0, *(60 * point.hours for point in points)), parts=5)
    up = Axis.over((point.value for point in points), parts=5, within=SCORES)
    parts = []
    for tick, text in zip(up.ticks, up.texts(), strict=True):
        y = _y(up, tick)
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="-7" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    for tick, text in zip(across.ticks, across.texts(), strict=True):
        parts.append(f'<text x="{across.at(tick)}" y="{_HEIGHT + 18}" text-anchor="middle">{text}</text>')
    parts += _steps([point for point in points if point.on_front], across, up)
    # Where arms lie on each other, the one on the front is seen.
    parts += [_point(point, across, up) for point in sorted(points, key=lambda point: point.on_front)]
    drawn = svg(parts, f"{metric} against minutes of training data", _HEIGHT + 22)
    keys = '<li><span class="key filled"></span>on the front</li><li><span class="key open"></span>not</li>'
    name = '<div class="xname">minutes of training data</div>'
    return f'<ul class="keys">{keys}</ul><div class="plane">{drawn}</div>{name}'


def _y(up: Axis, value: float) -> float:
    return _HEIGHT * (1 - up.share(value))


def _steps(points: Sequence[ArmPoint], across: Axis, up: Axis) -> list[str]:
    lines = []
    for here, there in itertools.pairwise(points):
        x1, x2 = across.at(60 * here.hours), across.at(60 * there.hours)
        y1, y2 = _y(up, here.value), _y(up, there.value)
        lines.append(f'<line class="front" x1="{x1}" x2="{x2}" y1="{y1:.1f}" y2="{y1:.1f}"/>')
        lines.append(f'<line class="front" x1="{x2}" x2="{x2}" y1="{y1:.1f}" y2="{y2:.1f}"/>')
    return lines


def _point(point: ArmPoint, across: Axis, up: Axis) -> str:
    look, radius = ("", 7) if point.on_front else (" open", 5)
    tip = f"{point.label}: {point.value:.3f} with {60 * point.hours:.1f} min"
    place = f'cx="{across.at(60 * point.hours)}" cy="{_y(up, point.value):.1f}" r="{radius}"'
    mark = f'<circle class="mark{look}" {place}><title>{escape(tip)}</title></circle>'
    return f'<g class="{escape(point.role)}">{mark}</g>'


def _table(points: Sequence[ArmPoint], metric: str) -> str:
    best = min if metric in LOWER_IS_BETTER else max
    top = best(point.value for point in points)
    lines = "".join(_line(point, point.value == top) for point in points)
    heads = f'<tr><th class="text">arm</th><th>data</th><th>{escape(metric)}</th><th>training</th></tr>'
    return f'<div class="scroll"><table><thead>{heads}</thead><tbody>{lines}</tbody></table></div>'


def _line(point: ArmPoint, is_best: bool) -> str:
    dot = f'<i class="key {escape(point.role)}"></i>'
    value = f"<b>{point.value:.3f}</b>" if is_best else f"{point.value:.3f}"
    wall = "" if point.wall is None else f"{point.wall:.1f} s"
    front_mark = "<span>on the front</span>" if point.on_front else ""
    return (
        f'<tr><td class="text wrap">{dot}{breakable(point.label)}{front_mark}</td><td>{60 * point.hours:.1f} min</td>'
        f"<td>{value}</td><td>{wall}</td></tr>"
    )
