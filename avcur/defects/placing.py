"""A source's labels for recordings whose picture a defect has moved, and for the copies that planting adds."""

from __future__ import annotations

import polars as pl

PLACING_SCHEMA = {
    "recording_id": pl.String, "original": pl.String, "left": pl.Float64, "top": pl.Float64, "width": pl.Float64,
    "height": pl.Float64,
}  # fmt: skip
"""One row per recording that was planted so: the source's recording that it was, whose whole picture now lies at
`left` and `top` in `width` x `height`, fractions of the new picture (below 0 and above 1 where it was cut)."""


def place_faces(labels: pl.DataFrame, placing: pl.DataFrame) -> pl.DataFrame:
    """Face labels (FACE_LABEL_SCHEMA) with their boxes where the faces are now, those of copies added at the end."""
    corners = [
        (pl.col(start) + pl.col(corner) * pl.col(side)).clip(0, 1).alias(corner)
        for start, side, pair in (("left", "width", ("x1", "x2")), ("top", "height", ("y1", "y2")))
        for corner in pair
    ]
    moved = _of_planted(labels, placing).with_columns(corners).select(labels.columns)
    return pl.concat([labels.join(placing, on="recording_id", how="anti", maintain_order="left"), moved])


def copy_segments(labels: pl.DataFrame, placing: pl.DataFrame) -> pl.DataFrame:
    """Labelled spans (SEGMENT_LABEL_SCHEMA), those of copies added at the end."""
    copies = placing.filter(pl.col("recording_id") != pl.col("original"))
    return pl.concat([labels, _of_planted(labels, copies).select(labels.columns)])


def _of_planted(labels: pl.DataFrame, placing: pl.DataFrame) -> pl.DataFrame:
    return labels.rename({"recording_id": "original"}).join(placing, on="original", maintain_order="left")
