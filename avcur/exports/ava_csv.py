"""AVA ActiveSpeaker's CSV forms as they are written: what the official evaluation and the field's own loaders read."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from avcur.sources.ava.annotations import ANNOTATIONS, LABELS
from avcur.store.commit import committed

_HEADER = {"timestamp": "frame_timestamp", **{corner: f"entity_box_{corner}" for corner in ("x1", "y1", "x2", "y2")}}
_PREDICTION = [*ANNOTATIONS, "score"]


def write_annotations(path: Path, annotations: pl.DataFrame) -> None:
    """Eight columns without a header, as published. Numbers are written so that the same floats are read back."""
    _write(path, annotations.select(list(ANNOTATIONS)), header=False)


def write_predictions(path: Path, predictions: pl.DataFrame, header: bool = False) -> None:
    """Nine columns, the score last: without a header for the official script, with it for the TalkNet family's."""
    _write(path, predictions.select(_PREDICTION), header)


def write_orig(path: Path, annotations: pl.DataFrame) -> None:
    """The `*_orig.csv` of the TalkNet family: a header, and label_id and instance_id after AVA's columns.

    label_id is the label's place in LABELS. instance_id numbers the stretches of one label within a track from 0 on;
    nothing of the family reads either.
    """
    turn = pl.col("label") != pl.col("label").shift()
    number = turn.fill_null(False).cum_sum().over("video_id", "entity_id")
    table = annotations.select(list(ANNOTATIONS)).with_columns(
        label_id=pl.col("label").replace_strict({label: place for place, label in enumerate(LABELS)}),
        instance_id=pl.format("{}:{}", "entity_id", number),
    )
    _write(path, table, header=True)


def _write(path: Path, table: pl.DataFrame, header: bool) -> None:
    with committed(path) as beside:
        table.rename(_HEADER).write_csv(beside, include_header=header)
