"""From the distances of a mouth to the sound at every lag to an offset and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from avcur.sync.backend import Distances

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

LEAST_FRAMES = 10
"""Frames that a lag rests on at least: 0.4 s, two syllables."""
SMOOTHING = 9
"""Frames of the median over a frame's distances (SyncNet's evaluation at 25 fps, Chung and Zisserman 2016)."""
_ROUNDS = 2
"""Of the fit by turns; more change the third digit of a confidence."""


class TooShortError(Exception):
    """Too few frames have sound at different lags; the message says how many of how many."""


@dataclass(frozen=True, eq=False)
class SyncScore:
    """Where a clip's sound fits its mouth best. The unit of `confidence` and `distance` is the backend's."""

    offset: int
    """Frames at 25 fps; positive: the sound leads the picture."""
    confidence: float
    """Median over lags of the mean distance, minus the one at the offset; 0 or more."""
    distance: float
    """Mean distance at the offset."""
    frame_confidence: NDArray[np.float32]
    """(T,): the median over lags as above, minus the frame's smoothed distance at the offset; NaN where it has none."""


def score(distances: Distances) -> SyncScore:
    """The offset at which mouth and sound are nearest, of two equal ones the one nearer to 0.

    A lag rests on the frames that have sound at that lag, and these differ from lag to lag: at the ends of the range
    they are fewer, and where a clip begins in silence or ends with a face turned away they are other ones. So that no
    lag wins by its frames, the levels of single frames and of single sounds are taken out (`_lag_means`), and a lag
    counts as far as it has frames: its difference to the median lag is weighed by its share of them. Lags with fewer
    than `LEAST_FRAMES` are left out; TooShortError where no more than one remains.
    """
    curve, max_lag = mean_distances(distances), distances.shape[1] // 2
    nearest_first = sorted(np.flatnonzero(~np.isnan(curve)), key=lambda column: abs(column - max_lag))
    best = int(min(nearest_first, key=lambda column: float(curve[column])))
    level, at_offset = float(np.nanmedian(curve)), distances[:, best]
    frame_confidence = (level - smoothed(at_offset)).astype(np.float32)
    return SyncScore(best - max_lag, level - float(curve[best]), float(np.nanmean(at_offset)), frame_confidence)


def mean_distances(distances: Distances) -> Floats:
    """What `score` compares, (2 L + 1,): the least is at the offset; NaN at lags left out. TooShortError as there."""
    counts = (~np.isnan(distances)).sum(axis=0)
    usable = counts >= LEAST_FRAMES
    if usable.sum() < 2:
        raise TooShortError(
            f"{counts.max(initial=0)} of {len(distances)} frames have sound at a lag; {LEAST_FRAMES} at each of two "
            f"lags are needed"
        )
    means = _lag_means(distances, usable)
    level = float(np.median(means[usable]))
    return np.where(usable, level + (means - level) * counts / counts.max(), np.nan)


def _lag_means(distances: Distances, usable: NDArray[np.bool_]) -> Floats:
    """Mean distance of every lag as if it had every frame and every sound, (2 L + 1,).

    Least squares by turns of: distance = frame's level + sound's level + lag's mean. A straight line over the lags is
    also one level that rises from frame to frame and another that falls from sound to sound, so it says nothing of
    lags and is taken out as well. With steps of 0.3 in the levels of unrelated unit vectors (75 frames), the mean over
    the frames that all lags share finds half of the offsets at the last two lags, and this one tenth (chance: 0.13).
    """
    frame, column = np.nonzero(~np.isnan(distances))
    values = distances[frame, column].astype(np.float64)
    lag = np.arange(distances.shape[1]) - distances.shape[1] // 2
    sound = frame - lag[column] + lag[-1]
    frames, sounds, lags = np.zeros(1), np.zeros(sound.max() + 1), np.zeros(len(lag))
    for _ in range(_ROUNDS):
        frames = _mean_by(frame, values - sounds[sound] - lags[column], len(distances))
        sounds = _mean_by(sound, values - frames[frame] - lags[column], len(sounds))
        lags = _mean_by(column, values - frames[frame] - sounds[sound], len(lags))
    lags = lags - _slope(lag[usable], lags[usable]) * lag
    return np.asarray(values.mean() + lags - lags[usable].mean(), np.float64)


def _mean_by(index: Indices, values: Floats, size: int) -> Floats:
    """Mean of the values of each index below `size`, (size,); 0 where there is none."""
    return np.asarray(np.bincount(index, values, size) / np.maximum(np.bincount(index, minlength=size), 1), np.float64)


def _slope(x: Indices, y: Floats) -> float:
    """Median of the slopes between all pairs (Theil and Sen), which a dip does not bend; 0 through two points."""
    if len(x) < 3:
        return 0.0
    left, right = np.triu_indices(len(x), 1)
    return float(np.median((y[right] - y[left]) / (x[right] - x[left])))


def smoothed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Running median over `SMOOTHING` frames of what is there, (T,) -> (T,); NaN stays where it was."""
    half = SMOOTHING // 2
    padded = np.concatenate([np.full(half, np.nan), values, np.full(half, np.nan)])
    result = np.full(len(values), np.nan, np.float32)
    there = ~np.isnan(values)
    if there.any():
        result[there] = np.nanmedian(sliding_window_view(padded, SMOOTHING)[there], axis=1)
    return result
