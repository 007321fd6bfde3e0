from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from avcur.impact.calibration import coverage, simulation
from avcur.impact.calibration.coverage import GRID, MAIN, NOISES, gain_for, try_coverage
from avcur.impact.calibration.naive import naive_interval
from avcur.impact.calibration.rates import Verdict, percent, rate
from avcur.impact.calibration.simulation import Noise, Setting, simulate, true_effect
from avcur.impact.effect import Effect, effect
from avcur.impact.scores import Sample

DRAWS = Setting("draws", NOISES["draws"], gain=0.5)


def shrunk(curated: Sample, controls: Sample) -> Effect:
    """An interval that promises 95 % and is half as wide as it must be."""
    found = effect(curated, controls)
    assert found.low is not None
    quarter = (found.estimate - found.low) / 2
    return replace(found, low=found.estimate - quarter, high=found.estimate + quarter)


def test_a_rate_has_the_interval_of_clopper_and_pearson() -> None:
    none = rate([False] * 10)
    assert (none.hits, none.of, none.value, none.low) == (0, 10, 0, 0)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 10))
    assert rate([True] * 10).low == pytest.approx(0.025 ** (1 / 10))
    assert percent(rate([True, False])) == "50.0 % [1.3, 98.7]"


def test_a_verdict_goes_by_the_side_of_the_bar_that_counts() -> None:
    found = rate([True] * 9 + [False] * 91)
    at_most, at_least = Verdict("x", found, "at most", 0.08), Verdict("x", found, "at least", 0.08)
    assert (at_most.held, at_least.held) == (False, True)
    assert Verdict("x", rate([False] * 5), "at most", 0.08).sentence().startswith("too few studies to judge: x 0.0 %")
    assert at_most.sentence() == "missed: x 9.0 % [4.2, 16.4] of 100 studies; bar: at most 8 %"
    assert Verdict("x", found, "at most", 0.09).held


def test_the_truth_of_a_world_without_noise_is_the_difference_of_two_logistics(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GROUP_EASE", "ITEM_EASE", "SPREAD"):
        monkeypatch.setattr(simulation, name, 0.0)
    assert true_effect(Setting("still", Noise(0, 0, 0), gain=1.2)) == pytest.approx(expit(1.2) - 0.5, abs=1e-12)


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_the_truth_is_the_mean_of_many_drawn_logits(noise: Noise) -> None:
    rng = np.random.default_rng(5)
    size = 400_000
    logit = rng.normal(0, simulation.GROUP_EASE, size) + rng.normal(0, simulation.ITEM_EASE, size)
    logit += rng.normal(0, noise.seed, size) + rng.normal(0, noise.draw, size) + rng.normal(0, noise.group, size)
    gain = 0.8 * (1 + simulation.SPREAD * rng.normal(size=size))
    drawn = np.mean(expit(logit + gain) - expit(logit))
    assert true_effect(Setting("any", noise, gain=0.8)) == pytest.approx(drawn, abs=0.001)
    assert true_effect(Setting("none", noise, gain=0.0)) == 0


def test_simulated_studies_have_the_true_effect_on_average() -> None:
    estimates = [effect(*simulate(MAIN, np.random.default_rng([7, n]))).estimate for n in range(150)]
    error = np.std(estimates, ddof=1) / np.sqrt(len(estimates))
    assert error < 0.01
    assert abs(np.mean(estimates) - true_effect(MAIN)) < 3.5 * error


def test_the_noise_that_a_setting_names_is_the_one_that_its_scores_have() -> None:
    def scatter(kind: str) -> tuple[float, float]:
        studies = [simulate(Setting(kind, NOISES[kind], 0.0), np.random.default_rng([8, n])) for n in range(40)]
        own, controls = (np.mean([arm.values.var(ddof=1) for arm in arms]) for arms in zip(*studies, strict=True))
        return float(own), float(controls)

    (seeds_own, seeds_controls), (draws_own, draws_controls) = scatter("seeds"), scatter("draws")
    assert draws_controls > 2.5 * draws_own
    assert seeds_controls < 1.5 * seeds_own


def test_a_gain_is_found_for_a_wanted_effect() -> None:
    gain = gain_for(MAIN, 0.2)
    assert gain is not None
    assert true_effect(replace(MAIN, gain=gain)) == pytest.approx(0.2)
    assert gain_for(MAIN, 0.6) is None


def test_an_interval_half_as_wide_as_it_must_be_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MAIN", DRAWS)
    monkeypatch.setattr(coverage, "GRID", ())
    monkeypatch.setattr(coverage, "BEYOND", ())
    (right,), (wrong,) = (coverage.verdicts(try_coverage(80, 3, 0, interval)) for interval in (effect, shrunk))
    assert right.held
    assert not wrong.held
    assert wrong.rate.value < right.rate.value


def test_the_bootstrap_over_seeds_and_groups_rejects_a_true_null_far_more_often() -> None:
    null = replace(DRAWS, gain=0.0)
    rng = np.random.default_rng(0)
    studies = [simulate(null, np.random.default_rng([9, n])) for n in range(60)]
    naive = np.mean([low > 0 or high < 0 for low, high in (naive_interval(*s, rng) for s in studies)])
    assert naive > 0.15
    assert np.mean([effect(*s).clear for s in studies]) < 0.09


def test_the_bootstrap_of_arms_that_do_not_vary_has_no_width() -> None:
    still = Sample(np.full(5, 0.5), np.full((5, 50), 0.5), 8)
    better = Sample(np.full(5, 0.75), np.full((5, 50), 0.75), 8)
    assert naive_interval(better, still, np.random.default_rng(0)) == (0.25, 0.25)


def test_a_study_without_an_interval_is_no_silent_hit() -> None:
    with pytest.raises(ValueError, match="one test group"):
        coverage._trials(replace(MAIN, num_groups=1), 1, 0, effect)


def test_coverage_is_the_same_for_a_seed_whatever_else_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "GRID", GRID[:2])
    first = try_coverage(4, 0, 0)
    assert try_coverage(4, 0, 0) == first
    monkeypatch.setattr(coverage, "GRID", GRID[1:2])
    alone = next(found for found in try_coverage(4, 0, 0) if found.setting == GRID[1])
    assert alone in first
    assert try_coverage(4, 1, 0) != first
