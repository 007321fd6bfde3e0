"""Selection steps: they see all rows that the rules kept, and keep some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import polars as pl

from avcur.errors import UserError
from avcur.signal_table import SignalTable
from avcur.signals.base import Reads
from avcur.splits.near_duplicates import COLUMN, HASH, MAX_DISTANCE, near_duplicates

NEAR_DUPLICATE = "near-duplicate"
"""Begins the reason of a clip that another one stands for; which one follows."""


@dataclass(frozen=True)
class SelectionContext:
    """What a step may look at besides the rows: the signal table, and the truth of planted defects.

    `planted` are the clips with any planted defect, None for a corpus without planted truth; the oracle alone reads it.
    """

    signals: SignalTable
    known: dict[str, Reads]
    planted: frozenset[str] | None
    seed: int = 0

    def measurements(self, signal: str) -> pl.DataFrame:
        """What was measured of one signal: parent_id, state, value and series."""
        return self.signals.rows(signal).select("state", "value", "series", parent_id="clip_id")


class Step(Protocol):
    """`rows` are training clips; the result has a `reason` column, null for those kept.

    A step may give a row another span or audio offset, or make several of it (see `avcur.filters.parts`); a row goes by
    the measurements of its `parent_id`. `signals` are those that it looks at: a filter is checked for them before any
    work.
    """

    @property
    def signals(self) -> tuple[str, ...]: ...

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame: ...


@dataclass(frozen=True)
class Clean:
    """The oracle: keeps the clips without a planted defect. Only a corpus with planted truth can have it."""

    signals: ClassVar[tuple[str, ...]] = ()

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        if context.planted is None:
            raise UserError("filter=oracle needs planted defects; this corpus has no truth (add defects=planted)")
        planted = pl.col("parent_id").is_in(list(context.planted))
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

    @property
    def signals(self) -> tuple[str, ...]:
        return (self.signal,)

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        ranked = _with_value(rows, context, self.signal)
        order = ranked.sort("value", "clip_id", descending=[not self.lowest, False], nulls_last=True)
        best = (
            order.group_by("label", maintain_order=True).head(self.count) if self.per_label else order.head(self.count)
        )
        kept = pl.col("clip_id").is_in(best["clip_id"].to_list())
        reason = pl.when(~kept).then(pl.lit(f"not in the top {self.count} by {self.signal}")).alias("reason")
        return ranked.with_columns(reason).select(*rows.columns, "reason")


@dataclass(frozen=True)
class NearDuplicates:
    """Keeps one recording of each set of near-duplicates (see `near_duplicates`): that of the set's best clip.

    The best has the highest (or `lowest`) value of the signal `by`, then it is the longest, then the first by id. The
    kept recording's other clips in the set stay too, since clips of one recording are not duplicates of each other.
    """

    max_distance: int | None = MAX_DISTANCE
    by: str | None = None
    lowest: bool = False

    @property
    def signals(self) -> tuple[str, ...]:
        return HASH if self.by is None else (*HASH, self.by)

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        if self.max_distance is None:
            raise UserError("near-duplicates need a distance; give split.near_duplicates or the step's max_distance")
        clips = rows.with_columns(clip_id=pl.col("parent_id"))
        marked = rows.with_columns(near_duplicates(clips, context.signals, self.max_distance))
        best = self._best(marked, context).select(COLUMN, best="clip_id", kept="recording_id")
        judged = marked.join(best, on=COLUMN, how="left", maintain_order="left")
        stands_for = pl.lit(f"{NEAR_DUPLICATE} of ") + pl.col("best")
        reason = pl.when(pl.col("recording_id") != pl.col("kept")).then(stands_for).alias("reason")
        return judged.with_columns(reason).select(*rows.columns, "reason")

    def _best(self, marked: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        """The first clip of each set in the order of preference."""
        length = (pl.col("end") - pl.col("start")).alias("length")
        order = marked.with_columns(length).sort("length", "clip_id", descending=[True, False])
        if self.by is not None:
            valued = _with_value(order, context, self.by)
            order = valued.sort("value", descending=not self.lowest, nulls_last=True, maintain_order=True)
        return order.filter(pl.col(COLUMN).is_not_null()).group_by(COLUMN, maintain_order=True).first()


def _with_value(rows: pl.DataFrame, context: SelectionContext, signal: str) -> pl.DataFrame:
    """`rows` with the `value` of a signal, null where there is none."""
    values = context.measurements(signal).select("parent_id", "value")
    return rows.join(values, on="parent_id", how="left", maintain_order="left")
