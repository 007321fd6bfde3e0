"""How many control draws a study needs in order to find an effect of a given size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from avcur.impact.effect import ENOUGH_RUNS, LEVEL, POWER, Effect, detectable

MOST = 1000
"""Draws: more are not worth naming."""
_SURE = float(stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER))
"""Standard errors that are found with POWER where the error is known, as it is after endlessly many draws."""


@dataclass(frozen=True)
class Detection:
    """How many control draws (and seeds) would find an effect with POWER; None, and `note` says what is in the way."""

    runs: int | None
    note: str = ""


def runs_to_detect(found: Effect, size: float) -> Detection:
    """The least number of control draws K, of at least ENOUGH_RUNS, whose minimum detectable effect is `size`.

    Under the variance of `effect` as estimated here: with K, s^2 / K falls and Student's t narrows, while the scatter
    of the one set and that of the test groups stay. As those are estimates from few runs, so is the number.
    """
    if found.mde is None or found.run_variance is None or found.scatter is None or found.group_variance is None:
        return Detection(None, found.note or "not known without an interval")
    scatter, groups = found.scatter, max(found.group_variance, 0.0)
    one_draw = found.run_variance - scatter / ((found.df or 0) + 1)

    def shortfall(runs: int) -> bool:
        return detectable(runs - 1) * math.sqrt(scatter / runs + one_draw + groups) > size

    if _SURE * math.sqrt(one_draw + groups) >= size or shortfall(MOST):
        return Detection(None, _in_the_way(one_draw, groups, size))
    low, high = ENOUGH_RUNS - 1, MOST  # at `low` it falls short or is not asked for, at `high` it does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if shortfall(middle) else (low, middle)
    return Detection(high)


def _in_the_way(one_draw: float, groups: float, size: float) -> str:
    """Which part of the variance hides an effect of `size` whatever the number of draws."""
    least = _SURE * math.sqrt(one_draw + groups)
    limits = {
        "the scatter from one set or seed to another, as a curated set is only one": _SURE * math.sqrt(one_draw),
        "the scatter of the test groups, of which more are needed": _SURE * math.sqrt(groups),
    }
    causes = [name for name, limit in limits.items() if limit >= size] or ["both scatters together, of sets and groups"]
    return (
        f"no number of control draws would find {size:g}; with endlessly many {least:.3f} would be found; in the way: "
        + "; and ".join(causes)
    )
