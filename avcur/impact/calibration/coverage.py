"""Coverage: how often the interval holds an effect that is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import optimize

from avcur.engines.progress import work_through
from avcur.impact.calibration.naive import naive_interval
from avcur.impact.calibration.rates import Rate, Verdict, rate, root_mean_square
from avcur.impact.calibration.simulation import Noise, Setting, simulate, true_effect
from avcur.impact.effect import Effect, effect
from avcur.impact.scores import Sample
from avcur.seeds import generator

BAR = 0.92
"""Least share of intervals that hold the truth, where 95 % is promised: 200 studies leave that much room."""
Interval = Callable[[Sample, Sample], Effect]
"""(curated, controls) -> effect with its interval."""

NOISES = {
    "balanced": Noise(seed=0.18, draw=0.1, group=0.4),
    "seeds": Noise(seed=0.3, draw=0.03, group=0.1),
    "draws": Noise(seed=0.05, draw=0.25, group=0.1),
    "groups": Noise(seed=0.05, draw=0.03, group=0.8),
}
"""In the first the three add alike to the variance of an effect (K = 5, 16 groups); in each other one outweighs.
Scores then scatter over controls with a standard deviation of 0.04 to 0.07, as those of small trained models do."""
MAIN = Setting("balanced", NOISES["balanced"], gain=0.5)
"""The setting whose coverage is judged."""
GRID = tuple(
    Setting(name, noise, gain, num_runs)
    for (name, noise), num_runs, gain in itertools.product(NOISES.items(), (5, 10), (0.0, 0.5))
)
BEYOND = (replace(MAIN, num_runs=3), replace(MAIN, num_groups=4))
"""Fewer controls and fewer test groups than the promise is made for; shown, not judged."""


@dataclass(frozen=True)
class Trial:
    """One study: whether its interval, and the naive one, hold the truth; what it found, promised, and was off by."""

    covers: bool
    naive_covers: bool
    found: bool
    width: float
    mde: float
    standard_error: float
    error: float


@dataclass(frozen=True)
class Covered:
    """All studies of one setting: rates, the mean width, and root mean squares of the rest.

    `stated_error` is the standard error of which intervals are made, `true_error` how far estimates were off.
    `at_mde`: the effect is what the same setting without one called detectable.
    """

    setting: Setting
    truth: float
    covers: Rate
    naive_covers: Rate
    found: Rate
    width: float
    mde: float
    stated_error: float
    true_error: float
    at_mde: bool = False


def try_coverage(studies: int, seed: int, num_workers: int | None, interval: Interval = effect) -> list[Covered]:
    """The main setting first, then the rest of the grid, the settings at their own MDE, and those beyond the promise.

    Each study draws from a generator of its own, named by seed, setting and number: workers change nothing.
    """
    once = list(dict.fromkeys((MAIN, *GRID, *BEYOND)))
    results = _tried(once, studies, seed, num_workers, interval)
    gains = [(setting, gain_for(setting, results[setting].mde)) for setting in once if setting.gain == 0]
    promised = [replace(setting, gain=gain) for setting, gain in gains if gain is not None]
    powers = _tried(promised, studies, seed, num_workers, interval)
    inside = [results[setting] for setting in once if setting not in BEYOND]
    return [*inside, *(replace(powers[s], at_mde=True) for s in promised), *(results[s] for s in BEYOND)]


def verdicts(found: Sequence[Covered]) -> list[Verdict]:
    """The bar of the main setting."""
    main = next(covered for covered in found if covered.setting == MAIN)
    return [Verdict("coverage of a known effect,", main.covers, "at least", BAR)]


def gain_for(setting: Setting, wanted: float) -> float | None:
    """The gain in logits whose expected effect is `wanted` in accuracy; None where none is as large."""

    def short(gain: float) -> float:
        return true_effect(replace(setting, gain=gain)) - wanted

    # The effect spreads over groups with its size, so that accuracy gains nothing beyond some point.
    most = max(np.linspace(0, 10, 101), key=short)
    if short(most) < 0:
        return None
    return float(optimize.brentq(short, 0.0, most, xtol=1e-9))


def _tried(
    settings: Sequence[Setting], studies: int, seed: int, num_workers: int | None, interval: Interval
) -> dict[Setting, Covered]:
    one = partial(_trials, studies=studies, seed=seed, interval=interval)
    done = dict(work_through("Coverage: settings", one, settings, num_workers))
    return {setting: _summary(setting, done[setting]) for setting in settings}


def _trials(setting: Setting, studies: int, seed: int, interval: Interval) -> list[Trial]:
    return [_trial(setting, generator(seed, "coverage", setting, number), interval) for number in range(studies)]


def _trial(setting: Setting, rng: np.random.Generator, interval: Interval) -> Trial:
    curated, controls = simulate(setting, rng)
    found, truth = interval(curated, controls), true_effect(setting)
    if found.low is None or found.high is None or found.mde is None or found.standard_error is None:
        raise ValueError(f"A study of {setting} has no interval: {found.note}")
    low, high = naive_interval(curated, controls, rng)
    return Trial(
        found.low <= truth <= found.high, low <= truth <= high, found.clear, found.high - found.low, found.mde,
        found.standard_error, found.estimate - truth,
    )  # fmt: skip


def _summary(setting: Setting, trials: Sequence[Trial]) -> Covered:
    return Covered(
        setting, true_effect(setting), rate([t.covers for t in trials]), rate([t.naive_covers for t in trials]),
        rate([t.found for t in trials]), math.fsum(t.width for t in trials) / len(trials),
        root_mean_square([t.mde for t in trials]), root_mean_square([t.standard_error for t in trials]),
        root_mean_square([t.error for t in trials]),
    )  # fmt: skip
