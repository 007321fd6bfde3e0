from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from avcur.impact.effect import Effect, effect, mean_interval
from avcur.impact.holm import holm
from avcur.impact.scores import Sample
from avcur.impact.share import fieller, share_recovered
from avcur.metrics.classification import accuracy_by_group
from avcur.metrics.intervals import draws

GROUPS, PER_GROUP, CLASSES = 12, 15, 4
WEIGHTS = draws(GROUPS, 400, seed=0)


@dataclass(frozen=True)
class Noise:
    """Standard deviations in logits: of a training seed, of a set of clips, and of either's effect on each group."""

    seed: float
    of_set: float
    seed_by_group: float
    set_by_group: float


NOISES = {
    "sets": Noise(0.05, 0.4, 0.05, 0.1),
    "seeds": Noise(0.4, 0.05, 0.1, 0.05),
    "groups": Noise(0.05, 0.05, 0.1, 0.6),
    "all": Noise(0.15, 0.2, 0.15, 0.3),
}


def arm(rng: np.random.Generator, noise: Noise, ease: np.ndarray, sets: list[np.ndarray]) -> Sample:
    """Runs of a model on (G, n) items; `sets[i]` is what run i's training set does to each group, in logits."""
    values, resampled = [], []
    group = np.repeat(np.arange(GROUPS), PER_GROUP)
    for of_set in sets:
        of_seed = rng.normal(0, noise.seed) + rng.normal(0, noise.seed_by_group, GROUPS)
        right = rng.random(ease.shape) < 1 / (1 + np.exp(-(ease + (of_set + of_seed)[:, None])))
        scores = np.eye(CLASSES)[np.where(right.ravel(), 0, 1)]
        weighted = accuracy_by_group(np.zeros(ease.size, dtype=int), scores, group)
        values.append(float(weighted(np.ones((1, GROUPS)))[0]))
        resampled.append(weighted(WEIGHTS))
    return Sample(np.array(values), np.stack(resampled), GROUPS)


def simulate(noise: Noise, seed: int, gain: float = 0.0, num_controls: int = 5) -> tuple[Effect, Sample, Sample]:
    """One study: a curated set under 5 seeds against controls, all sets drawn alike, `gain` added to the curated."""
    rng = np.random.default_rng(seed)
    ease = 0.8 + rng.normal(0, 0.7, GROUPS)[:, None] + rng.normal(0, 0.5, (GROUPS, PER_GROUP))

    def new_set() -> np.ndarray:
        return rng.normal(0, noise.of_set) + rng.normal(0, noise.set_by_group, GROUPS)

    curated = arm(rng, noise, ease, [new_set() + gain] * 5)
    controls = arm(rng, noise, ease, [new_set() for _ in range(num_controls)])
    return effect(curated, controls), curated, controls


@pytest.mark.parametrize("num_controls", [3, 5, 10])
@pytest.mark.parametrize("kind", NOISES)
def test_a_true_null_is_rejected_at_most_about_one_time_in_twenty(kind: str, num_controls: int) -> None:
    clear = [simulate(NOISES[kind], seed, num_controls=num_controls)[0].clear for seed in range(400)]
    assert np.mean(clear) <= 0.09


def test_where_sets_vary_most_the_level_is_kept_and_a_test_over_runs_alone_fails() -> None:
    studies = [simulate(NOISES["sets"], seed) for seed in range(400)]
    assert 0.015 <= np.mean([found.clear for found, _, _ in studies]) <= 0.09
    naive = [stats.ttest_ind(a.values, b.values, equal_var=False).pvalue < 0.05 for _, a, b in studies]
    assert np.mean(naive) > 0.2


def test_planted_effects_are_found_and_estimated_without_bias() -> None:
    effects = [simulate(NOISES["all"], seed, gain=2.5)[0] for seed in range(100)]
    assert np.mean([e.clear and e.estimate > 0 for e in effects]) > 0.8
    null = np.mean([simulate(NOISES["all"], seed)[0].estimate for seed in range(200)])
    assert abs(null) < 0.012  # 200 studies of standard deviation 0.055: three standard errors


def test_the_interval_is_that_of_the_formula() -> None:
    rng = np.random.default_rng(0)
    treated = Sample(np.array([0.8, 0.7]), rng.normal(0.75, 0.02, (2, 500)), 10)
    reference = Sample(np.array([0.5, 0.6, 0.55, 0.65]), rng.normal(0.57, 0.02, (4, 500)), 10)
    found = effect(treated, reference)
    difference = treated.resampled.mean(axis=0) - reference.resampled.mean(axis=0)
    of_reference, of_treated = reference.values.var(ddof=1), treated.values.var(ddof=1)
    assert of_treated > 0
    variance = of_reference / 4 + max(of_reference, of_treated) + difference.var(ddof=1) * 10 / 9
    reach = stats.t.ppf(0.975, 3) * math.sqrt(variance)
    assert found.estimate == pytest.approx(0.175)
    assert (found.low, found.high) == pytest.approx((0.175 - reach, 0.175 + reach))
    assert found.df == 3
    assert found.indicative
    assert found.p == pytest.approx(2 * stats.t.sf(0.175 / math.sqrt(variance), 3))


def test_references_that_all_collapsed_do_not_make_a_scattered_arm_look_sure() -> None:
    rng = np.random.default_rng(0)
    treated = Sample(np.array([0.46, 0.54, 0.61, 0.77, 0.46]), rng.normal(0.57, 0.01, (5, 500)), 10)
    collapsed = Sample(np.array([0.464, 0.463, 0.466, 0.462, 0.465]), rng.normal(0.46, 0.01, (5, 500)), 10)
    assert not effect(treated, collapsed).clear


@pytest.mark.parametrize("k", [3, 5, 12])
def test_the_minimum_detectable_effect_is_found_eight_times_in_ten(k: int) -> None:
    reference = Sample(np.linspace(0.4, 0.6, k), np.full((k, 50), 0.5), 10)
    found = effect(Sample(np.array([0.5]), np.full((1, 50), 0.5), 10), reference)
    assert found.mde is not None
    assert found.standard_error is not None
    rng = np.random.default_rng(k)
    error = np.sqrt(rng.chisquare(k - 1, 100_000) / (k - 1))
    t = (rng.normal(size=100_000) + found.mde / found.standard_error) / error
    assert np.mean(np.abs(t) > stats.t.ppf(0.975, k - 1)) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(("runs", "groups", "words"), [(1, 9, "one reference run"), (5, 1, "one test group")])
def test_what_cannot_have_an_interval_says_why(runs: int, groups: int, words: str) -> None:
    reference = Sample(np.linspace(0, 1, runs), np.zeros((runs, 20)), groups)
    found = effect(Sample(np.array([0.7]), np.zeros((1, 20)), groups), reference)
    assert found.low is None
    assert found.p is None
    assert not found.clear
    assert words in (found.note or "")


def test_without_any_variation_there_is_no_test() -> None:
    still = Sample(np.full(5, 0.5), np.full((5, 20), 0.5), 8)
    found = effect(Sample(np.full(5, 0.75), np.full((5, 20), 0.75), 8), still)
    assert (found.estimate, found.p, found.low) == (0.25, None, None)
    assert "vary" in (found.note or "")


def test_an_arms_mean_has_the_interval_of_its_runs_and_groups() -> None:
    rng = np.random.default_rng(3)
    resampled = np.concatenate([rng.normal(0.6, 0.02, (3, 400)), np.full((3, 50), np.nan)], axis=1)
    found = mean_interval(Sample(np.array([0.5, 0.6, 0.7]), resampled, 10))
    assert found is not None
    variance = 0.01 / 3 + resampled[:, :400].mean(axis=0).var(ddof=1) * 10 / 9
    reach = stats.t.ppf(0.975, 2) * math.sqrt(variance)
    assert found == pytest.approx((0.6 - reach, 0.6 + reach))
    assert mean_interval(Sample(np.array([0.5]), resampled[:1], 10)) is None
    assert mean_interval(Sample(np.array([0.5, 0.6, 0.7]), resampled, 1)) is None


def test_resamples_without_the_metric_are_left_out() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(0.5, 0.1, (1, 300)), rng.normal(0.5, 0.1, (5, 300))
    values = np.linspace(0.4, 0.6, 5)
    whole = effect(Sample(np.array([0.5]), a, 9), Sample(values, b, 9))
    holed = [np.concatenate([x, np.full((len(x), 40), np.nan)], axis=1) for x in (a, b)]
    assert effect(Sample(np.array([0.5]), holed[0], 9), Sample(values, holed[1], 9)) == whole


def test_holm_on_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_fieller_covers_a_known_ratio() -> None:
    rng = np.random.default_rng(1)
    cov = np.array([[0.04, 0.02], [0.02, 0.05]])
    covered = []
    for a, b in rng.multivariate_normal([1.2, 2.0], cov, 4000):
        low, high = fieller(a, b, cov[0, 0], cov[1, 1], cov[0, 1], 1.96)
        covered.append(low <= 0.6 <= high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)
    with pytest.raises(ValueError, match="unbounded"):
        fieller(1.0, 0.1, 0.04, 0.05, 0.0, 1.96)


def flat(mean: float, spread: float = 0.01, seed: int = 0) -> Sample:
    noise = np.random.default_rng(seed).normal(0, 0.005, (5, 200))
    return Sample(mean + np.linspace(-spread, spread, 5), mean + noise, 10)


def test_the_share_needs_a_gain_of_the_oracle_to_divide_by() -> None:
    raw, curated = flat(0.5), flat(0.6, seed=1)
    for oracle, words in ((flat(0.505, seed=2), "not told"), (flat(0.3, seed=3), "below raw")):
        share = share_recovered(curated, oracle, raw, effect(curated, raw), effect(oracle, raw))
        assert share.value is None
        assert words in (share.reason or "")
    oracle = flat(0.7, seed=4)
    share = share_recovered(curated, oracle, raw, effect(curated, raw), effect(oracle, raw))
    assert share.value == pytest.approx(0.5)
    assert share.low is not None
    assert share.high is not None
    assert 0.2 < share.low < 0.5 < share.high < 0.8
