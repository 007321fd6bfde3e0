"""The thresholds that a slider can take: round numbers where a signal's values lie, and those that its rules have."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

MOST = 1000
"""Round numbers on an axis: about one for each px of a slider."""
_TAILS = (0.5, 50.0, 99.5)
"""Percentiles between which values are not stray, and the middle."""
_SQUEEZE = 2.0
"""Round numbers reach to the least and greatest value, unless these widen the range of the rest by more than this."""
_STRAYS = 40
"""One stray value on either side has thresholds of its own for each so many round numbers."""
_DECADES, _LOW = 100.0, 0.1
"""An axis is logarithmic where values span two decades and the middle one lies in the lowest tenth of them."""
_DIGITS, _STRAY_DIGITS = 3, 6
"""Significant digits of a threshold on a logarithmic axis, and beside a stray value."""


@dataclass(frozen=True)
class Axis:
    """The thresholds of a signal in rising order, (N,) float64, and whether they rise by factors.

    `ends` are the least and the greatest finite value, rounded outward to a threshold; None without any. No finite
    value lies beyond the thresholds, so that a number there is judged exactly too.
    """

    thresholds: Values
    is_log: bool = False
    ends: tuple[float, float] | None = None

    def place(self, threshold: float) -> int:
        """The number of a threshold that is one of the axis's own."""
        return int(np.searchsorted(self.thresholds, threshold))


def axis(values: Values, own: Iterable[float] = ()) -> Axis:
    """Round numbers over the finite values, few among strays, and `own`, the thresholds that rules already have."""
    given = np.asarray(list(own), np.float64)
    finite = np.unique(values[np.isfinite(values)])
    if not len(finite):
        return Axis(_sorted(given))
    low, middle, high = (float(v) for v in np.percentile(values[np.isfinite(values)], _TAILS))
    is_log = low > 0 and high / low >= _DECADES and middle - low < _LOW * (high - low)
    low, high = _without_strays(float(finite[0]), low, high, float(finite[-1]), is_log)
    steps = _round_factors(low, high) if is_log else _steps_to(*_reaching(low, high, given), finite)
    found = _sorted(steps, *_beside_strays(finite, steps))
    ends = _ends(float(finite[0]), float(finite[-1]), found)
    return Axis(_sorted(given, found, np.array(ends)), is_log, ends)


def _without_strays(least: float, low: float, high: float, greatest: float, is_log: bool) -> tuple[float, float]:
    """The range of all values, or from `low` to `high` where what lies beyond would squeeze the rest."""
    if is_log and least <= 0:
        return low, high
    whole, rest = (math.log(b / a) if is_log else b - a for a, b in ((least, greatest), (low, high)))
    return (least, greatest) if rest == 0 or whole <= _SQUEEZE * rest else (low, high)


def _reaching(low: float, high: float, own: Values) -> tuple[float, float]:
    """The range, reaching out to thresholds that lie no further off than it is wide."""
    width = high - low
    near = own[(own >= low - width) & (own <= high + width)]
    return min([low, *near.tolist()]), max([high, *near.tolist()])


def _steps_to(low: float, high: float, values: Values) -> Values:
    """Multiples of 1, 2 or 5 times a power of ten, from below `low` to above `high`; whole numbers for such values."""
    if not math.isfinite(high - low) or high == low:
        return np.array([low, high])
    power = math.floor(math.log10((high - low) / MOST))
    factor = next(f for f in (1, 2, 5, 10) if f * 10.0**power >= (high - low) / MOST * (1 - 1e-9))
    if power < 0 and bool((values == np.round(values)).all()):
        power, factor = 0, 1
    scale = 10.0 ** abs(power)
    first, last = (edge / factor * scale if power < 0 else edge / (factor * scale) for edge in (low, high))
    counts = np.arange(math.floor(first), math.ceil(last) + 1, dtype=np.float64) * factor
    # Dividing by a whole power of ten gives the double nearest to the decimal number that a person reads.
    return counts / scale if power < 0 else counts * scale


def _round_factors(low: float, high: float) -> Values:
    inner = [float(f"{v:.{_DIGITS}g}") for v in np.geomspace(low, high, MOST)[1:-1]]
    return np.array([_rounded(low, ROUND_FLOOR, _DIGITS), *inner, _rounded(high, ROUND_CEILING, _DIGITS)])


def _beside_strays(values: Values, steps: Values) -> list[Values]:
    """A short number on each side of some of the values beyond the steps, so that one typed between them is exact."""
    most = max(1, len(steps) // _STRAYS)
    tails = (values[values < steps.min()][::-1], values[values > steps.max()])
    some = [t[np.unique(np.linspace(0, len(t) - 1, most).astype(int))] for t in tails if len(t)]
    sides = (ROUND_FLOOR, ROUND_CEILING)
    return [np.array([_rounded(float(v), side, _STRAY_DIGITS) for v in tail for side in sides]) for tail in some]


def _ends(least: float, greatest: float, thresholds: Values) -> tuple[float, float]:
    """The next threshold on the outer side of either, or where there is none a short number."""
    below, above = thresholds[thresholds <= least], thresholds[thresholds >= greatest]
    low = float(below[-1]) if len(below) else _rounded(least, ROUND_FLOOR, _STRAY_DIGITS)
    return low, float(above[0]) if len(above) else _rounded(greatest, ROUND_CEILING, _STRAY_DIGITS)


def _rounded(value: float, rounding: str, digits: int) -> float:
    """The value to so many significant digits, never on its other side; itself where no double is so large."""
    found = float(Context(prec=digits, rounding=rounding).create_decimal(Decimal(repr(value))))
    return found if math.isfinite(found) else value


def _sorted(*parts: Values) -> Values:
    """All of them once, rising; -0 is 0."""
    return np.unique(np.concatenate(parts) + 0.0)
