"""Audio type: two independent probabilities, speech and music, give four classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from avcur.metrics.classification import f1_of_classes, multiclass
from avcur.metrics.ranking import Ints, OfWeights
from avcur.tasks import AUDIO_TYPES

CLASSES = AUDIO_TYPES
"""Index 0..3 of a target."""
_CLASS_OF_BITS = np.array([[3, 1], [0, 2]])
"""[speech bit, music bit] -> class index."""


def predicted_classes(scores: ArrayLike, threshold: float = 0.5) -> Ints:
    """(N, 2) probabilities of speech and music -> (N,) indices into CLASSES; at the threshold counts as heard."""
    heard = (np.asarray(scores, dtype=np.float64) >= threshold).astype(np.int64)
    return _CLASS_OF_BITS[heard[:, 0], heard[:, 1]].astype(np.int64)


def macro_f1(target: ArrayLike, scores: ArrayLike) -> float:
    """Macro-F1 over the classes in `target`; target (N,) in 0..3, scores (N, 2). NaN for N = 0."""
    return float(macro_f1_by_group(target, scores, None)(np.ones((1, 1)))[0])


def accuracy(target: ArrayLike, scores: ArrayLike) -> float:
    """The share of items with both bits right; target (N,) in 0..3, scores (N, 2). NaN for N = 0."""
    truth, predicted = _checked(target, scores)
    return float((truth == predicted).mean()) if truth.size else float("nan")


def macro_f1_by_group(target: ArrayLike, scores: ArrayLike, group: ArrayLike | None) -> OfWeights:
    """Macro-F1 as a function of group weights (R, G) -> (R,)."""
    truth, predicted = _checked(target, scores)
    return f1_of_classes(truth, predicted, len(CLASSES), group)


def _checked(target: ArrayLike, scores: ArrayLike) -> tuple[Ints, Ints]:
    probabilities = np.asarray(scores, dtype=np.float64)
    if probabilities.ndim != 2 or probabilities.shape[1] != 2:
        raise ValueError(f"Need scores (N, 2): probabilities of speech and of music, got {probabilities.shape}")
    truth, _ = multiclass(target, np.repeat(probabilities, 2, axis=1))  # four columns: checks that targets are 0..3
    return truth, predicted_classes(probabilities)
