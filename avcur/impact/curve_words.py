"""What curves say in words: what a defect costs, and how much raw data a filter is worth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from avcur.impact.conditions import percent, share_words
from avcur.impact.sentences import interval, signed
from avcur.impact.study import Point, Series
from avcur.metrics.primary import LOWER_IS_BETTER

AGAINST_RAW = ", against raw"
AGAINST_CLEAN = ", against clean sets"
"""Endings of the names of series of effects that are not against controls."""


def answers(kind: str, metric: str, series: Sequence[Series], effects: Sequence[Series] = ()) -> list[str]:
    """Sentences on a curve; none where its arms do not tell."""
    if kind == "dose":
        return _of_dose(metric, series, effects)
    return _of_train_share(metric, series) if kind == "train_share" else []


def other_tests(keys: Sequence[tuple[float, str]]) -> list[str]:
    """One sentence where points (x, the key of their test items) were not all tested on the same items."""
    first, same = keys[0]
    unlike = [percent(x) for x, key in keys if key != same]
    if not unlike:
        return []
    return [
        f"Caution: at {', '.join(unlike)} other test items were scored than at {percent(first)}, so that a step "
        "between these points is also one between tests."
    ]


def _of_dose(metric: str, series: Sequence[Series], effects: Sequence[Series]) -> list[str]:
    """How far each arm moves from the least to the most of a defect, and where filters and oracle are told from raw."""
    lines = [one for one in series if one.role in ("raw", "curated", "oracle") and len(one.points) > 1]
    if not lines:
        return []
    moves = [
        f"{one.name} from {one.points[0].value:.3f} to {one.points[-1].value:.3f}"
        f" ({signed(one.points[-1].value - one.points[0].value)})"
        for one in lines
    ]
    first, last = lines[0].points[0].x, lines[0].points[-1].x
    found = [f"From a rate of {percent(first)} to {percent(last)} {metric} goes: " + "; ".join(moves) + "."]
    return found + [_told(one) for one in effects if one.name.endswith(AGAINST_RAW)]


def _told(effects: Series) -> str:
    """The rates at which a treatment is told from raw: as it meets the same test, by the effect's own interval."""
    name = effects.name.removesuffix(AGAINST_RAW)
    clear = [p for p in effects.points if p.low is not None and p.high is not None and (p.low > 0 or p.high < 0)]
    sizes = [f"{percent(p.x)} ({signed(p.value)} {interval(p.low, p.high)})" for p in clear]
    if not sizes:
        return f"{name} is told from raw at no rate."
    return f"{name} is told from raw at {', '.join(sizes)}, each by its own interval."


def _of_train_share(metric: str, series: Sequence[Series]) -> list[str]:
    """For each filter at the most data it was run on: how many hours of raw data score as well."""
    raw = next((one for one in series if one.role == "raw"), None)
    if raw is None or len(raw.points) < 2 or any(point.hours is None for point in raw.points):
        return ["How much raw data the filter is worth needs raw runs of two or more shares."]
    points = sorted(raw.points, key=lambda point: (point.hours or 0.0, point.x))
    treated = [one for one in series if one.role in ("curated", "oracle")]
    return [worth(one.name, one.points[-1], points, metric) for one in treated]


def worth(name: str, curated: Point, raw: Sequence[Point], metric: str) -> str:
    """How many hours of raw data score as the curated ones do, by the raw curve interpolated between its points.

    `raw` by rising hours. The curve is that of the means; where the curated interval meets that of every raw point,
    the sentence says that no number can be told.
    """
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    size = f"{_hours(curated.hours)} kept of {share_words(curated.x)} of the training data"
    head = f"{name} ({size}) scores {curated.value:.3f}"
    reached = _reached(sign * curated.value, [((p.hours or 0.0), sign * p.value) for p in raw])
    if reached is None:
        best = max(raw, key=lambda p: sign * p.value)
        said = f"{head}, which raw data never reaches: at best {best.value:.3f} with {_hours(best.hours)}"
    elif reached <= (raw[0].hours or 0.0):
        said = f"{head}, and so does the least raw data that was tried, {_hours(raw[0].hours)} ({raw[0].value:.3f})"
    else:
        said = f"{head}, as much as about {_hours(reached)} of raw data" + _gain(reached, curated.hours)
    return said + _doubt(curated, raw) + "."


def _gain(reached: float, kept: float | None) -> str:
    return f" (each kept hour is worth {reached / kept:.1f} raw ones)" if kept else ""


def _doubt(curated: Point, raw: Sequence[Point]) -> str:
    """Which raw points the curated one cannot be told from by their intervals."""
    if any(point.low is None for point in (curated, *raw)):
        return "; without intervals this is no more than the means say"
    alike = [_hours(point.hours) for point in raw if overlap(curated, point)]
    if len(alike) == len(raw):
        return "; but the intervals overlap everywhere, so that no amount of raw data can be told from another"
    return f"; the intervals overlap at {', '.join(alike)}" if alike else ""


def overlap(a: Point, b: Point) -> bool:
    """Whether two intervals meet; those that are not known may."""
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return True
    return a.low <= b.high and b.low <= a.high


def _reached(score: float, raw: Sequence[tuple[float, float]]) -> float | None:
    """The least hours at which the line through (hours, score) points reaches `score`, higher is better; or None."""
    if raw[0][1] >= score:
        return raw[0][0]
    for (before, low), (after, high) in pairwise(raw):
        if low < score <= high:
            return before + (after - before) * (score - low) / (high - low)
    return None


def _hours(hours: float | None) -> str:
    """Hours, or minutes of less than one."""
    if hours is None:
        return "unknown hours"
    return f"{hours:.2f} h" if hours >= 1 else f"{60 * hours:.1f} min"
