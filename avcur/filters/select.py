"""Selection steps: they see all rows that the rules kept, and keep some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import polars as pl

from avcur.errors import UserError
from avcur.signals.base import Reads


@dataclass(frozen=True)
class SelectionContext:
    """What a step may look at besides the rows: the long signal table, and the truth of planted defects.

    `planted` are the clips with any planted defect, None for a corpus without planted truth; the oracle alone reads it.
    """

    signals: pl.DataFrame
    known: dict[str, Reads]
    planted: frozenset[str] | None
    seed: int = 0


class Step(Protocol):
    """`rows` are training clips; the result has a `reason` column, null for those kept."""

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame: ...


@dataclass(frozen=True)
class Clean:
    """The oracle: keeps the clips without a planted defect. Only a corpus with planted truth can have it."""

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        if context.planted is None:
            raise UserError("filter=oracle needs planted defects; this corpus has no truth (add defects=planted)")
        planted = pl.col("clip_id").is_in(list(context.planted))
        return rows.with_columns(pl.when(planted).then(pl.lit("planted defect")).alias("reason"))


@dataclass(frozen=True)
class Top:
    """Keeps the `count` clips, overall or per label, with the highest (or lowest) value of a signal.

    Clips without a value lose; ties are broken by clip id.
    """

    signal: str
    count: int
    per_label: bool = False
    lowest: bool = False

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        if self.signal not in context.known:
            raise UserError(f"filter.select: unknown signal {self.signal!r}; known: {', '.join(sorted(context.known))}")
        values = context.signals.filter(pl.col("signal") == self.signal).select("clip_id", "value")
        ranked = rows.join(values, on="clip_id", how="left", maintain_order="left")
        order = ranked.sort("value", "clip_id", descending=[not self.lowest, False], nulls_last=True)
        best = (
            order.group_by("label", maintain_order=True).head(self.count) if self.per_label else order.head(self.count)
        )
        kept = pl.col("clip_id").is_in(best["clip_id"].to_list())
        reason = pl.when(~kept).then(pl.lit(f"not in the top {self.count} by {self.signal}")).alias("reason")
        return ranked.with_columns(reason).select(*rows.columns, "reason")
