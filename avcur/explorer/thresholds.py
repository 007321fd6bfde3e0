"""The thresholds that a slider can take: round numbers where a signal's values lie, and those that its rules have."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

MOST = 1000
"""Round numbers on an axis: about one for each px of a slider."""
_TAILS = (0.5, 50.0, 99.5)
"""Percentiles between which the round numbers lie, and the middle: a few stray values must not squeeze the rest."""
_DECADES, _LOW = 100.0, 0.1
"""An axis is logarithmic where values span two decades and the middle one lies in the lowest tenth of them."""
_DIGITS = 3
"""Significant digits of a threshold on a logarithmic axis."""


@dataclass(frozen=True)
class Axis:
    """The thresholds of a signal in rising order, (N,) float64, and whether they rise by factors."""

    thresholds: Values
    is_log: bool = False

    def place(self, threshold: float) -> int:
        """The number of a threshold that is one of the axis's own."""
        return int(np.searchsorted(self.thresholds, threshold))


def axis(values: Values, own: Iterable[float] = ()) -> Axis:
    """Round numbers over the middle 99 % of the finite values, and `own`, the thresholds that rules already have."""
    given = np.asarray(list(own), np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Axis(_sorted(given))
    low, middle, high = (float(v) for v in np.percentile(finite, _TAILS))
    if low > 0 and high / low >= _DECADES and middle - low < _LOW * (high - low):
        return Axis(_sorted(given, _round_factors(low, high)), is_log=True)
    low, high = _reaching(low, high, given)
    whole = bool((finite == np.round(finite)).all())
    return Axis(_sorted(given, _round_steps(low, high, whole)))


def _reaching(low: float, high: float, own: Values) -> tuple[float, float]:
    """The range, reaching out to thresholds that lie no further off than it is wide."""
    width = high - low
    near = own[(own >= low - width) & (own <= high + width)]
    return min([low, *near.tolist()]), max([high, *near.tolist()])


def _round_steps(low: float, high: float, whole: bool) -> Values:
    """Multiples of 1, 2 or 5 times a power of ten, from below `low` to above `high`; whole numbers for such values."""
    if not math.isfinite(high - low) or high == low:
        return np.array([low, high])
    power = math.floor(math.log10((high - low) / MOST))
    factor = next(f for f in (1, 2, 5, 10) if f * 10.0**power >= (high - low) / MOST * (1 - 1e-9))
    if whole and power < 0:
        power, factor = 0, 1
    scale = 10.0 ** abs(power)
    first, last = (edge / factor * scale if power < 0 else edge / (factor * scale) for edge in (low, high))
    counts = np.arange(math.floor(first), math.ceil(last) + 1, dtype=np.float64) * factor
    # Dividing by a whole power of ten gives the double nearest to the decimal number that a person reads.
    return counts / scale if power < 0 else counts * scale


def _round_factors(low: float, high: float) -> Values:
    return np.array([float(f"{v:.{_DIGITS}g}") for v in np.geomspace(low, high, MOST)])


def _sorted(*parts: Values) -> Values:
    """All of them once, rising; -0 is 0."""
    return np.unique(np.concatenate(parts) + 0.0)
