from collections import Counter

import numpy as np
import pytest
import torch

from datamodules.frame_batches import BalancedBatches, TrackBatches


@pytest.mark.parametrize("frames", [1, 60, 200, 2000, 10**6])
def test_tracks_are_grouped_by_the_published_rule(frames: int) -> None:
    lengths = np.random.default_rng(0).integers(21, 305, 200).tolist()
    batches = list(TrackBatches(lengths, frames))
    assert len(batches) == len(TrackBatches(lengths, frames))
    assert sorted(i for batch in batches for i in batch) == list(range(200))
    falling, expected = sorted(lengths, reverse=True), []
    while falling:
        size = max(int(frames / falling[0]), 1)
        expected.append(falling[:size])
        falling = falling[size:]
    assert sorted([lengths[i] for i in batch] for batch in batches) == sorted(expected)
    assert all(len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= frames for batch in batches)


def test_passes_differ_in_the_order_of_batches_and_among_equal_lengths() -> None:
    torch.manual_seed(0)
    batches = TrackBatches([50] * 20 + [30] * 20, 150)
    first, second = list(batches), list(batches)
    assert first != second
    assert {frozenset(b) for b in first} != {frozenset(b) for b in second}
    different = TrackBatches(list(range(20, 60)), 150)
    assert list(different) != (again := list(different))
    assert {frozenset(b) for b in different} == {frozenset(b) for b in again}


def test_classes_are_balanced_by_drawing_the_large_one_anew() -> None:
    torch.manual_seed(0)
    batches = BalancedBatches([1] * 10 + [0] * 70, 16)
    passes = [[i for batch in batches for i in batch] for _ in range(2)]
    assert len(batches) == len(list(batches)) == 5
    for drawn in passes:
        seen = Counter(drawn)
        assert sum(n for i, n in seen.items() if i < 10) == 40
        assert {n for i, n in seen.items() if i < 10} == {4}
        assert {n for i, n in seen.items() if i >= 10} == {1}
    assert set(passes[0]) != set(passes[1])


def test_balanced_batches_are_full_whatever_the_counts() -> None:
    batches = list(BalancedBatches([0, 1, 0, 0, 2], 4))
    assert [len(b) for b in batches] == [4, 4]
    assert {len(b) for b in BalancedBatches([1, 1, 1], 8)} == {8}
