from __future__ import annotations

import math

import numpy as np
import pytest

from avcur.metrics import envelope
from avcur.metrics.active_speaker import average_precision, average_precision_by_group


def textbook(target: np.ndarray, scores: np.ndarray, weight: np.ndarray) -> float:
    """The definition, written out over the distinct scores."""
    total = weight[target == 1].sum()
    points = []
    for threshold in sorted(set(scores.tolist()), reverse=True):
        taken = scores >= threshold
        tp = weight[taken & (target == 1)].sum()
        points.append((tp / total, tp / weight[taken].sum() if weight[taken].sum() else 0.0))
    area, last = 0.0, 0.0
    for i, (recall, _) in enumerate(points):
        area += (recall - last) * max(p for _, p in points[i:])
        last = recall
    return float(area)


@pytest.mark.parametrize("levels", [3, 8, 10_000])
def test_equals_the_definition_with_and_without_ties(levels: int) -> None:
    rng = np.random.default_rng(levels)
    for _ in range(30):
        target, scores = rng.integers(0, 2, 40), rng.integers(0, levels, 40) / levels
        target[0] = 1
        assert average_precision(target, scores) == pytest.approx(textbook(target, scores, np.ones(40)), abs=1e-12)


@pytest.mark.parametrize("levels", [4, 10_000])
def test_group_weights_count_items_that_often(levels: int) -> None:
    rng = np.random.default_rng(1)
    target, scores = rng.integers(0, 2, 60), rng.integers(0, levels, 60) / levels
    group, weights = rng.integers(0, 5, 60), rng.integers(0, 3, (20, 5)).astype(float)
    expected = [textbook(target, scores, row[group]) for row in weights]
    assert average_precision_by_group(target, scores, group)(weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("levels", [4, 10_000])
def test_weights_and_steps_in_small_blocks_give_the_same(levels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    target, scores = rng.integers(0, 2, 300), rng.integers(0, levels, 300) / levels
    weights = rng.integers(0, 3, (20, 5)).astype(float)
    weighted = average_precision_by_group(target, scores, rng.integers(0, 5, 300))
    whole = weighted(weights)
    monkeypatch.setattr(envelope, "_CELLS", 50)
    monkeypatch.setattr(envelope, "_WEIGHTS", 7)
    assert weighted(weights) == pytest.approx(whole, abs=1e-12)
    everything = average_precision_by_group(target, scores, None)(np.ones((1, 1)))[0]
    assert everything == pytest.approx(average_precision(target, scores), abs=1e-12)


def test_ties_do_not_depend_on_row_order_and_constant_scores_give_the_share_of_positives() -> None:
    target, scores = np.array([1, 0, 0, 1, 0, 0]), np.full(6, 0.5)
    orders = [np.random.default_rng(seed).permutation(6) for seed in range(10)]
    assert [average_precision(target[o], scores[o]) for o in orders] == pytest.approx([1 / 3] * 10)


def test_perfect_reversed_and_column_scores() -> None:
    target = np.array([0, 0, 1, 1])
    assert average_precision(target, np.arange(4.0)) == 1.0
    assert average_precision(target, -np.arange(4.0)[:, None]) == pytest.approx(0.5)


def test_no_positives_is_not_a_number() -> None:
    assert math.isnan(average_precision([0, 0], [0.1, 0.2]))
    assert math.isnan(average_precision([], []))
    only_one = average_precision_by_group([0, 1], [0.1, 0.2], [0, 1])(np.array([[2.0, 0.0], [1.0, 1.0]]))
    assert math.isnan(only_one[0])
    assert only_one[1] == 1.0


@pytest.mark.parametrize(
    ("target", "scores", "words"),
    [([0, 2], [0.1, 0.2], "0 or 1"), ([0, 1], [0.1, math.nan], "finite"), ([0, 1], [[0.1, 0.2]], "Need target")],
)
def test_refuses_what_it_cannot_rank(target: list[int], scores: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        average_precision(target, scores)
