"""Intersection over union of boxes (x1, y1, x2, y2 in any one unit)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def overlaps(a: Floats, b: Floats) -> Floats:
    """IoU of each of a (N, 4) with each of b (M, 4) -> (N, M); 0 for boxes without area."""
    return _overlap(np.asarray(a, np.float64).reshape(-1, 1, 4), np.asarray(b, np.float64).reshape(1, -1, 4))


def paired_overlap(a: Floats, b: Floats) -> Floats:
    """IoU of box pairs, both (N, 4) -> (N,)."""
    return _overlap(np.asarray(a, np.float64), np.asarray(b, np.float64))


def _overlap(a: Floats, b: Floats) -> Floats:
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.prod(np.clip(sides, 0, None), axis=-1)
    union = np.prod(a[..., 2:] - a[..., :2], axis=-1) + np.prod(b[..., 2:] - b[..., :2], axis=-1) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))
