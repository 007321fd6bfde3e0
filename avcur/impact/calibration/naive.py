"""The interval that avcur does not use: a plain bootstrap over runs and test groups, for contrast."""

from __future__ import annotations

import numpy as np

from avcur.impact.scores import Sample
from avcur.metrics.intervals import percentiles
from avcur.metrics.ranking import Floats


def naive_interval(treated: Sample, reference: Sample, rng: np.random.Generator) -> tuple[float, float]:
    """The middle 95 % of the difference of means when runs of each arm and test groups are drawn with replacement.

    It takes the treated arm's seeds for all there is to vary in it: that its one set is a draw too is left out, and
    five runs drawn from five scatter less than five new ones.
    """
    low, high = percentiles(_redrawn(treated, rng) - _redrawn(reference, rng))
    return float(low), float(high)


def _redrawn(arm: Sample, rng: np.random.Generator) -> Floats:
    """The mean score of runs drawn anew for each resample of the groups, (R,)."""
    runs, resamples = arm.resampled.shape
    drawn = rng.integers(0, runs, (runs, resamples))
    means: Floats = np.take_along_axis(arm.resampled, drawn, axis=0).mean(axis=0)
    return means
