"""Curves with whiskers: scores and effects over a threshold, a defect's rate, or the share of the data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from avcur.impact.curve_words import AGAINST_CLEAN, AGAINST_RAW
from avcur.impact.effect import ENOUGH_RUNS
from avcur.impact.report.axes import EFFECTS, SCORES, Axis, svg
from avcur.impact.report.names import breakable
from avcur.impact.sentences import interval, signed
from avcur.impact.study import Curve, Point, Series, Study

_HEIGHT = 230
"""Px of a chart, without its ticks below."""
_APART = 5
"""Px from one line's points to the next one's at the same x, so that whiskers do not lie on each other."""
_QUESTIONS = {
    "dose": "How much does the defect cost, and how much of that does choosing clips give back?",
    "threshold": "Where should the threshold lie?",
    "train_share": "How much raw data is the filter worth?",
}


def curves(study: Study) -> str:
    """All curves of a study, each as two charts beside each other; "" where nothing was varied."""
    return "".join(_curve(curve) for curve in study.curves if any(series.points for series in curve.series))


def _curve(curve: Curve) -> str:
    kind, value = curve.budget
    name = " · ".join((curve.task, curve.model, f"{value:g} {kind}", *_fixed(curve)))
    x_name = curve.x_name + (f" ({curve.unit})" if curve.unit else "")
    head = f"<h3>{escape(name)}: {escape(curve.metric)} against {escape(curve.x_name)}</h3>"
    question = f'<p class="small">{escape(_QUESTIONS.get(curve.kind, ""))}</p>'
    said = "".join(f"<p>{escape(text)}</p>" for text in curve.answers)
    charts = [_figure(f"Score (test/{curve.metric})", curve.series, x_name, is_effect=False)]
    if any(series.points for series in curve.effects):
        charts.append(_figure(_effect_title(curve.effects), curve.effects, x_name, is_effect=True))
    return f'<section class="curve">{head}{question}{said}<div class="charts">{"".join(charts)}</div></section>'


def _effect_title(effects: Sequence[Series]) -> str:
    """What the shown effects are measured against."""
    names = [series.name for series in effects if series.points]
    ends = {"random sets": "", "clean sets": AGAINST_CLEAN, "raw": AGAINST_RAW}
    found = [what for what, end in ends.items() if any(name.endswith(end) if end else _plain(name) for name in names)]
    return f"Effect against {', '.join(found)}"


def _plain(name: str) -> bool:
    return not name.endswith((AGAINST_CLEAN, AGAINST_RAW))


def _fixed(curve: Curve) -> list[str]:
    return [f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in curve.condition.items()]  # fmt: skip


def _figure(title: str, series: Sequence[Series], x_name: str, *, is_effect: bool) -> str:
    """A chart under its key; a line of the same role as another before is dashed, to tell them apart."""
    shown = [one for one in series if one.points]
    looks = [_look(i, shown) for i in range(len(shown))]
    keys = "".join(
        f'<li class="{escape(one.role)}"><svg class="swatch" width="26" height="10" aria-hidden="true">'
        f'<line class="curveline {look}" x1="0" x2="26" y1="5" y2="5"/></svg>'
        f"<span>{breakable(_key(one, shown))}</span></li>"
        for one, look in zip(shown, looks, strict=True)
    )
    chart = _chart(title, shown, looks, is_effect=is_effect)
    few = any(point.indicative and point.low is not None for one in shown for point in one.points)
    said = f'<p class="small">Dots without a whisker: fewer than {ENOUGH_RUNS} runs, too few to draw an interval.</p>'
    caption = f'<div class="xname">{escape(x_name)}</div>{said if few else ""}'
    return f'<figure class="chart"><h4>{escape(title)}</h4><ul class="keys">{keys}</ul>{chart}{caption}</figure>'


def _key(one: Series, shown: Sequence[Series]) -> str:
    """A line's name; beside effects against other sets, one against random sets says so."""
    mixed = _plain(one.name) and not all(_plain(other.name) for other in shown)
    return f"{one.name}, against random sets" if mixed else one.name


def _look(index: int, series: Sequence[Series]) -> str:
    before = sum(1 for one in series[:index] if one.role == series[index].role)
    return f"dash{before % 4}"


def _chart(title: str, series: Sequence[Series], looks: Sequence[str], *, is_effect: bool) -> str:
    points = [point for one in series for point in one.points]
    across = Axis.over((point.x for point in points), parts=5)
    within = EFFECTS if is_effect else SCORES
    up = Axis.over([*_reached(points), *([0.0] if is_effect else [])], parts=5, within=within)
    parts = _frame(across, up, is_effect)
    places = [_APART * (i - (len(series) - 1) / 2) for i in range(len(series))]
    for one, look, place in zip(series, looks, places, strict=True):
        parts.append(_moved(one.role, place, _stretched(_line(one, across, up, look))))
    for one, place in zip(series, places, strict=True):
        dots = "".join(_dot(one, point, across, up, is_effect) for point in one.points)
        parts.append(_moved(one.role, place, dots))
    return f'<div class="plane">{svg(parts, title, _HEIGHT + 22)}</div>'


def _moved(role: str, right: float, inside: str) -> str:
    return f'<g class="{escape(role)}" transform="translate({right:g} 0)">{inside}</g>'


def _reached(points: Iterable[Point]) -> list[float]:
    return [v for point in points for v in (point.value, *(_whisker(point) or ()))]


def _whisker(point: Point) -> tuple[float, float] | None:
    """The interval as it is drawn: not at all where few runs make it no more than indicative."""
    if point.low is None or point.high is None or point.indicative:
        return None
    return point.low, point.high


def _frame(across: Axis, up: Axis, is_effect: bool) -> list[str]:
    """Grid lines with the ticks of both axes; zero is drawn strongly where differences are shown."""
    parts = []
    for tick, text in zip(up.ticks, up.texts(signs=is_effect), strict=True):
        y = _y(up, tick)
        look = "zero" if is_effect and abs(tick) < 1e-9 else "grid"
        parts.append(f'<line class="{look}" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="-7" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    for tick, text in zip(across.ticks, across.texts(), strict=True):
        parts.append(f'<text x="{across.at(tick)}" y="{_HEIGHT + 18}" text-anchor="middle">{text}</text>')
    return parts


def _y(up: Axis, value: float) -> float:
    return _HEIGHT * (1 - up.share(value))


def _stretched(inside: str) -> str:
    """Paths in a drawing of their own that stretches with the page, as a path knows no percent."""
    return (
        f'<svg x="0" y="0" width="100%" height="{_HEIGHT}" viewBox="0 0 100 {_HEIGHT}" preserveAspectRatio="none">'
        f"{inside}</svg>"
    )


def _line(series: Series, across: Axis, up: Axis, look: str) -> str:
    if len(series.points) < 2:
        return ""
    line = "L".join(_xy(across, up, point.x, point.value) for point in series.points)
    return f'<path class="curveline {look}" d="M{line}"/>'


def _xy(across: Axis, up: Axis, x: float, y: float) -> str:
    return f"{100 * across.share(x):.2f} {_y(up, y):.1f}"


def _dot(series: Series, point: Point, across: Axis, up: Axis, is_effect: bool) -> str:
    """A point over the whisker of its interval; it says its numbers on hovering."""
    known = point.low is not None and point.high is not None
    value = signed(point.value) if is_effect else f"{point.value:.3f}"
    reach = interval(point.low, point.high) if is_effect else f"[{point.low:.3f}, {point.high:.3f}]" if known else ""
    size = "" if point.hours is None else f"; {60 * point.hours:.1f} min"
    tip = f"{series.name}, {point.label or f'{point.x:g}'}: {value} {reach}{size}"
    x, bar = across.at(point.x), ""
    if (whisker := _whisker(point)) is not None:
        low, high = (_y(up, value) for value in whisker)
        bar = f'<line class="whisker" x1="{x}" x2="{x}" y1="{low:.1f}" y2="{high:.1f}"/>'
    place = f'cx="{x}" cy="{_y(up, point.value):.1f}" r="4"'
    return f'{bar}<circle class="pin" {place}><title>{escape(tip)}</title></circle>'
