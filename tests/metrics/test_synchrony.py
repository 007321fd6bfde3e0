from __future__ import annotations

import math

import numpy as np
import pytest

from avcur.metrics import synchrony


def scores_of(best: list[int]) -> np.ndarray:
    return np.eye(31)[best]


def test_a_hit_is_at_most_so_many_frames_off() -> None:
    best = scores_of([0, 9, 10, 11, 12, 14, 30])
    target = np.full(7, 10)
    assert synchrony.within_1(target, best) == pytest.approx(3 / 7)
    assert synchrony.within_3(target, best) == pytest.approx(4 / 7)


def test_a_guess_hits_as_often_as_the_definition_says() -> None:
    rng = np.random.default_rng(0)
    target, scores = rng.integers(0, 31, 40_000), rng.random((40_000, 31))
    assert synchrony.within_1(target, scores) == pytest.approx(0.095, abs=0.005)
    assert synchrony.within_3(target, scores) == pytest.approx(0.213, abs=0.007)


def test_groups_count_as_often_as_they_are_drawn() -> None:
    target, scores, group = np.array([3, 3, 20]), scores_of([3, 9, 22]), np.array([0, 0, 1])
    weights = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 5.0]])
    assert synchrony.within_1_by_group(target, scores, group)(weights) == pytest.approx([1 / 3, 1 / 2, 0])
    assert synchrony.within_3_by_group(target, scores, group)(weights) == pytest.approx([2 / 3, 1 / 2, 1])


def test_nothing_to_score_is_not_a_number_and_missing_scores_are_refused() -> None:
    assert math.isnan(synchrony.within_1([], np.empty((0, 31))))
    with pytest.raises(ValueError, match="not finite"):
        synchrony.within_1([3], np.full((1, 31), np.nan))
