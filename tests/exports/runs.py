"""A small finished run: a variant of annotated tracks, its predictions and its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from avcur.records import FPS
from avcur.sources.ava.annotations import SPEAKING
from avcur.store.commit import write_json, write_parquet
from avcur.variants.variant import Variant
from tests.training.fake_variant import make_variant

_REJECTED = ("clip_id", "recording_id")

Score = Callable[[str, float, bool], float]
"""entity, seconds of the full video, whether the face speaks -> score."""


def truth(entity: str, time: float, speaking: bool) -> float:
    return float(speaking)


def write_run(
    root: Path, annotations: pl.DataFrame, splits: dict[str, str], score: Score = truth, *, every: int = 1,
    video_start: float = 900.0, rejected: Sequence[str] = (), **result: Any,
) -> Path:  # fmt: skip
    """A run on the annotated tracks whose videos `splits` names, every so many frames of its test clips scored.

    A filter took all clips of the videos in `rejected`.
    """
    rows = [
        clip_row(str(entity), str(video), own, splits[str(video)], video_start)
        for (entity, video), rows in annotations.group_by(["entity_id", "video_id"], maintain_order=True)
        if video in splits
        for own in stretches(rows)
    ]
    recipe = {"source": {"video_start": video_start}}
    variant = make_variant(root / "data", "active_speaker", rows, ["not_speaking", "speaking"], recipe=recipe)
    lost = pl.DataFrame({"clip_id": rejected, "recording_id": rejected}, schema=dict.fromkeys(_REJECTED, pl.String))
    write_parquet(variant.directory / "rejected.parquet", lost)
    directory = root / "run"
    write_json(directory / "result.json", {"task": "active_speaker", "variant_id": variant.id, **result})
    for split, name in (("test", "predictions.parquet"), ("val", "val.parquet")):
        write_parquet(directory / name, predictions(variant, split, score, every, video_start))
    return directory


def stretches(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of one entity, cut where half a second has none."""
    gone = (rows["timestamp"].diff() > 0.5).fill_null(False).cum_sum().alias("stretch")
    return [own.drop("stretch") for own in rows.with_columns(gone).partition_by("stretch", maintain_order=True)]


def clip_row(entity: str, video: str, own: pl.DataFrame, split: str, video_start: float) -> dict[str, Any]:
    times = own["timestamp"].to_numpy() - video_start
    first, last = round(times[0] * FPS), round(times[-1] * FPS)
    grid = np.arange(first, last + 1) / FPS
    after = np.clip(np.searchsorted(times, grid), 1, len(times) - 1)
    nearest = after - (grid - times[after - 1] < times[after] - grid)
    speaking = (own["label"] == SPEAKING).to_numpy()[nearest]
    return {
        "clip_id": f"clip-{entity}@{first}", "recording_id": video,
        "identity": entity, "split": split, "group": video, "label": "speaking", "kind": "track",
        "start": first / FPS, "end": (last + 1) / FPS,
        "speaking": speaking.tolist(),
    }  # fmt: skip


def predictions(variant: Variant, split: str, score: Score, every: int, video_start: float) -> pl.DataFrame:
    found = [
        (f"{row['clip_id']}:{frame}", row["clip_id"], row["group"], int(speaks),
         [score(row["identity"], video_start + row["start"] + frame / FPS, speaks)], True)
        for row in variant.rows(split).iter_rows(named=True)
        for frame, speaks in enumerate(row["speaking"])
        if frame % every == math.floor(every / 2)
    ]  # fmt: skip
    schema = {
        "item_id": pl.String, "clip_id": pl.String, "group": pl.String, "target": pl.Int64,
        "scores": pl.List(pl.Float64), "clean": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(found, schema=schema, orient="row")
