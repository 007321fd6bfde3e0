"""What the table of detection comes to: the signal that tells each defect best, and the defects that none tells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from avcur.detection.table import FILE

_BLIND = 0.7
"""AUC below which a defect counts as undetected: nine in thirty pairs of clips would be told the wrong way round."""
_NAMED = 3
"""Of the defects that are told best, in the one line for a person."""
FEW = 10
"""Defective clips below which that line does not judge: the spread of an AUC by chance is then a rough guess."""
_CHANCE = 0.01
"""Level at which the best of all signals must be better than none."""


def best(table: pl.DataFrame) -> pl.DataFrame:
    """For each defect (of a task) the signal that tells it best, best-told defects first; none where none is."""
    scored = table.filter(pl.col("auc").is_not_null())
    by = ["auc", "recall", "precision", "task", "defect", "signal"]
    order = scored.sort(by, descending=[name in by[:3] for name in by], nulls_last=True)
    return order.unique(["task", "defect"], keep="first", maintain_order=True)


def undetected(table: pl.DataFrame) -> list[str]:
    """The defects that no signal tells: the best AUC is below 0.7, or no better than chance makes the best of all."""
    planted = table.filter(pl.col("num_defective") > 0)
    signals = max(1, planted["signal"].n_unique())
    told = {
        (row["task"], row["defect"])
        for row in best(planted).iter_rows(named=True)
        if row["auc"] >= max(_BLIND, _by_chance(row, signals))
    }
    return [d for task, d in planted.select("task", "defect").unique().sort("defect").rows() if (task, d) not in told]


def _by_chance(row: Mapping[str, Any], signals: int) -> float:
    """The AUC, direction taken out, that the best of so many blind signals exceeds once in a hundred tables."""
    bad, clean = row["num_defective"], row["num_clean"]
    spread = float(np.sqrt((bad + clean + 1) / (12 * bad * clean)))
    return 0.5 + float(norm.isf(_CHANCE / (2 * signals))) * spread


def sentence(table: pl.DataFrame, folder: Path | None) -> str:
    """One line: the defects that are told best, those that no signal tells, and where the table lies."""
    few = pl.col("num_defective") < FEW
    enough, rare = table.filter(~few), table.filter(few & (pl.col("num_defective") > 0))
    first = best(enough).head(_NAMED).iter_rows(named=True)
    top = [f"{row['defect']} by {row['signal']} (AUC {row['auc']:.2f})" for row in first]
    said = [f"planted defects told best: {', '.join(top) or 'none'}"]
    said.append(f"told by no signal: {', '.join(undetected(enough)) or 'none'}")
    if len(rare):
        said.append(f"too few clips to say: {', '.join(sorted(rare['defect'].unique()))}")
    return "; ".join([*said, f"all: {folder}/{FILE}"])
