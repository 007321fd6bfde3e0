"""The size-matched random control: what the same amount of data is worth when nobody chose it."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from avcur.filters.parts import SAME, Span, split
from avcur.records import FPS, Seconds

NOT_DRAWN = "not drawn"

_DURATION_BINS = 4
"""Quartiles of duration: fine enough to match hours, coarse enough that a stratum has clips to draw from."""
_SWAPS = 2000
"""Tries at exchanging two clips of one stratum to bring the hours closer; more changes nothing measurable."""
_NEAR = 0.0025
"""The share of the hours that may be lacking or too much. Coming nearer would make every draw the same set where the
matched clips are the longest of their stratum."""
_Pool = tuple[list[tuple[str, Seconds]], list[tuple[str, Seconds]]]
"""The clips of a stratum that are drawn, and those that are not, with their durations."""


def draw_control(candidates: pl.DataFrame, matched: pl.DataFrame, draw: int) -> tuple[pl.DataFrame, dict[str, Any]]:
    """A random part of `candidates` with the count and hours of `matched`, and the residual mismatch.

    Both are training rows with clip_id, parent_id, label (observed, never true), start and end; the parents of
    `matched` are a part of `candidates`. Returns the candidates with a `reason`, null for those drawn; where the
    matched clips were trimmed or split, parts as long as theirs are drawn from random clips of the same label.
    Otherwise strata are label x quartile of duration. Draw k is the same for the same rows, whoever asks.
    """
    rng = random.Random(f"control/{draw}")
    draw_rows = _draw_whole if is_whole(candidates, matched) else _draw_parts
    judged = draw_rows(candidates, matched, rng)
    drawn = judged.filter(pl.col("reason").is_null())
    return judged, residual(drawn, matched, candidates)


def is_whole(candidates: pl.DataFrame, matched: pl.DataFrame) -> bool:
    """Whether every matched row still has the span of its clip (its sound may have been moved)."""
    same = matched.select("parent_id", "start", "end").join(
        candidates.select("parent_id", "start", "end"), on=["parent_id", "start", "end"], how="semi"
    )
    return len(same) == len(matched)


def _draw_whole(candidates: pl.DataFrame, matched: pl.DataFrame, rng: random.Random) -> pl.DataFrame:
    """Whole clips: as many of each stratum, then exchanged within strata until the hours agree."""
    strata = _strata(candidates, _edges(candidates)).sort("stratum", "clip_id")
    parents = matched.select(clip_id="parent_id")
    wanted = dict(strata.join(parents, on="clip_id", how="semi")["stratum"].value_counts().iter_rows())
    pools = []
    for (stratum,), members in strata.group_by(["stratum"], maintain_order=True):
        pool = list(members.select("clip_id", "duration").iter_rows())
        rng.shuffle(pool)
        pools.append((pool[: wanted.get(stratum, 0)], pool[wanted.get(stratum, 0) :]))
    _closer_in_hours(pools, float(_durations(matched).sum()), rng)
    drawn = pl.Series([clip_id for inside, _ in pools for clip_id, _ in inside], dtype=pl.String)
    reason = pl.when(~pl.col("clip_id").is_in(drawn.implode())).then(pl.lit(NOT_DRAWN)).alias("reason")
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


def _edges(candidates: pl.DataFrame) -> NDArray[np.float64]:
    """The inner quartiles of duration (s)."""
    shares = np.linspace(0, 1, _DURATION_BINS + 1)[1:-1]
    return np.quantile(_durations(candidates).to_numpy(), shares) if len(candidates) else np.zeros(len(shares))


def _strata(rows: pl.DataFrame, edges: NDArray[np.float64]) -> pl.DataFrame:
    """clip_id, duration (s) and stratum of rows: their label and the quartile of their duration."""
    durations = _durations(rows)
    quartile = pl.Series(np.searchsorted(edges, durations.to_numpy()))
    stratum = pl.format("{}/{}", pl.col("label").fill_null(""), quartile)
    return rows.select("clip_id", stratum=stratum).insert_column(1, durations.alias("duration"))


def _closer_in_hours(pools: Sequence[_Pool], target: Seconds, rng: random.Random) -> None:
    """Exchange clips inside for ones outside of the same stratum until the total duration is near enough."""
    excess = sum(seconds for inside, _ in pools for _, seconds in inside) - target
    mixed = [pool for pool in pools if pool[0] and pool[1]]
    sizes = list(accumulate(len(inside) for inside, _ in mixed))
    for _ in range(_SWAPS if mixed else 0):
        if abs(excess) <= _NEAR * target:
            return
        inside, outside = mixed[bisect_right(sizes, rng.randrange(sizes[-1]))]
        i, o = rng.randrange(len(inside)), rng.randrange(len(outside))
        change = outside[o][1] - inside[i][1]
        if abs(excess + change) < abs(excess):
            inside[i], outside[o] = outside[o], inside[i]
            excess += change


def residual(control: pl.DataFrame, matched: pl.DataFrame, candidates: pl.DataFrame) -> dict[str, Any]:
    """How far a drawn set is from the one whose size it copies: differences, and mismatches as shares of that (0..1).

    `label_share` and `duration_share` are the shares of the clips that would have to be others for equal counts of each
    label, and of each label and quartile of the candidates' duration.
    """
    hours, matched_hours = (float(_durations(rows).sum()) / 3600 for rows in (control, matched))
    own, wanted = (_strata(rows, _edges(candidates))["stratum"] for rows in (control, matched))
    return {
        "clips": len(control) - len(matched),
        "hours": hours - matched_hours,
        "overlap": len(control.join(matched, on="parent_id", how="semi")) / max(len(matched), 1),
        "clips_share": abs(len(control) - len(matched)) / max(len(matched), 1),
        "hours_share": abs(hours - matched_hours) / max(matched_hours, 1e-9),
        "label_share": _unlike(control["label"].fill_null(""), matched["label"].fill_null("")),
        "duration_share": _unlike(own, wanted),
    }


def _unlike(own: pl.Series, wanted: pl.Series) -> float:
    """Half the sum of differences in the counts of values, over how many are wanted."""
    counts = Counter(own.to_list())
    counts.subtract(wanted.to_list())
    return sum(map(abs, counts.values())) / 2 / max(len(wanted), 1)
