"""Dealing whole groups of clips to the sides of a split in given shares, stratified by label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Literal, get_args

import polars as pl

from avcur.errors import UserError
from avcur.store.keys import digest
from avcur.tasks import SplitUnit, Task

Unit = SplitUnit | Literal["auto"]


def check_unit(unit: str) -> None:
    if unit not in ("auto", *get_args(SplitUnit)):
        raise UserError(f"split.unit={unit} is unknown; use auto, session, identity, component or utterance")


def unit_of(unit: Unit, task: Task, clips: pl.DataFrame) -> SplitUnit:
    """The unit that splits these clips ("auto": the task's own); without sessions of all it is the utterance.

    A UserError where an open set would be tested on classes that train.
    """
    chosen = task.unit if unit == "auto" else unit
    if task.open_set and chosen != task.unit:
        raise UserError(
            f"task={task.name} is tested on strangers, whom split.unit={chosen} would not keep apart from those that "
            f"train; use split.unit={task.unit} (or auto)"
        )
    return "utterance" if chosen == "session" and clips["session"].null_count() else chosen


def deal(rows: pl.DataFrame, shares: Mapping[str, float], seed: int, task: Task) -> dict[str, str]:
    """Each group of `rows` (columns group, label) to the split that lacks most of its labels.

    Iterative stratification, Sechidis et al. 2011; of splits that lack as much, the one named first in `shares`. The
    classes of an open set lie whole on one side, so there only the number of clips counts.
    """
    rows = rows.with_columns(label=pl.lit("any")) if task.open_set else rows
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for group, label in rows.select("group", "label").iter_rows():
        labels[group][label] += 1
    totals: Counter[str] = sum(labels.values(), Counter())
    lack = {split: {label: share * n for label, n in totals.items()} for split, share in shares.items()}
    # By a hash of its name, so that a group's turn does not hang on which others there are.
    order = sorted(labels, key=lambda g: (-sum(labels[g].values()), digest([seed, g])))
    split_of = {}
    for group in order:
        need = {s: sum(lack[s][label] * n for label, n in labels[group].items()) for s in shares}
        split_of[group] = max(shares, key=lambda s: need[s])
        for label, n in labels[group].items():
            lack[split_of[group]][label] -= n
    return split_of
