"""The control of clean clips: what as much data as a filter keeps is worth with no fault in it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from typing import Any

import polars as pl

from avcur.variants.control import draw_control, is_whole, residual

_Place = tuple[float, int]
"""The duration of a candidate (s) and its row."""


def on_the_same_side(clean: pl.DataFrame, train: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The `clean` rows of the recordings that train: the clips to draw from, on their recordings' side.

    `rows` are the task's rows as they are observed, `train` those of them that train here (a share, maybe). Split and
    group of a clean row are those of its recording there, whatever its own corpus would say; a recording with clips on
    two sides, or with none at all once faults are planted, lends nothing.
    """
    sides = rows.group_by("recording_id").agg(pl.col("split").unique(), pl.col("group").first())
    training = sides.filter(pl.col("split").list.len() == 1, pl.col("split").list.first() == "train")
    training = training.join(train.select("recording_id").unique(), on="recording_id", how="semi")
    found = clean.join(
        training.select("recording_id", _group="group"), on="recording_id", how="inner", maintain_order="left"
    )
    found = found.with_columns(group="_group", split=pl.lit("train")).drop("_group")
    left_out = rows.join(train, on="clip_id", how="anti")
    return found.join(left_out, on="clip_id", how="anti", maintain_order="left")


def draw_clean(
    candidates: pl.DataFrame, train: pl.DataFrame, matched: pl.DataFrame, draw: int
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """As `draw_control`, of clean `candidates` that are no longer the rows (`train`) that `matched` was kept from.

    Labels are true in the one and observed in the other, and faces may have other tracks, so what the draw copies is a
    set of candidates that stand in for the matched clips.
    """
    copied = stand_ins(candidates, matched) if is_whole(train, matched) else matched
    judged, _ = draw_control(candidates, copied, draw)
    return judged, residual(judged.filter(pl.col("reason").is_null()), matched, train)


def stand_ins(candidates: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """For each matched clip a candidate of its own: of its label the nearest in duration, the longest clip first.

    Where a label has none left, the nearest one of any label; where nothing is left, none.
    """
    ordered = candidates.sort("clip_id")
    free: dict[Any, list[_Place]] = defaultdict(list)
    for number, (label, seconds) in enumerate(_lengths(ordered)):
        insort(free[label], (seconds, number))
    chosen = []
    for label, seconds in sorted(_lengths(matched), key=lambda clip: (-clip[1], str(clip[0]))):
        pools = [free[label]] if free[label] else [pool for pool in free.values() if pool]
        if pools:
            pool = min(pools, key=lambda pool: _distance(pool, seconds))
            chosen.append(pool.pop(_nearest(pool, seconds))[1])
    return ordered[sorted(chosen)]


def _lengths(rows: pl.DataFrame) -> list[tuple[Any, float]]:
    return list(rows.sort("clip_id").select("label", pl.col("end") - pl.col("start")).iter_rows())


def _nearest(pool: list[_Place], seconds: float) -> int:
    """The place in a sorted, non-empty pool of what is nearest to a duration."""
    place = bisect_left(pool, (seconds, -1))
    beside = [p for p in (place - 1, place) if 0 <= p < len(pool)]
    return min(beside, key=lambda p: abs(pool[p][0] - seconds))


def _distance(pool: list[_Place], seconds: float) -> float:
    return abs(pool[_nearest(pool, seconds)][0] - seconds)
