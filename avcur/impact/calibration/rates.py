"""How often something happened over many studies, with its interval, against a bar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from avcur.impact.effect import LEVEL

ENOUGH = 45
"""Studies below which not even a rate of none, or of all, has an interval on one side of a bar of 8 % or 92 %."""
Bound = Literal["at most", "at least"]


@dataclass(frozen=True)
class Rate:
    """A share of studies; `low` and `high` are the 95 % interval of Clopper and Pearson (1934)."""

    hits: int
    of: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """A rate against its bar. The rate itself decides, not its interval, which shows how sure that is."""

    what: str
    rate: Rate
    bound: Bound
    bar: float

    @property
    def held(self) -> bool:
        return self.rate.value <= self.bar if self.bound == "at most" else self.rate.value >= self.bar

    def sentence(self) -> str:
        """Such as "held: A/A, random_half rejected in 3.0 % [1.1, 6.4] of 200 studies; bar: at most 8 %"."""
        word = "too few studies to judge" if self.rate.of < ENOUGH else "held" if self.held else "missed"
        found = f"{self.what} {percent(self.rate)} of {self.rate.of} studies"
        return f"{word}: {found}; bar: {self.bound} {100 * self.bar:g} %"


def rate(happened: Sequence[bool]) -> Rate:
    """The share of True, of at least one study."""
    hits, of = sum(map(bool, happened)), len(happened)
    interval = stats.binomtest(hits, of).proportion_ci(LEVEL, method="exact")
    return Rate(hits, of, hits / of, float(interval.low), float(interval.high))


def root_mean_square(values: Sequence[float]) -> float:
    """How standard errors and deviations are averaged over studies: it is their squares that are unbiased."""
    return math.sqrt(math.fsum(value * value for value in values) / len(values)) if values else 0.0


def percent(found: Rate) -> str:
    """The rate with its interval, in per cent: "3.0 % [1.1, 6.4]"."""
    return f"{100 * found.value:.1f} % [{100 * found.low:.1f}, {100 * found.high:.1f}]"
