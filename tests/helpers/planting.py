"""A source of given recordings to plant in, and how far a sound leads another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.signal import correlate

from avcur.records import Recording


@dataclass
class Listed:
    """A source of given recordings."""

    listed: list[Recording]
    name: str = "listed"
    faces: pl.DataFrame | None = None
    segments: pl.DataFrame | None = None

    def recordings(self) -> list[Recording]:
        return self.listed

    def face_labels(self) -> pl.DataFrame | None:
        return self.faces

    def segment_labels(self) -> pl.DataFrame | None:
        return self.segments

    def key(self) -> Any:
        return {"listed": [r.id for r in self.listed]}


def lead(before: NDArray[np.float32], after: NDArray[np.float32]) -> int:
    """Samples by which `after` leads `before`, by the peak of their cross-correlation."""
    return int(np.argmax(correlate(before, after, method="fft"))) - (len(after) - 1)
