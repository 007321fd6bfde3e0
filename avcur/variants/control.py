"""The size-matched random control: what the same amount of data is worth when nobody chose it."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, insort
from collections import defaultdict
from typing import Any

import numpy as np
import polars as pl

from avcur.filters.parts import SAME, Span, split
from avcur.records import FPS, Seconds

NOT_DRAWN = "not drawn"

_DURATION_BINS = 4
"""Quartiles of duration: fine enough to match hours, coarse enough that a stratum has clips to draw from."""
_SWAPS = 2000
"""Tries at exchanging two clips of one label to bring the hours closer; more changes nothing measurable."""


def draw_control(candidates: pl.DataFrame, matched: pl.DataFrame, draw: int) -> tuple[pl.DataFrame, dict[str, Any]]:
    """A random part of `candidates` with the count and hours of `matched`, and the residual mismatch.

    Both are training rows with clip_id, parent_id, label (observed, never true), start and end; the parents of
    `matched` are a part of `candidates`. Returns the candidates with a `reason`, null for those drawn; where the
    matched clips were trimmed or split, parts as long as theirs are drawn from random clips of the same label.
    Otherwise strata are label x quartile of duration. Draw k is the same for the same rows, whoever asks.
    """
    rng = random.Random(f"control/{draw}")
    draw_rows = _draw_whole if _is_whole(candidates, matched) else _draw_parts
    judged = draw_rows(candidates, matched, rng)
    drawn = judged.filter(pl.col("reason").is_null())
    return judged, _residual(drawn, matched)


def _is_whole(candidates: pl.DataFrame, matched: pl.DataFrame) -> bool:
    """Whether every matched row still has the span of its clip (its sound may have been moved)."""
    same = matched.select("parent_id", "start", "end").join(
        candidates.select("parent_id", "start", "end"), on=["parent_id", "start", "end"], how="semi"
    )
    return len(same) == len(matched)


def _draw_whole(candidates: pl.DataFrame, matched: pl.DataFrame, rng: random.Random) -> pl.DataFrame:
    """Whole clips: as many of each stratum, then exchanged until the hours agree."""
    strata = _strata(candidates)
    parents = matched.select(clip_id="parent_id")
    wanted = strata.join(parents, on="clip_id", how="semi")["stratum"].value_counts()
    drawn: list[str] = []
    for stratum, count in sorted(wanted.iter_rows()):
        pool = strata.filter(pl.col("stratum") == stratum)["clip_id"].sort().to_list()
        drawn += rng.sample(pool, count)
    drawn = _closer_in_hours(strata, drawn, float(_durations(matched).sum()), rng)
    reason = pl.when(~pl.col("clip_id").is_in(drawn)).then(pl.lit(NOT_DRAWN)).alias("reason")
    return candidates.with_columns(reason)


def _draw_parts(candidates: pl.DataFrame, matched: pl.DataFrame, rng: random.Random) -> pl.DataFrame:
    """For each matched part, the longest first, one as long at an end of a random free span of its label.

    Where no span is long enough any more the longest is taken, which the residual shows.
    """
    rows = candidates.sort("clip_id").to_dicts()
    free: dict[Any, list[tuple[float, int, float]]] = defaultdict(list)  # label -> (length, row, start), sorted
    for number, row in enumerate(rows):
        insort(free[row["label"]], (row["end"] - row["start"], number, row["start"]))
    drawn: dict[int, list[Span]] = defaultdict(list)
    lengths = matched.with_columns(length=_durations(matched)).sort("length", "clip_id", descending=[True, False])
    for label, length in lengths.select("label", "length").iter_rows():
        if spans := free[label]:
            eligible = bisect_left(spans, (length - SAME,))
            room, number, start = spans.pop(rng.randrange(min(eligible, len(spans) - 1), len(spans)))
            taken, left = _placed(start, room, min(length, room), at_end=rng.random() < 0.5)
            drawn[number].append(taken)
            if left[1] - left[0] > SAME:
                insort(spans, (left[1] - left[0], number, left[0]))
    parts = [part for number, row in enumerate(rows) for part in split(row, sorted(drawn[number]), NOT_DRAWN)]
    return pl.DataFrame(parts, schema={**candidates.schema, "reason": pl.String})


def _placed(start: Seconds, room: Seconds, length: Seconds, at_end: bool) -> tuple[Span, Span]:
    """A span of `length` at one end of a free one, and what stays free; on the grid of frames from `start`."""
    frames = round(length * FPS) / FPS
    if not at_end or room - length < 1 / FPS:
        stop = start + (length if room - length <= SAME else min(frames, room))
        return (start, stop), (stop, start + room)
    first = start + math.floor((room - length) * FPS) / FPS
    return (first, min(first + frames, start + room)), (start, first)


def _durations(rows: pl.DataFrame) -> pl.Series:
    return rows["end"] - rows["start"]


def _strata(rows: pl.DataFrame) -> pl.DataFrame:
    durations = _durations(rows).to_numpy()
    edges = np.quantile(durations, np.linspace(0, 1, _DURATION_BINS + 1)[1:-1]) if len(durations) else []
    bins = np.searchsorted(edges, durations)
    labels = rows["label"].fill_null("").to_list()
    stratum = [f"{label}/{b}" for label, b in zip(labels, bins, strict=True)]
    return pl.DataFrame({"clip_id": rows["clip_id"], "label": labels, "duration": durations, "stratum": stratum})


def _closer_in_hours(strata: pl.DataFrame, drawn: list[str], target: float, rng: random.Random) -> list[str]:
    """Exchange drawn clips for undrawn ones of the same label while that brings the total duration nearer."""
    duration = dict(strata.select("clip_id", "duration").iter_rows())
    label = dict(strata.select("clip_id", "label").iter_rows())
    inside = sorted(drawn)
    outside = sorted(set(duration) - set(drawn))
    excess = sum(duration[c] for c in inside) - target
    for _ in range(_SWAPS if inside and outside else 0):
        i, o = rng.randrange(len(inside)), rng.randrange(len(outside))
        change = duration[outside[o]] - duration[inside[i]]
        if label[inside[i]] == label[outside[o]] and abs(excess + change) < abs(excess):
            inside[i], outside[o] = outside[o], inside[i]
            excess += change
    return inside


def _residual(control: pl.DataFrame, matched: pl.DataFrame) -> dict[str, Any]:
    return {
        "clips": len(control) - len(matched),
        "hours": (float(_durations(control).sum()) - float(_durations(matched).sum())) / 3600,
        "overlap": len(control.join(matched, on="parent_id", how="semi")) / max(len(matched), 1),
    }
