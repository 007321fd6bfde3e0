"""Equal error rate and detection cost of verification trials, with their definitions fixed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from avcur.metrics.classification import multiclass
from avcur.metrics.ranking import Floats, Ints, Steps, binary


def equal_error_rate(target: ArrayLike, scores: ArrayLike) -> float:
    """The error rate, a fraction, at which misses and false alarms are equally frequent.

    target (N,): 1 = same speaker; scores (N,), higher = more alike. Between two thresholds of the curve the
    crossing is interpolated in a straight line (other tools take a mean or a maximum there and differ by up to a
    step). NaN where there are no trials of one kind.
    """
    miss, false_alarm = error_rates(target, scores)
    gap = miss - false_alarm
    if not np.isfinite(gap).all():
        return float("nan")
    after = int(np.argmax(gap <= 0))  # gap falls from 1 (accept nobody) to -1 (accept everybody)
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(miss[after - 1] + share * (miss[after] - miss[after - 1]))


def min_dcf(target: ArrayLike, scores: ArrayLike, p: float = 0.01) -> float:
    """The least detection cost over all thresholds, normalised: min(p miss + (1 - p) false alarm) / min(p, 1 - p).

    `p` is the prior of a target trial; both errors cost 1 (NIST SRE 2016 on). 1.0 is what always answering the
    likelier way scores. NaN where there are no trials of one kind.
    """
    if not 0 < p < 1:
        raise ValueError(f"The prior p lies between 0 and 1, got {p}")
    miss, false_alarm = error_rates(target, scores)
    return float(np.min(p * miss + (1 - p) * false_alarm) / min(p, 1 - p))


def error_rates(target: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    """Miss and false-alarm rates (S + 1,) from accepting nobody to accepting all; equal scores move together."""
    truth, score = binary(target, scores)
    steps = Steps.of(truth, score, np.zeros(truth.size, dtype=np.int64), 1)
    accepted, wrongly = (np.concatenate([[0.0], counts[0]]) for counts in (steps.positives, steps.negatives))
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - accepted / accepted[-1], wrongly / wrongly[-1]


def one_vs_rest_trials(target: ArrayLike, scores: ArrayLike) -> tuple[Ints, Floats]:
    """Class scores (N, C) as N x C trials "is this item of that class": targets (N*C,) and scores (N*C,)."""
    truth, score = multiclass(target, scores)
    same = truth[:, None] == np.arange(score.shape[1])[None, :]
    return same.astype(np.int64).ravel(), score.ravel()
