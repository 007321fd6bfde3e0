"""The effect of curation and its interval: runs, sets and test groups all vary."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from avcur.impact.scores import Sample
from avcur.metrics.ranking import Floats

LEVEL = 0.95
POWER = 0.8
ENOUGH_RUNS = 5
"""Fewer reference runs than this, and an interval is called indicative."""


@dataclass(frozen=True)
class Effect:
    """A difference of mean scores; everything but `estimate` is None where it cannot be known."""

    estimate: float
    low: float | None
    high: float | None
    standard_error: float | None
    df: int | None
    p: float | None
    mde: float | None
    run_variance: float | None
    group_variance: float | None
    indicative: bool
    note: str | None = None
    scatter: float | None = None
    """s^2(reference): what of `run_variance` falls with more reference runs is scatter / K."""

    @property
    def clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def effect(treated: Sample, reference: Sample) -> Effect:
    """mean(treated) - mean(reference), with a t interval on K - 1 degrees of freedom, K the reference runs.

    variance = s^2(reference) / K + max(s^2(reference), s^2(treated)) + the variance of the difference over
    resampled test groups. The treated arm is one set among the sets of its size: each reference run is another such
    set under another seed, so that one more value scatters by s^2 and their mean by s^2 / K. Where the treated runs
    scatter more over seeds alone than the reference does over sets and seeds (references that all collapsed to one
    score, say), that larger scatter counts, as s^2(reference) cannot stand for it. It errs wide:
    averaging the treated arm over seeds takes away some of its seed noise, and how runs scatter over the items
    and groups of one finite test is in both terms. Simulated true nulls are rejected in 0 to 3 % of studies.
    With raw runs as the reference s^2 is seed noise alone: such an effect speaks about these two sets, not
    about sets of that size, and supposes that seeds matter as much to both.
    """
    estimate = float(treated.values.mean() - reference.values.mean())
    k = len(reference.values)
    note = _why_not(k, reference.num_groups)
    if note:
        return Effect(estimate, None, None, None, None, None, None, None, None, True, note)
    scatter = float(reference.values.var(ddof=1))
    runs = scatter / k + max(scatter, _seed_scatter(treated))
    groups = group_covariance(treated, reference, treated, reference)
    error = math.sqrt(runs + groups)
    if error < 1e-12:
        note = "neither runs nor test groups vary"
        return Effect(estimate, None, None, 0.0, k - 1, None, None, runs, groups, k < ENOUGH_RUNS, note, scatter)
    reach = critical(k - 1) * error
    p = float(2 * stats.t.sf(abs(estimate) / error, k - 1))
    mde = detectable(k - 1) * error
    low, high = estimate - reach, estimate + reach
    return Effect(estimate, low, high, error, k - 1, p, mde, runs, groups, k < ENOUGH_RUNS, scatter=scatter)


def _seed_scatter(treated: Sample) -> float:
    return float(treated.values.var(ddof=1)) if len(treated.values) > 1 else 0.0


def group_covariance(a: Sample, reference_a: Sample, b: Sample, reference_b: Sample) -> float:
    """The covariance of two differences over the same resampled test groups; of one with itself, its variance.

    Times G / (G - 1): resampling G groups with replacement gives a mean's variance too small by that factor.
    Resamples in which a metric is undefined (no positives drawn) are left out.
    """
    first, second = _difference(a, reference_a), _difference(b, reference_b)
    defined = np.isfinite(first) & np.isfinite(second)
    if defined.sum() < 2:
        raise ValueError("The metric is undefined on nearly every resample of the test groups")
    groups = a.num_groups
    return float(np.cov(first[defined], second[defined])[0, 1]) * groups / (groups - 1)


def critical(df: int) -> float:
    """The two-sided critical value of Student's t at LEVEL."""
    return float(stats.t.ppf((1 + LEVEL) / 2, df))


@functools.cache
def detectable(df: int) -> float:
    """The true effect, in standard errors, that a two-sided t test at 1 - LEVEL finds with POWER.

    The power is that of the noncentral t, as a mean of normal tails over quantiles of the estimated error
    (scipy's `nct` is NaN far out).
    """
    quantiles = stats.chi2.ppf((np.arange(4000) + 0.5) / 4000, df)
    bars = critical(df) * np.sqrt(quantiles / df)

    def shortfall(shift: float) -> float:
        return float(np.mean(stats.norm.sf(bars - shift) + stats.norm.cdf(-bars - shift))) - POWER

    return float(optimize.brentq(shortfall, 0.1, 100.0, xtol=1e-6))


def mean_interval(scores: Sample) -> tuple[float, float] | None:
    """The interval of an arm's mean score over other runs and other test groups; None with one run or one group.

    t on n - 1 degrees of freedom over s^2 / n + the variance over resampled test groups. Two arms are compared by
    `effect`, not by whether their intervals meet: they share their test groups.
    """
    runs, groups = len(scores.values), scores.num_groups
    mean = scores.resampled.mean(axis=0)
    mean = mean[np.isfinite(mean)]
    if runs < 2 or groups < 2 or len(mean) < 2:
        return None
    variance = float(scores.values.var(ddof=1)) / runs + float(mean.var(ddof=1)) * groups / (groups - 1)
    middle, reach = float(scores.values.mean()), critical(runs - 1) * math.sqrt(variance)
    return middle - reach, middle + reach


def _why_not(num_reference: int, num_groups: int) -> str | None:
    if num_reference < 2:
        return "no interval from one reference run"
    if num_groups < 2:
        return "no interval from one test group"
    return None


def _difference(treated: Sample, reference: Sample) -> Floats:
    difference: Floats = treated.resampled.mean(axis=0) - reference.resampled.mean(axis=0)
    return difference
