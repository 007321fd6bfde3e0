"""Per-item predictions as a table, and the metrics of a run computed from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from avcur.metrics import active_speaker, audio_type, classification, synchrony, verification
from avcur.metrics.primary import of_column
from avcur.tasks import AUDIO_TYPES, task_named
from avcur.training.protocols import Data, Item
from avcur.training.trials import COHORT, cohort_of, embeddings, trial_table
from avcur.variants.strata import with_by_columns
from avcur.variants.variant import Variant

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Outputs = Mapping[str, Sequence[Mapping[str, Any]]]
"""Batches of predictions by split."""


def _trials(metric: Callable[..., float]) -> Callable[[Ints, Floats], float]:
    """A verification metric over one trial per test item and class: is it that speaker, at its class score."""
    return lambda target, scores: metric(*verification.one_vs_rest_trials(target, scores))


def _verification(column: int) -> dict[str, Callable[[Ints, Floats], float]]:
    """The verification metrics of one column of trial scores: 0 as they are, 1 s-normed; NaN without it."""
    suffix = "_snorm" if column else ""
    metrics: dict[str, Callable[..., float]] = {
        "eer": verification.equal_error_rate,
        "min_dcf_p0.01": verification.min_dcf,
        "min_dcf_p0.05": partial(verification.min_dcf, p=0.05),
    }
    return {f"{name}{suffix}": of_column(metric, column) for name, metric in metrics.items()}


def _f1_of(name: str, target: Ints, scores: Floats) -> float:
    return audio_type.f1_of_each(target, scores)[f"f1_{name}"]


METRICS: dict[str, dict[str, Callable[[Ints, Floats], float]]] = {
    "active_speaker": {"ap": active_speaker.average_precision},
    "speaker_id": {
        "accuracy": classification.accuracy,
        "top5_accuracy": partial(classification.top_k_accuracy, k=5),
        "macro_f1": classification.macro_f1,
        "eer": _trials(verification.equal_error_rate),
        "min_dcf_p0.01": _trials(verification.min_dcf),
        "min_dcf_p0.05": _trials(partial(verification.min_dcf, p=0.05)),
    },
    "speaker_verification": {**_verification(0), **_verification(1)},
    "audio_type": {
        "macro_f1": audio_type.macro_f1,
        "accuracy": audio_type.accuracy,
        **{f"f1_{name}": partial(_f1_of, name) for name in AUDIO_TYPES},
        "music_f1": audio_type.music_present_f1,
    },
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
        "clean": [clean.issuperset(item.clip_ids) for item in picked],
    })  # fmt: skip


def tables(variant: Variant, data: Data, outputs: Outputs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The prediction tables of val and of test: a row per item or, of an open set, per trial.

    The by columns of the clips stand beside; of a trial those of its enrolment side.
    """
    bare = _items if not task_named(variant.task).open_set else _open_set
    val, test = (with_by_columns(table, variant.clips) for table in bare(data, outputs, variant.clean_test))
    return val, test


def _items(data: Data, outputs: Outputs, clean: frozenset[str]) -> Iterator[pl.DataFrame]:
    for split in ("val", "test"):
        yield prediction_table(data.items(split), outputs[split], clean)


def _open_set(data: Data, outputs: Outputs, clean: frozenset[str]) -> Iterator[pl.DataFrame]:
    vectors = {split: embeddings(outputs[split], len(data.items(split))) for split in ("val", "test", COHORT)}
    cohort = cohort_of(vectors[COHORT], [str(item.label) for item in data.items(COHORT)])
    for split in ("val", "test"):
        yield trial_table(data.items(split), data.trials(split), vectors[split], cohort, clean)


def scored(task: str, val: pl.DataFrame, test: pl.DataFrame) -> dict[str, float]:
    """`{val,test,test_clean}/{metric}` of a task; metrics that a part does not define (NaN) are left out."""
    parts = {"val": val, "test": test, "test_clean": test.filter(pl.col("clean"))}
    found = {split: arrays(table) for split, table in parts.items() if len(table)}
    values = {
        f"{split}/{name}": function(target, scores)
        for split, (target, scores) in found.items()
        for name, function in METRICS[task].items()
    }
    if (thresholds := calibrated(task, val)) is not None:
        values |= {
            f"{split}/macro_f1_calibrated": audio_type.macro_f1(*found[split], thresholds)
            for split in found.keys() - {"val"}
        }
    return {key: value for key, value in values.items() if math.isfinite(value)}


def calibrated(task: str, val: pl.DataFrame) -> tuple[float, float] | None:
    """The thresholds of speech and of music that validation asks for; None for other tasks and without any of it."""
    return audio_type.calibrated_thresholds(*arrays(val)) if task == "audio_type" and len(val) else None


def arrays(table: pl.DataFrame) -> tuple[Ints, Floats]:
    """`target` (N,) and `scores` (N, C) of a prediction table."""
    return table["target"].to_numpy(), np.asarray(table["scores"].to_list(), dtype=np.float64)
