from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from avcur.impact.effect import ENOUGH_RUNS, Effect, effect
from avcur.impact.power import MOST, runs_to_detect
from avcur.impact.scores import Sample


def found_with(scatter: float, one_draw: float, groups: float, k: int = 5) -> Effect:
    error = math.sqrt(scatter / k + one_draw + groups)
    return Effect(0.0, -1.0, 1.0, error, k - 1, 0.5, 0.1, scatter / k + one_draw, groups, False, scatter=scatter)


def power(k: int, size: float, scatter: float, rest: float) -> float:
    """Of the two-sided t test on k - 1 degrees of freedom, by simulation."""
    rng = np.random.default_rng(k)
    error = np.sqrt(rng.chisquare(k - 1, 200_000) / (k - 1))
    t = (rng.normal(size=200_000) + size / math.sqrt(scatter / k + rest)) / error
    return float(np.mean(np.abs(t) > stats.t.ppf(0.975, k - 1)))


@pytest.mark.parametrize(("scatter", "one_draw", "groups"), [(0.01, 0.0002, 0.0001), (0.004, 0.0005, 0.0002)])
def test_the_number_of_draws_is_the_least_with_a_power_of_eight_in_ten(
    scatter: float, one_draw: float, groups: float
) -> None:
    needed = runs_to_detect(found_with(scatter, one_draw, groups), 0.1).runs
    assert needed is not None
    assert needed > ENOUGH_RUNS
    assert power(needed, 0.1, scatter, one_draw + groups) > 0.797
    assert power(needed - 1, 0.1, scatter, one_draw + groups) < 0.803


def test_the_number_does_not_hang_on_the_draws_that_were_made() -> None:
    assert {runs_to_detect(found_with(0.01, 0.0002, 0.0001, k), 0.1).runs for k in (3, 5, 20)} == {
        runs_to_detect(found_with(0.01, 0.0002, 0.0001), 0.1).runs
    }


def test_it_falls_with_the_effect_and_is_never_below_what_an_interval_needs() -> None:
    numbers = [runs_to_detect(found_with(0.01, 0.0, 0.0), size).runs or MOST for size in (0.05, 0.1, 0.2, 5.0)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > numbers[1] > numbers[2] >= numbers[3] == ENOUGH_RUNS


@pytest.mark.parametrize(
    ("one_draw", "groups", "words", "silent"),
    [
        (0.01, 0.0, "a curated set is only one", "test groups"),
        (0.0, 0.01, "scatter of the test groups", "only one"),
        (0.01, 0.01, "only one; and the scatter of the test groups", "both"),
        (0.001, 0.001, "both scatters together", "only one"),
    ],
)
def test_where_no_number_suffices_it_says_which_part_is_in_the_way(
    one_draw: float, groups: float, words: str, silent: str
) -> None:
    needed = runs_to_detect(found_with(0.01, one_draw, groups), 0.1)
    assert needed.runs is None
    assert words in needed.note
    assert silent not in needed.note
    least = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * math.sqrt(one_draw + groups)
    assert f"{least:.3f}" in needed.note


def test_without_an_interval_the_reason_is_that_of_the_effect() -> None:
    still = Sample(np.full(5, 0.5), np.full((5, 20), 0.5), 8)
    assert "vary" in runs_to_detect(effect(still, still), 0.05).note
    one = Sample(np.array([0.5]), np.full((1, 20), 0.5), 8)
    assert "one reference run" in runs_to_detect(effect(still, one), 0.05).note


def test_the_parts_of_a_measured_effect_are_those_of_its_variance() -> None:
    rng = np.random.default_rng(0)
    treated = Sample(rng.normal(0.7, 0.001, 5), rng.normal(0.7, 0.001, (5, 300)), 40)
    reference = Sample(rng.normal(0.5, 0.01, 4), rng.normal(0.5, 0.001, (4, 300)), 40)
    found = effect(treated, reference)
    assert found.scatter == pytest.approx(reference.values.var(ddof=1))
    assert found.run_variance == pytest.approx(found.scatter * 5 / 4)
    limit = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * math.sqrt(found.scatter + (found.group_variance or 0))
    assert runs_to_detect(found, limit * 0.99).runs is None
    assert runs_to_detect(found, limit * 1.2).runs is not None
