from __future__ import annotations

import numpy as np
import pytest

from avcur.explorer.thresholds import MOST, axis


def test_thresholds_are_about_a_thousand_round_numbers_where_the_values_lie() -> None:
    values = np.random.default_rng(0).normal(20, 5, 5000)
    found = axis(values).thresholds
    low, high = np.percentile(values, [0.5, 99.5])
    assert 400 <= len(found) <= MOST + 2
    assert low - 0.1 < found[0] <= low
    assert high <= found[-1] < high + 0.1
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
    assert len(found.thresholds) <= MOST + 3
