"""The size-matched random control: what the same amount of data is worth when nobody chose it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import polars as pl

_DURATION_BINS = 4
"""Quartiles of duration: fine enough to match hours, coarse enough that a stratum has clips to draw from."""
_SWAPS = 2000
"""Tries at exchanging two clips of one label to bring the hours closer; more changes nothing measurable."""


def draw_control(candidates: pl.DataFrame, matched: pl.DataFrame, draw: int) -> tuple[pl.DataFrame, dict[str, Any]]:
    """A random part of `candidates` with the count and hours of `matched`, and the residual mismatch.

    Both are training rows with clip_id, label (observed, never true), start and end; `matched` is a part of
    `candidates`. Strata are label x quartile of duration; draw k is the same for the same rows, whoever asks.
    """
    strata = _strata(candidates)
    wanted = strata.join(matched.select("clip_id"), on="clip_id", how="semi")["stratum"].value_counts()
    rng = random.Random(f"control/{draw}")
    drawn: list[str] = []
    for stratum, count in sorted(wanted.iter_rows()):
        pool = strata.filter(pl.col("stratum") == stratum)["clip_id"].sort().to_list()
        drawn += rng.sample(pool, count)
    drawn = _closer_in_hours(strata, drawn, float(_durations(matched).sum()), rng)
    control = candidates.filter(pl.col("clip_id").is_in(drawn))
    return control, _residual(control, matched)


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
        "overlap": len(control.join(matched, on="clip_id", how="semi")) / max(len(matched), 1),
    }
