"""AVA's average precision for active speaker detection, with ties that do not depend on the order of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from avcur.metrics.ranking import Floats, OfWeights, Steps, binary, group_index

_CELLS = 4_000_000
"""Weights x steps per block: 32 MB of float64, whatever the number of resamples."""


def average_precision(target: ArrayLike, scores: ArrayLike) -> float:
    """Average precision over all face-frames pooled, as the official AVA ActiveSpeaker script defines it.

    target (N,) 0/1, scores (N,) or (N, 1), higher is more likely speaking. Precision and recall after each
    distinct score; precision made monotone from the right (the envelope); sum of recall steps x precision.
    Without ties this is the official number (scikit-learn's has no envelope and differs). Items with equal
    scores are one step: the official script depends on their row order, and constant scores here give the share
    of positives. NaN where there are no positives: precision at all recalls is then not defined.
    """
    return float(average_precision_by_group(target, scores, None)(np.ones((1, 1)))[0])


def average_precision_by_group(target: ArrayLike, scores: ArrayLike, group: ArrayLike | None) -> OfWeights:
    """The same metric as a function of group weights (R, G) -> (R,): weight 2 counts a group's items twice."""
    truth, score = binary(target, scores)
    index, num_groups = group_index(group, truth.size)
    steps = Steps.of(truth, score, index, num_groups, merge=True)

    def weighted(weights: Floats) -> Floats:
        block = max(1, _CELLS // max(1, steps.positives.shape[1]))
        parts = [_envelope_area(weights[i : i + block], steps) for i in range(0, len(weights), block)]
        return np.concatenate(parts) if parts else np.empty(0)

    return weighted


def _envelope_area(weights: Floats, steps: Steps) -> Floats:
    num_groups, num_steps = steps.positives.shape
    if num_steps == 0:
        return np.full(len(weights), np.nan)
    positives = weights[:, :num_groups] @ steps.positives
    taken = weights[:, :num_groups] @ steps.negatives
    taken += positives
    precision = np.divide(positives, taken, out=np.zeros_like(taken), where=taken > 0)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    total = positives[:, -1]
    gained = np.diff(positives, axis=1, prepend=0.0)
    area = np.einsum("rs,rs->r", gained, envelope)
    average: Floats = np.divide(area, total, out=np.full(len(total), np.nan), where=total > 0)
    return average
