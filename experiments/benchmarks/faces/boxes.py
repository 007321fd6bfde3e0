"""Boxes of tracks frame by frame, and how well two sets of boxes agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.records import FPS, Track

Boxes = NDArray[np.float64]
"""(N, 4) x1, y1, x2, y2."""


def sides(boxes: Boxes) -> NDArray[Any]:
    """Square root of the area, (N,)."""
    return np.sqrt(np.clip((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 0, None))


def overlaps(a: Boxes, b: Boxes) -> NDArray[Any]:
    """IoU of every pair, (A, B)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    union = sides(a)[:, None] ** 2 + sides(b)[None] ** 2 - shared
    return shared / np.maximum(union, 1e-12)


def matched(a: Boxes, b: Boxes, least: float) -> list[float]:
    """The IoU of each one-to-one pair of `least` or more, best pairs first."""
    table = overlaps(a, b)
    found: list[float] = []
    while table.size and (best := float(table.max())) >= least:
        i, j = np.unravel_index(int(table.argmax()), table.shape)
        table[i, :], table[:, j] = -1.0, -1.0
        found.append(best)
    return found


def by_frame(tracks: Sequence[Track], num_frames: int) -> list[Boxes]:
    """The boxes on show in each grid frame, fractions of the displayed picture."""
    frames: list[list[Any]] = [[] for _ in range(num_frames)]
    for track in tracks:
        first = round(track.start * FPS)
        for offset, box in enumerate(track.boxes):
            if first + offset < num_frames:
                frames[first + offset].append(box)
    return [np.array(boxes, np.float64).reshape(-1, 4) for boxes in frames]


def scale(width: int, height: int) -> NDArray[np.float64]:
    """What turns fractions of a picture into px."""
    return np.array([width, height, width, height], np.float64)
