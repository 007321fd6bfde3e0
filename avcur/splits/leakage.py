"""The check that no group, recording or content is on both sides of a split."""

from __future__ import annotations

import polars as pl

from avcur.errors import UserError


def check_disjoint(rows: pl.DataFrame) -> None:
    """Raise a UserError that names a group, recording or copy which has rows in more than one split."""
    for column in ("group", "recording_id", "media"):
        sides = rows.group_by(column).agg(pl.col("split").unique().sort()).filter(pl.col("split").list.len() > 1)
        if len(sides):
            name, splits = sides.sort(column).row(0)
            raise UserError(
                f"Leakage: {column} {name!r} is in {' and '.join(splits)}; "
                "give such recordings one session or entity, or use split.unit=component"
            )
