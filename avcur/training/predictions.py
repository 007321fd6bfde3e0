"""Per-item predictions as a table, and the metrics of a run computed from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from avcur.metrics import active_speaker, audio_type, classification, synchrony, verification
from avcur.training.protocols import Item

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def _trials(metric: Callable[..., float]) -> Callable[[Ints, Floats], float]:
    """A verification metric over one trial per test item and class: is it that speaker, at its class score."""
    return lambda target, scores: metric(*verification.one_vs_rest_trials(target, scores))


METRICS: dict[str, dict[str, Callable[[Ints, Floats], float]]] = {
    "active_speaker": {"ap": active_speaker.average_precision},
    "speaker_id": {
        "accuracy": classification.accuracy,
        "macro_f1": classification.macro_f1,
        "eer": _trials(verification.equal_error_rate),
        "min_dcf_p0.01": _trials(verification.min_dcf),
    },
    "audio_type": {"macro_f1": audio_type.macro_f1, "accuracy": audio_type.accuracy},
    "av_sync": {"within_1": synchrony.within_1, "within_3": synchrony.within_3},
}
"""task -> metric -> (target (N,), scores (N, C)) -> value; the same functions recompute them from the stored table."""


def prediction_table(
    items: Sequence[Item], outputs: Sequence[Mapping[str, Any]], clean: frozenset[str]
) -> pl.DataFrame:
    """One row per predicted item (active_speaker: per frame), in the order of items and frames.

    Each output has `index` (n,) into `items`, `target` (n,), `scores` (n, C) and, for frames, `frame` (n,).
    """
    joined = {key: np.concatenate([np.asarray(o[key]) for o in outputs]) for key in outputs[0]}
    index = joined["index"].astype(np.int64)
    frame = joined.get("frame", np.zeros_like(index))
    order = np.lexsort((frame, index))
    suffixes = [f":{f}" for f in frame[order]] if "frame" in joined else [""] * len(order)
    picked = [items[i] for i in index[order]]
    return pl.DataFrame({
        "item_id": [item.id + suffix for item, suffix in zip(picked, suffixes, strict=True)],
        "clip_id": [item.clip_id for item in picked],
        "group": [item.group for item in picked],
        "target": joined["target"][order].astype(np.int64),
        "scores": pl.Series(joined["scores"][order].astype(np.float64).tolist(), dtype=pl.List(pl.Float64)),
        "clean": [item.clip_id in clean for item in picked],
    })  # fmt: skip


def scored(task: str, val: pl.DataFrame, test: pl.DataFrame) -> dict[str, float]:
    """`{val,test,test_clean}/{metric}` of a task; metrics that a part does not define (NaN) are left out."""
    parts = {"val": val, "test": test, "test_clean": test.filter(pl.col("clean"))}
    values = {
        f"{split}/{name}": function(*arrays(table))
        for split, table in parts.items()
        if len(table)
        for name, function in METRICS[task].items()
    }
    return {key: value for key, value in values.items() if math.isfinite(value)}


def arrays(table: pl.DataFrame) -> tuple[Ints, Floats]:
    """`target` (N,) and `scores` (N, C) of a prediction table."""
    return table["target"].to_numpy(), np.asarray(table["scores"].to_list(), dtype=np.float64)
