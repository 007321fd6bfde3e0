"""Annotations of AVA ActiveSpeaker in the three forms in which they go round, and the tracks in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from avcur.records import FPS
from avcur.sources.ava.tables import Form, Rule, read_table

SPEAKING = "SPEAKING_AUDIBLE"
LABELS = ("NOT_SPEAKING", SPEAKING, "SPEAKING_NOT_AUDIBLE")
"""Someone whose lips talk without a sound to be heard (the third) counts as not speaking."""
RATES = (24.0, 25.0, 30.0)
"""Frame rates of the videos; 23.976 and 29.97 count as 24 and 30."""
_SNAP = 0.02
"""Largest relative distance to one of RATES: half of what lies between 24 and 25."""

ANNOTATIONS: dict[str, pl.DataType] = {
    "video_id": pl.String(), "timestamp": pl.Float64(), "x1": pl.Float64(), "y1": pl.Float64(), "x2": pl.Float64(),
    "y2": pl.Float64(), "label": pl.String(), "entity_id": pl.String(),
}  # fmt: skip
"""One face in one frame: seconds of the full video, box as fractions of the picture, and whose track it is."""
PREDICTIONS: dict[str, pl.DataType] = {**ANNOTATIONS, "score": pl.Float64()}
LOADER: dict[str, pl.DataType] = {
    "entity_id": pl.String(), "num_frames": pl.Float64(), "fps": pl.Float64(), "labels": pl.String(),
    "index": pl.Float64(),
}  # fmt: skip

HEADER = {"frame_timestamp": "timestamp", **{f"entity_box_{corner}": corner for corner in ("x1", "y1", "x2", "y2")}}
_BOX = tuple(
    rule
    for low, high in (("x1", "x2"), ("y1", "y2"))
    for rule in (
        Rule(low, pl.col(low).is_between(-1, 2), "boxes are fractions of the picture, 0 to 1"),
        Rule(high, pl.col(high).is_between(-1, 2), "boxes are fractions of the picture, 0 to 1"),
        Rule(high, pl.col(low) <= pl.col(high), f"it may not be less than {low}"),
    )
)
_TIME = Rule("timestamp", pl.col("timestamp").is_between(0, 1e7), "it must be seconds from the start of the video")
_LABEL = Rule("label", pl.col("label").is_in(LABELS), f"it must be one of {', '.join(LABELS)}")
_ASKED = Rule("label", pl.col("label") == SPEAKING, f"a prediction's label is always {SPEAKING}, whose score it gives")
_SCORE = Rule("score", pl.col("score").is_finite(), "it must be a finite number")

_ANNOTATION_FORM = Form("an annotation", ANNOTATIONS, (_TIME, *_BOX, _LABEL), HEADER)
_PREDICTION_FORM = Form("a prediction", PREDICTIONS, (_TIME, *_BOX, _ASKED, _SCORE), HEADER)
_LOADER_FORM = Form(
    "a loader's row",
    LOADER,
    (
        Rule("num_frames", pl.col("num_frames").is_between(1, 1e7), "it must be a number of at least 1"),
        Rule("fps", pl.col("fps").is_between(1, 1000), "it must be a frame rate"),
        Rule("labels", pl.col("labels").str.contains(r"^\s*\[[\d\s,]*\]\s*$"), "it must be a list such as [0, 1]"),
        Rule(
            "labels",
            pl.col("labels").str.count_matches(r"\d+") == pl.col("num_frames"),
            "it must have as many entries as num_frames says",
        ),
    ),
    {},
    separator="\t",
)


def read_annotations(path: Path) -> pl.DataFrame:
    """Rows of a file (.csv, .csv.gz) or of all such files below a folder, in ANNOTATIONS' columns and the files' order.

    The form without a header (8 columns) and the one with it (`*_orig.csv`, any order, more columns) are told apart
    by the first line; `*_loader.csv` files of a folder are passed over. A UserError names file and line of the first
    row that has not all columns, not numbers, another label than LABELS, or a box that is not one.
    """
    return read_table(Path(path), _ANNOTATION_FORM)


def read_predictions(path: Path) -> pl.DataFrame:
    """The same of predictions: a ninth column `score`, finite, and the label SPEAKING on every row."""
    return read_table(Path(path), _PREDICTION_FORM)


def read_loader(path: Path) -> pl.DataFrame:
    """Tracks of a `*_loader.csv` (tabs, no header): entity_id, num_frames, fps, labels (list of int), index."""
    labels = pl.col("labels").str.extract_all(r"\d+").cast(pl.List(pl.Int64))
    return read_table(Path(path), _LOADER_FORM).with_columns(
        labels, pl.col("num_frames").cast(pl.Int64), pl.col("index").cast(pl.Int64)
    )


def tracks(annotations: pl.DataFrame) -> pl.DataFrame:
    """One row per track, in the order of their first rows: entity_id, video_id, num_rows, start, end, fps.

    start and end are timestamps of the first and last row. Timestamps are rounded to 0.01 s, so that single steps
    cannot tell 24 from 25 frames per second: fps is the rows over the seconds of all of a video's tracks, gaps (steps
    of more than 1.5 usual ones) left out, snapped to RATES where near. It is 25 where no track has two rows.
    """
    found = annotations.group_by("video_id", "entity_id", maintain_order=True).agg(
        num_rows=pl.len(), start=pl.col("timestamp").min(), end=pl.col("timestamp").max()
    )
    rated = found.join(_rates(annotations), on="video_id", how="left", maintain_order="left")
    return rated.select(
        "entity_id", "video_id", pl.col("num_rows").cast(pl.Int64), "start", "end", pl.col("fps").fill_null(float(FPS))
    )


def _rates(annotations: pl.DataFrame) -> pl.DataFrame:
    """video_id, fps of the videos in which a track has two rows."""
    steps = (
        annotations.sort("video_id", "entity_id", "timestamp")
        .select("video_id", step=pl.col("timestamp").diff().over("video_id", "entity_id"))
        .filter(pl.col("step") > 0)
    )
    usual = pl.col("step") <= 1.5 * pl.col("step").median()  # of the video, below
    fps = steps.group_by("video_id").agg(fps=1 / pl.col("step").filter(usual).mean())
    snapped = pl.coalesce(
        *[pl.when((pl.col("fps") / rate - 1).abs() < _SNAP).then(pl.lit(rate)) for rate in RATES], "fps"
    )
    return fps.select("video_id", fps=snapped)


def summary(annotations: pl.DataFrame) -> dict[str, Any]:
    """Counts: videos, tracks, rows, and the rows of each label."""
    labels = dict(annotations["label"].value_counts().iter_rows())
    return {
        "videos": annotations["video_id"].n_unique(),
        "tracks": annotations.select(pl.struct("video_id", "entity_id").n_unique()).item(),
        "rows": len(annotations),
        **{label: int(labels.get(label, 0)) for label in LABELS},
    }
