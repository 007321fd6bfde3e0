"""Counts above a falling threshold, by group of items: what every rank-based metric is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
OfWeights = Callable[[Floats], Floats]
"""A metric as a function of group weights (R, G) -> (R,); weight 2 counts a group's items twice."""


def binary(target: ArrayLike, scores: ArrayLike) -> tuple[Ints, Floats]:
    """Checked (N,) targets of 0 and 1 and (N,) finite scores; scores may come as (N, 1)."""
    truth = np.asarray(target)
    score = np.asarray(scores, dtype=np.float64)
    if score.ndim == 2 and score.shape[1] == 1:
        score = score[:, 0]
    if truth.ndim != 1 or score.shape != truth.shape:
        raise ValueError(f"Need target (N,) and scores (N,) or (N, 1), got {truth.shape} and {np.shape(scores)}")
    if not np.isfinite(score).all():
        raise ValueError(f"{int((~np.isfinite(score)).sum())} of {score.size} scores are not finite")
    if not np.isin(truth, (0, 1)).all():
        raise ValueError(f"A binary target is 0 or 1, got {np.unique(truth)[:5].tolist()}")
    return truth.astype(np.int64), score


def group_index(group: ArrayLike | None, size: int) -> tuple[Ints, int]:
    """(N,) indices 0..G-1 and G; without groups all items are in one. Indices may leave some groups empty."""
    if group is None:
        return np.zeros(size, dtype=np.int64), 1
    index = np.asarray(group, dtype=np.int64)
    if index.shape != (size,):
        raise ValueError(f"Need one group index per item, got {index.shape} for {size} items")
    return index, int(index.max()) + 1 if size else 1


@dataclass(frozen=True)
class Steps:
    """How many positives and negatives of each group score at or above each threshold.

    A step is one distinct score, highest first; items with equal scores enter together, so that the order of
    the rows cannot matter. `positives` and `negatives` are (G, S), cumulative over the S steps.
    """

    positives: Floats
    negatives: Floats

    @classmethod
    def of(cls, target: Ints, scores: Floats, group: Ints, num_groups: int) -> Steps:
        _, step = np.unique(-scores, return_inverse=True)
        num_steps = int(step.max()) + 1 if step.size else 0
        counts = np.zeros((2, num_groups, num_steps))
        np.add.at(counts, (target, group, step), 1.0)
        negatives, positives = counts.cumsum(axis=2)
        return cls(positives, negatives)
