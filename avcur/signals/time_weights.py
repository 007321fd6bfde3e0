"""Means over a clip's pictures by the time that each stands for: neither frames nor samples lie evenly in time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avcur.records import FPS
from avcur.signals.base import ClipMedia, NotApplicableError
from avcur.signals.media import EDGE, Rows

Floats = NDArray[np.float64]


def on_show(times: ArrayLike, start: float, end: float) -> Floats:
    """Seconds of [start, end) for which each picture is on show, from its rising time to the next one's, (N,).

    The first is on show from `start` even where its own time is later, the last until `end`.
    """
    edges = np.append(np.asarray(times, np.float64), end)
    edges[0] = start
    return np.diff(np.clip(edges, start, end))


def around(times: ArrayLike, start: float, end: float) -> Floats:
    """Seconds of [start, end) that are nearest to each of the rising times: half the gaps to its neighbours, (S,)."""
    at = np.asarray(times, np.float64)
    edges = np.concatenate([[start], (at[1:] + at[:-1]) / 2, [end]])
    return np.diff(np.clip(edges, start, end))


def weighted_mean(values: ArrayLike, weights: Floats) -> float:
    """Mean of the values that are numbers; NaN where none is or all of them weigh nothing."""
    numbers = np.asarray(values, np.float64)
    there = ~np.isnan(numbers)
    total = float(weights[there].sum())
    return float((numbers[there] * weights[there]).sum() / total) if total > 0 else float("nan")


def weighted_median(values: ArrayLike, weights: Floats) -> float:
    """The value below which half of the weight lies, midway between two where they share it; of at least one number."""
    numbers = np.asarray(values, np.float64)
    order = np.argsort(numbers, kind="stable")
    below = np.cumsum(weights[order])
    half = below[-1] / 2
    slack = 1e-9 * below[-1]
    low, high = np.searchsorted(below, [half - slack, half + slack])
    return float(numbers[order[[low, min(high, len(order) - 1)]]].mean())


def picture_span(media: ClipMedia) -> tuple[float, float]:
    """Start and end (s) of the part of the clip that has a picture; NotApplicableError where it has none."""
    start, end = media.clip.start, min(media.clip.end, media.need_look().duration)
    if end - start < EDGE:
        raise NotApplicableError("the picture ends before the clip begins")
    return start, end


def frame_seconds(media: ClipMedia) -> Floats:
    """Seconds of the clip for which each of its `frames` is on show, (N,)."""
    start, end = picture_span(media)
    return on_show(media.need_look().frame_time[media.frames], start, end)


def sample_seconds(media: ClipMedia) -> Floats:
    """Seconds of the clip for which each of its `samples` stands, (S,); a sample is at the middle of its frame."""
    start, end = picture_span(media)
    return around(media.need_look().sample_time[media.need_samples()] + 0.5 / FPS, start, end)


def own_faces(media: ClipMedia) -> tuple[Rows, Floats]:
    """Rows of the `face_*` columns of the clip's own face (F,), and the seconds (F,) for which each stands."""
    rows = media.need_faces()
    return rows, sample_seconds(media)[media.own_faces >= 0]
