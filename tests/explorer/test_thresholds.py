from __future__ import annotations

import numpy as np
import pytest

from avcur.explorer.thresholds import MOST, axis


def test_thresholds_are_about_a_thousand_round_numbers_where_the_values_lie() -> None:
    values = np.random.default_rng(0).normal(20, 5, 5000)
    found = axis(values).thresholds
    assert 400 <= len(found) <= MOST + 2
    assert values.min() - 0.1 < found[0] <= values.min()
    assert values.max() <= found[-1] < values.max() + 0.1
    assert max(len(repr(float(t))) for t in found) <= len("12.34")
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize(("scale", "digits"), [(1e-9, 17), (1.0, 6), (1e12, 21)])
def test_a_threshold_reads_back_as_the_same_number_at_every_scale(scale: float, digits: int) -> None:
    found = axis(np.linspace(0.123, 0.987, 700) * scale).thresholds
    assert all(float(repr(float(t))) == t for t in found)
    assert max(len(f"{float(t):.6g}") for t in found) <= digits
    assert all(float(f"{t:.9g}") == t for t in found)


def test_thresholds_of_rules_are_among_them_also_far_off() -> None:
    found = axis(np.linspace(0, 1, 500), [0.123456789, 1e6, -np.inf])
    assert found.thresholds[found.place(0.123456789)] == 0.123456789
    assert found.thresholds[-1] == 1e6
    assert found.thresholds[0] == -np.inf
    assert len(found.thresholds) < MOST + 10


def test_the_range_reaches_out_to_a_rule_nearby() -> None:
    found = axis(np.linspace(10, 20, 500), [8.0]).thresholds
    assert found[0] == 8
    assert 5 < np.searchsorted(found, 10) < 500


def test_strays_squeeze_nothing_and_have_short_numbers_on_both_sides() -> None:
    values = np.append(np.random.default_rng(0).normal(20, 5, 500), [-777.123456789, 5000.123456789, 6000.5])
    found = axis(values)
    assert found.ends == (-777.124, 6000.5)
    assert (found.thresholds[0], found.thresholds[-1]) == found.ends
    assert {-777.123, 5000.12, 5000.13} <= set(found.thresholds.tolist())
    low, high = np.percentile(values, [0.5, 99.5])
    assert ((found.thresholds >= low) & (found.thresholds <= high)).sum() >= 400
    assert len(found.thresholds) <= MOST * 1.15


def test_the_ends_are_those_of_the_values_whatever_the_rules_ask() -> None:
    values = np.random.default_rng(0).uniform(-41.2345, -20.008, 300)
    low, high = axis(values, [-90.0, 12.5, 1e6]).ends or (np.nan, np.nan)
    assert values.min() - 0.1 < low <= values.min()
    assert values.max() <= high < values.max() + 0.1
    assert axis(np.array([50.0] * 999 + [3.0])).ends == (3, 50)
    assert axis(np.array([0.25] * 5)).ends == (0.25, 0.25)
    assert axis(np.array([]), [50.0]).ends is None


def test_whole_values_have_whole_thresholds() -> None:
    found = axis(np.array([0, 1, 1, 2, 3, 3.0])).thresholds
    assert found.tolist() == [0, 1, 2, 3]


def test_heavy_tails_rise_by_factors() -> None:
    values = np.random.default_rng(0).lognormal(4, 2, 5000)
    found = axis(values)
    assert found.is_log
    assert all(float(f"{t:.3g}") == t for t in found.thresholds)
    assert np.searchsorted(found.thresholds, np.median(values)) > len(found.thresholds) / 4
    assert not axis(values - 1000).is_log


@pytest.mark.parametrize("values", [[], [3.0], [3.0, 3.0], [np.nan, np.inf], [1e-300, 1e300], [-0.0, 0.0]])
def test_odd_values_have_an_axis(values: list[float]) -> None:
    found = axis(np.array(values), [2.0])
    assert 2.0 in found.thresholds
    assert np.isfinite(found.thresholds).all()
    finite = [v for v in values if np.isfinite(v)]
    assert not finite or found.thresholds[0] <= min(finite) <= max(finite) <= found.thresholds[-1]
    assert len(found.thresholds) <= MOST + 3
