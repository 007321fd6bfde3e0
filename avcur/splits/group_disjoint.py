"""Group-disjoint train, val and test: fixed by labels, groups and a seed before any filter looks at the data."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Literal

import polars as pl

from avcur.errors import UserError
from avcur.splits.groups import group_clips
from avcur.splits.leakage import check_disjoint
from avcur.splits.near_duplicates import MAX_DISTANCE
from avcur.store.keys import digest
from avcur.tasks import SplitUnit, Task

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class GroupDisjoint:
    """Split by whole groups, stratified by label. `unit="auto"` takes the task's own unit.

    `near_duplicates`: bits of 64 up to which the hashes of two recordings' clips put them into one group; None: never.
    """

    unit: SplitUnit | Literal["auto"] = "auto"
    val: float = 0.15
    test: float = 0.3
    seed: int = 0
    near_duplicates: int | None = MAX_DISTANCE

    def __post_init__(self) -> None:
        if self.unit not in ("auto", "session", "identity", "component", "utterance"):
            raise UserError(f"split.unit={self.unit} is unknown; use auto, session, identity, component or utterance")
        if not (0 < self.test < 1 and 0 <= self.val < 1 and self.val + self.test < 1):
            raise UserError(f"split.val={self.val} and split.test={self.test} must leave a share for training")

    def unit_of(self, task: Task, clips: pl.DataFrame) -> SplitUnit:
        """The unit that splits these clips; sessions that the source does not name leave it at utterances."""
        unit = task.unit if self.unit == "auto" else self.unit
        return "utterance" if unit == "session" and clips["session"].null_count() else unit

    def __call__(self, clips: pl.DataFrame, task: Task) -> pl.DataFrame:
        """`clips` (a clip table with a `label` column, near-duplicates marked) with the columns `group` and `split`."""
        grouped = clips.with_columns(group_clips(clips, self.unit_of(task, clips)))
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        for group, label in grouped.select("group", "label").iter_rows():
            labels[group][label] += 1
        split_of = self._assign(labels)
        result = grouped.with_columns(
            pl.Series("split", [split_of[g] for g in grouped["group"]], dtype=pl.String),
        )
        check_disjoint(result)
        return result

    def _assign(self, labels: dict[str, Counter[str]]) -> dict[str, str]:
        """Each group to the split that lacks most of its labels (iterative stratification, Sechidis et al. 2011)."""
        shares = {"train": 1 - self.val - self.test, "test": self.test, "val": self.val}
        totals: Counter[str] = sum(labels.values(), Counter())
        lack = {split: {label: share * n for label, n in totals.items()} for split, share in shares.items()}
        # By a hash of its name, so that a group's turn does not hang on which others there are.
        order = sorted(labels, key=lambda g: (-sum(labels[g].values()), digest([self.seed, g])))
        split_of = {}
        for group in order:
            need = {s: sum(lack[s][label] * n for label, n in labels[group].items()) for s in shares}
            split_of[group] = max(shares, key=lambda s: need[s])
            for label, n in labels[group].items():
                lack[split_of[group]][label] -= n
        return split_of
