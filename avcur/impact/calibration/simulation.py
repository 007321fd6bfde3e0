"""Studies simulated as per-item predictions whose expected effect is known exactly."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from avcur.impact.scores import Sample
from avcur.metrics.classification import accuracy_by_group
from avcur.metrics.intervals import draws
from avcur.metrics.ranking import Floats

RESAMPLES = 1000
"""Of the test groups, under seed 0: what `python -m avcur.impact` does."""
GROUP_EASE, ITEM_EASE = 0.7, 0.5
"""Standard deviations in logits: how much test groups, and items of one group, differ for every run alike."""
SPREAD = 0.5
"""Of the effect over test groups, as a share of it: curation never does the same to all."""
_NODES = 80
"""Of Gauss and Hermite's quadrature; for logits that scatter as little as these 40 are exact to ten decimals."""


@dataclass(frozen=True)
class Noise:
    """Standard deviations in logits of a training seed, of a set of clips, and of what a set does to one test group."""

    seed: float
    draw: float
    group: float


@dataclass(frozen=True)
class Setting:
    """One kind of study: `gain` is the effect in logits, `num_runs` K of the curated arm and of its controls."""

    name: str
    noise: Noise
    gain: float
    num_runs: int = 5
    num_groups: int = 16
    per_group: int = 20


def true_effect(setting: Setting) -> float:
    """The expected difference of accuracy over all sets, seeds, groups and items.

    All terms of the logit are normal, so that each arm's logit is: the mean of the logistic function over that one
    normal distribution, by quadrature, is the arm's expected accuracy, and the difference of the two is exact.
    """
    noise = setting.noise
    variance = noise.seed**2 + noise.draw**2 + noise.group**2 + GROUP_EASE**2 + ITEM_EASE**2
    curated = _mean_logistic(setting.gain, math.sqrt(variance + (SPREAD * setting.gain) ** 2))
    return curated - _mean_logistic(0.0, math.sqrt(variance))


@functools.cache
def _quadrature() -> tuple[Floats, Floats]:
    return np.polynomial.hermite_e.hermegauss(_NODES)  # type: ignore[no-any-return]


def _mean_logistic(mean: float, deviation: float) -> float:
    nodes, weights = _quadrature()
    return float(weights @ expit(mean + deviation * nodes) / weights.sum())


def simulate(setting: Setting, rng: np.random.Generator) -> tuple[Sample, Sample]:
    """One study as (curated, controls): one set under K seeds against K sets under a seed each, the same items."""
    shape = (setting.num_groups, setting.per_group)
    ease = rng.normal(0, GROUP_EASE, (shape[0], 1)) + rng.normal(0, ITEM_EASE, shape)
    gain = setting.gain * (1 + SPREAD * rng.normal(size=shape[0]))
    curated = _runs(setting, ease, np.repeat(_sets(setting, 1, rng) + gain, setting.num_runs, axis=0), rng)
    controls = _runs(setting, ease, _sets(setting, setting.num_runs, rng), rng)
    return curated, controls


def _sets(setting: Setting, number: int, rng: np.random.Generator) -> Floats:
    """What each of some random sets of clips does to each test group, in logits: (number, G)."""
    everywhere = rng.normal(0, setting.noise.draw, (number, 1))
    sets: Floats = everywhere + rng.normal(0, setting.noise.group, (number, setting.num_groups))
    return sets


def _runs(setting: Setting, ease: Floats, sets: Floats, rng: np.random.Generator) -> Sample:
    """Scores of one run a row of `sets` (K, G) on items of some `ease` (G, n), each predicted right or wrong."""
    seeds = rng.normal(0, setting.noise.seed, (len(sets), 1))
    logits = ease[None] + (sets + seeds)[:, :, None]
    right = (rng.random(logits.shape) < expit(logits)).reshape(len(sets), -1)
    group = np.repeat(np.arange(setting.num_groups), setting.per_group)
    target = np.zeros(group.size, dtype=np.int64)
    weights = draws(setting.num_groups, RESAMPLES, seed=0)
    scored = [accuracy_by_group(target, np.stack([hits, ~hits], axis=1), group) for hits in right]
    once = np.ones((1, setting.num_groups))
    values = np.array([float(of_weights(once)[0]) for of_weights in scored])
    return Sample(values, np.stack([of_weights(weights) for of_weights in scored]), setting.num_groups)
