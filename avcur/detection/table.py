"""detection.parquet of a corpus: what is in it, and how rows of several runs of curate.py come together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from avcur.variants import doubts

FILE = "detection.parquet"
"""In the folder of a corpus."""
SCHEMA: dict[str, Any] = {
    "signal": pl.String, "defect": pl.String, "task": pl.String, "auc": pl.Float64, "low_is_bad": pl.Boolean,
    "precision": pl.Float64, "recall": pl.Float64, "num_defective": pl.Int64, "num_clean": pl.Int64,
    "rate": pl.Float64, "seed": pl.Int64,
}  # fmt: skip
"""One row per signal and defect; `task` is null for defects of the media, `auc` 0.5..1 with the direction taken out.

Null scores: not defined (see `metrics.detection`). The numbers are those of clips, with a value or without. Wrong
labels are planted anew for every variant, at a `rate` by a `seed`, so that one corpus has rows of several plantings;
both are null for defects of the media, of which a corpus has one planting."""
Planting = tuple[str, float, int]
"""A label defect, its rate, and the seed by which it hits."""
_PLANTING = ["task", "defect", "rate", "seed"]
_KEY = ["task", "defect", "signal", "rate", "seed"]


def label_plantings(planters: Mapping[str, Any], seed: int) -> frozenset[Planting]:
    """What plants wrong labels under one seed; `planters` by name, as objects or as in a card's recipe."""
    rates = {name: p.get("rate") if isinstance(p, Mapping) else p.rate for name, p in planters.items()}
    return frozenset((name, float(rate), seed) for name, rate in rates.items() if rate is not None)


def of_planting(table: pl.DataFrame, plantings: Collection[Planting]) -> pl.DataFrame:
    """The rows of defects of the media, and of wrong labels those of the given plantings."""
    columns = [pl.col("defect"), pl.col("rate"), pl.col("seed")]
    is_own = pl.any_horizontal(
        pl.lit(False), *(pl.all_horizontal(c == v for c, v in zip(columns, p, strict=True)) for p in plantings)
    )
    return table.filter(pl.col("task").is_null() | is_own.fill_null(False))


def merged(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The rows of `now`, and those of `before` of other tasks and plantings, or that nothing now says anything of."""
    labels = now.filter(pl.col("task").is_not_null())
    plantings = labels.select(_PLANTING).unique()
    kept = [before.filter(pl.col("task").is_not_null()).join(plantings, on=_PLANTING, how="anti")]
    for planting in plantings.iter_rows(named=True):
        had, has = before.filter(**planting), labels.filter(**planting)
        same = had.join(has.select(_KEY), on=_KEY, how="semi")
        if same.sort(_KEY).equals(has.join(same.select(_KEY), on=_KEY, how="semi").sort(_KEY)) and len(same):
            doubting = had.filter(pl.col("signal").is_in(doubts.COLUMNS))
            kept.append(doubting.join(has.select(_KEY), on=_KEY, how="anti"))
    if not now["task"].is_null().any():
        kept.append(before.filter(pl.col("task").is_null()))
    return pl.concat([now, *kept]).sort(_KEY)


def read_detection(path: Path) -> pl.DataFrame:
    """The table as it was kept; empty where there is none, or one that cannot be read."""
    try:
        return pl.read_parquet(path).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    except (pl.exceptions.PolarsError, OSError):
        return pl.DataFrame(schema=SCHEMA)
