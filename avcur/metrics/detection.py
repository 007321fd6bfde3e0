"""How well one number tells defective clips from clean ones: AUC, precision and recall at a threshold found apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Detection:
    """`auc` 0.5..1 with the direction taken out: `low_is_bad` where defective clips have the lower values.

    `precision` and `recall` are of the two halves together, each judged by the threshold of the other. None: not
    defined, as no clip of a kind has a value, or is in a half, or none was caught (precision).
    """

    auc: float | None
    low_is_bad: bool
    precision: float | None
    recall: float | None


def detect(values: Floats, defective: Bools, half: Bools) -> Detection:
    """How well `values` (N,), NaN where a clip has none, tell `defective` (N,) clips.

    A threshold is the one of the best F1 on one `half` (N,) of the clips, whose direction is that of its AUC there. A
    clip without a value counts in no AUC and is never caught.
    """
    area = auc(values, defective)
    if area is None:
        return Detection(None, False, None, None)
    caught = np.zeros(len(values), dtype=bool)
    for side in (half, ~half):
        found = _best_threshold(values[side], defective[side])
        if found is None:
            return Detection(max(area, 1 - area), area < 0.5, None, None)
        sign, threshold = found
        caught |= ~side & (sign * values >= threshold)  # NaN is never caught
    true, number = int((caught & defective).sum()), int(caught.sum())
    precision = true / number if number else None
    return Detection(max(area, 1 - area), area < 0.5, precision, true / int(defective.sum()))


def auc(values: Floats, defective: Bools) -> float | None:
    """The chance that a defective clip has the higher value (Mann-Whitney), ties half; None without one of either."""
    known = ~np.isnan(values)
    bad, clean = values[known & defective], np.sort(values[known & ~defective])
    if not len(bad) or not len(clean):
        return None
    below = np.searchsorted(clean, bad, "left") + np.searchsorted(clean, bad, "right")
    return float(below.sum()) / (2 * len(bad) * len(clean))


def _best_threshold(values: Floats, defective: Bools) -> tuple[int, float] | None:
    """The sign by which high is bad and the least value then to be caught; the strictest of equally good ones."""
    area = auc(values, defective)
    if area is None:
        return None
    sign = -1 if area < 0.5 else 1
    known = ~np.isnan(values)
    order = np.argsort(-sign * values[known], kind="stable")
    ranked, hit = sign * values[known][order], defective[known][order]
    true = np.cumsum(hit)
    f1 = 2 * true / (np.arange(1, len(hit) + 1) + defective.sum())
    ends = np.flatnonzero(np.append(ranked[:-1] != ranked[1:], True))  # clips of one value are caught together
    best = ends[np.argmax(f1[ends])]
    return sign, float(ranked[best] if best == len(ranked) - 1 else (ranked[best] + ranked[best + 1]) / 2)
