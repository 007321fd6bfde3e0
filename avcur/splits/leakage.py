"""The check that no group, recording, content or near-duplicate is on both sides of a split."""

from __future__ import annotations

import polars as pl

from avcur.errors import UserError
from avcur.splits.near_duplicates import COLUMN as NEAR_DUPLICATES


def check_disjoint(rows: pl.DataFrame) -> None:
    """Raise a UserError that names a group, recording, copy or near-duplicate with rows in more than one split."""
    marked = [NEAR_DUPLICATES] if NEAR_DUPLICATES in rows.columns else []
    for column in ("group", "recording_id", "media", *marked):
        known = rows.filter(pl.col(column).is_not_null())
        sides = known.group_by(column).agg(pl.col("split").unique().sort()).filter(pl.col("split").list.len() > 1)
        if len(sides):
            name, splits = sides.sort(column).row(0)
            raise UserError(
                f"Leakage: {column} {name!r} is in {' and '.join(splits)}; "
                "give such recordings one session or entity, or use split.unit=component"
            )
