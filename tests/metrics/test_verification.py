from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torchmetrics.classification import BinaryEER

from avcur.metrics.verification import equal_error_rate, min_dcf, one_vs_rest_trials


def trials(seed: int, gap: float, size: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 2, size)
    return target, 1 / (1 + np.exp(-(rng.normal(size=size) + gap * target)))


@pytest.mark.parametrize("gap", [0.0, 1.0, 2.5])
def test_eer_agrees_with_torchmetrics_to_a_step_of_its_curve(gap: float) -> None:
    target, scores = trials(1, gap)
    reference = BinaryEER(thresholds=None)
    reference.update(torch.from_numpy(scores), torch.from_numpy(target))
    assert equal_error_rate(target, scores) == pytest.approx(float(reference.compute()), abs=2 / 1000)


def test_eer_of_two_normals_is_the_known_tail() -> None:
    target, scores = trials(2, 2.0, 200_000)
    assert equal_error_rate(target, scores) == pytest.approx(0.15866, abs=3e-3)  # Phi(-1)


def test_eer_is_interpolated_and_free_of_row_order() -> None:
    # Curve (miss, false alarm): (1, 0) -> (1/2, 0) -> (1/2, 1) -> (0, 1): the crossing is at 1/2.
    assert equal_error_rate([1, 0, 1], [0.9, 0.5, 0.1]) == pytest.approx(0.5)
    # All scores equal: one straight line from (1, 0) to (0, 1).
    assert equal_error_rate([1, 0, 0, 0], np.zeros(4)) == pytest.approx(0.5)
    assert equal_error_rate([0, 0, 0, 1], np.zeros(4)) == pytest.approx(0.5)


def test_perfect_and_wholly_wrong() -> None:
    assert equal_error_rate([0, 0, 1, 1], [1, 2, 3, 4]) == 0.0
    assert equal_error_rate([1, 1, 0, 0], [1, 2, 3, 4]) == 1.0
    assert min_dcf([0, 0, 1, 1], [1, 2, 3, 4]) == 0.0


def test_min_dcf_is_normalised_and_never_worse_than_a_fixed_answer() -> None:
    target, scores = trials(3, 1.0, 500)
    miss = [(scores[target == 1] < t).mean() for t in (*scores, np.inf)]
    alarm = [(scores[target == 0] >= t).mean() for t in (*scores, np.inf)]
    for p in (0.01, 0.05, 0.7):
        expected = min(p * m + (1 - p) * a for m, a in zip(miss, alarm, strict=True)) / min(p, 1 - p)
        assert min_dcf(target, scores, p) == pytest.approx(expected)
        assert min_dcf(target, np.zeros(500), p) == pytest.approx(1.0)


def test_class_scores_become_trials() -> None:
    target, scores = one_vs_rest_trials([1, 0], [[0.1, 0.9, 0.0], [0.7, 0.2, 0.1]])
    assert target.tolist() == [0, 1, 0, 1, 0, 0]
    assert equal_error_rate(target, scores) == 0.0


def test_one_kind_of_trial_is_not_a_number_and_a_wrong_prior_is_refused() -> None:
    assert math.isnan(equal_error_rate([1, 1], [0.1, 0.2]))
    assert math.isnan(min_dcf([0, 0], [0.1, 0.2]))
    with pytest.raises(ValueError, match="prior"):
        min_dcf([0, 1], [0.1, 0.2], p=1.0)
