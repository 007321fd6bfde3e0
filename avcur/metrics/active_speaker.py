"""AVA's average precision for active speaker detection, with ties that do not depend on the order of rows.

`python -m avcur.metrics.active_speaker TRUTH PREDICTIONS` is the official evaluation of AVA ActiveSpeaker.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from avcur.metrics.envelope import Ranked, step_ends
from avcur.metrics.ranking import OfWeights, binary, group_index


def average_precision(target: ArrayLike, scores: ArrayLike) -> float:
    """Average precision over all face-frames pooled, as the official AVA ActiveSpeaker script defines it.

    target (N,) 0/1, scores (N,) or (N, 1), higher is more likely speaking. Precision and recall after each
    distinct score; precision made monotone from the right (the envelope); sum of recall steps x precision.
    Without ties this is the official number (scikit-learn's has no envelope and differs). Items with equal
    scores are one step: the official script depends on their row order, and constant scores here give the share
    of positives. NaN where there are no positives: precision at all recalls is then not defined.
    """
    truth, score = binary(target, scores)
    if not truth.any():
        return math.nan
    order = np.argsort(-score)
    ends = step_ends(score[order])
    positives = np.cumsum(truth[order])[ends - 1]
    envelope = np.maximum.accumulate((positives / ends)[::-1])[::-1]
    recall = positives / positives[-1]
    return float((np.diff(recall, prepend=0.0) * envelope).sum())


def legacy_average_precision(target: ArrayLike, scores: ArrayLike) -> float:
    """scikit-learn's average precision, which has no envelope: what many papers' code printed.

    target and scores as of `average_precision`; NaN where there are no positives.
    """
    from sklearn.metrics import average_precision_score

    truth, score = binary(target, scores)
    return float(average_precision_score(truth, score)) if truth.any() else math.nan


def average_precision_by_group(target: ArrayLike, scores: ArrayLike, group: ArrayLike | None) -> OfWeights:
    """The same metric as a function of group weights (R, G) -> (R,): weight 2 counts a group's items twice."""
    truth, score = binary(target, scores)
    index, num_groups = group_index(group, truth.size)
    return Ranked.of(truth, score, index, num_groups).area


if __name__ == "__main__":
    import sys

    from avcur.metrics.ava.command import main

    sys.exit(main(sys.argv[1:]))
