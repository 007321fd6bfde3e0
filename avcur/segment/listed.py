"""Tracks that somebody listed, boxes at some times, as tracks on the 25 fps grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.records import FPS, Track


def interpolated(
    at: NDArray[np.int64], where: NDArray[Any], known: NDArray[Any], boxes: NDArray[np.float64], seen: NDArray[np.bool_]
) -> Track:
    """The track over grid frames `at` (T,), which lie at `where` (T,) among the `known` places (N,) of `boxes` (N, 4).

    `seen` (T,) says in which frames the face counts as detected; between known places boxes are interpolated.
    """
    dense = np.stack([np.interp(where, known, boxes[:, k]) for k in range(4)], axis=1)
    return Track(int(at[0]) / FPS, tuple((a, b, c, d) for a, b, c, d in dense.tolist()), tuple(seen.tolist()))
