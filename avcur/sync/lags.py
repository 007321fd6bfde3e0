"""From the distances of a mouth to the sound at every lag to an offset and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from avcur.sync.backend import Distances

LEAST_FRAMES = 10
"""Frames that a lag's mean rests on at least: 0.4 s, two syllables."""
SMOOTHING = 9
"""Frames of the median over a frame's distances (SyncNet's evaluation at 25 fps, Chung and Zisserman 2016)."""


class TooShortError(Exception):
    """Too few frames have sound at different lags; the message says how many of how many."""


@dataclass(frozen=True, eq=False)
class SyncScore:
    """Where a clip's sound fits its mouth best. The unit of `confidence` and `distance` is the backend's."""

    offset: int
    """Frames at 25 fps; positive: the sound leads the picture."""
    confidence: float
    """Median over lags of the mean distance, minus the smallest; 0 or more."""
    distance: float
    """The smallest mean distance over the lags."""
    frame_confidence: NDArray[np.float32]
    """(T,): the median over lags as above, minus the frame's smoothed distance at the offset; NaN where it has none."""


def score(distances: Distances) -> SyncScore:
    """The offset with the smallest mean distance.

    All lags are averaged over the same frames: those that have a value at every lag. Otherwise lags near the range's
    ends rest on fewer or padded frames, scatter more, and win for unrelated sound. Where fewer than `LEAST_FRAMES` are
    common to the whole range it is narrowed until they are; of two equal minima the one nearer to 0 is taken. Raises
    TooShortError where not even lags of one frame can be compared.
    """
    means, max_lag = mean_distances(distances), distances.shape[1] // 2
    nearest_first = np.argsort(np.abs(np.arange(-max_lag, max_lag + 1)), kind="stable")
    best = int(nearest_first[np.nanargmin(means[nearest_first])])
    level = float(np.nanmedian(means))
    frame_confidence = (level - smoothed(distances[:, best])).astype(np.float32)
    return SyncScore(best - max_lag, level - float(means[best]), float(means[best]), frame_confidence)


def mean_distances(distances: Distances) -> NDArray[np.float64]:
    """The mean over the common frames of each lag, (2 L + 1,); NaN outside the range that `score` narrows to."""
    max_lag = distances.shape[1] // 2
    reach, common = _widest(distances)
    means = np.full(distances.shape[1], np.nan)
    compared = slice(max_lag - reach, max_lag + reach + 1)
    means[compared] = distances[common, compared].mean(axis=0, dtype=np.float64)
    return means


def _widest(distances: Distances) -> tuple[int, NDArray[np.bool_]]:
    """The widest range of lags, at most the given one, with enough common frames; and these frames, (T,)."""
    max_lag, there = distances.shape[1] // 2, ~np.isnan(distances)
    for reach in range(max_lag, 0, -1):
        common: NDArray[np.bool_] = np.all(there[:, max_lag - reach : max_lag + reach + 1], axis=1)
        if common.sum() >= LEAST_FRAMES:
            return reach, common
    raise TooShortError(
        f"{common.sum()} of {len(distances)} frames have sound a frame earlier and later; {LEAST_FRAMES} are needed"
    )


def smoothed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Running median over `SMOOTHING` frames of what is there, (T,) -> (T,); NaN stays where it was."""
    half = SMOOTHING // 2
    padded = np.concatenate([np.full(half, np.nan), values, np.full(half, np.nan)])
    result = np.full(len(values), np.nan, np.float32)
    there = ~np.isnan(values)
    if there.any():
        result[there] = np.nanmedian(sliding_window_view(padded, SMOOTHING)[there], axis=1)
    return result
