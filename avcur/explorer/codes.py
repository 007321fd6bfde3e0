"""Measurements as codes of two bytes, from which a page knows exactly what `min` and `max` make of each threshold."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from avcur.explorer.thresholds import Values

FAILED, NOT_APPLICABLE = 0xFFFF, 0xFFFE
"""The codes of clips without a value; where nothing was measured it counts as failed, as it does to a rule."""


def encode(measured: pl.DataFrame, thresholds: Values) -> NDArray[np.uint16]:
    """The code of each row (columns state, value) among N rising thresholds (N,), uint16.

    It is twice the number of thresholds below the value, and one more where the value is one of them. So a value is >=
    threshold j where its code is >= 2 j + 1, and <= threshold j where it is <= 2 j + 1: with the floats' own
    comparisons, of which none is left to the page. NaN is above all numbers, as Polars has it.
    """
    values = measured["value"].fill_null(0.0).to_numpy()
    below = np.searchsorted(thresholds, values, side="left")
    nearest = thresholds[np.minimum(below, len(thresholds) - 1)] if len(thresholds) else np.full(len(values), np.nan)
    codes: NDArray[np.uint16] = (2 * below + (nearest == values)).astype(np.uint16)
    state = measured["state"].fill_null("failed")
    codes[(state == "failed").to_numpy()] = FAILED
    codes[(state == "not_applicable").to_numpy()] = NOT_APPLICABLE
    return codes
