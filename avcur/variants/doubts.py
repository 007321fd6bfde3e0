"""Columns that say how far a clip's label is to be doubted: known for the training rows of a task, not of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import polars as pl

from avcur.filters.filter import Filter
from avcur.signal_table import SIGNAL_SCHEMA
from avcur.signals.base import Reads
from avcur.tasks import Task

CONFIDENCE, RANK, SUSPECT = "label_confidence", "label_rank", "label_suspect"
COLUMNS = (CONFIDENCE, RANK, SUSPECT)
"""The out-of-fold probability of the observed label (0..1), the share of the task's rows that are more doubtful (0:
none is), and 1 where confident learning finds the label wrong, else 0."""
READS: dict[str, Reads] = dict.fromkeys(COLUMNS, "anything")
Doubts = Callable[[Task, pl.DataFrame], pl.DataFrame]
"""(task, its rows with label, group and split) -> a row of `COLUMNS` per clip (SIGNAL_SCHEMA).

They hang on the task, its split and the labels observed there, wrong ones that were planted too, so they are asked for
when a variant is made, and only where its filter looks at them.
"""
NO_TASK = "hangs on a task's labels and split"


def asked_for(filter_: Filter) -> bool:
    """Whether a filter, or the one that it matches, looks at one of the columns."""
    return not set(COLUMNS).isdisjoint(filter_.columns)


def without_doubts(filter_: Filter) -> Filter:
    """The filter without its rules and selection steps that look at one of the columns.

    A step that looks at other signals too goes with them: what it would do without a doubt, nobody has said.
    """
    rules = {name: rule for name, rule in filter_.rules.items() if rule.signal not in COLUMNS}
    steps = tuple(step for step in filter_.steps if set(COLUMNS).isdisjoint(step.signals))
    return replace(filter_, rules=rules, steps=steps)


def no_values(clip_ids: Iterable[str], reason: str) -> pl.DataFrame:
    """All columns of these clips, not applicable."""
    rows = [(clip, column, "not_applicable", None, reason, None) for clip in clip_ids for column in COLUMNS]
    return pl.DataFrame(rows, schema=SIGNAL_SCHEMA, orient="row")


def values(found: pl.DataFrame) -> pl.DataFrame:
    """The columns of clips from a table with clip_id and one column of numbers for each."""
    long = found.unpivot(COLUMNS, index="clip_id", variable_name="signal", value_name="value")
    blank = {"state": pl.lit("ok"), "reason": pl.lit(None), "series": pl.lit(None)}
    return long.with_columns(**blank).select(pl.col(c).cast(dtype) for c, dtype in SIGNAL_SCHEMA.items())
