"""A random part of the training rows, taken before a filter judges: how much raw data a filter is worth."""

from __future__ import annotations

import polars as pl

from avcur.seeds import generator

OUTSIDE = "outside the train share"
"""The reason of the training rows that are left out."""


def in_share(train: pl.DataFrame, share: float, draw: int) -> pl.Series:
    """Which training rows (clip_id, label) are in a random `share` of them, 0..1; the same label by label.

    At least one row of each label. A clip's place in its label's order hangs on `draw` and its id alone, so that a
    larger share keeps what a smaller one drew.
    """
    places = [float(generator(draw, clip_id, "train share").random()) for clip_id in train["clip_id"]]
    rank = pl.col("place").rank("ordinal").over("label")
    wanted = (pl.len().over("label") * share).round().clip(1)
    return train.select("label", place=pl.Series(places, dtype=pl.Float64)).select(inside=rank <= wanted)["inside"]
