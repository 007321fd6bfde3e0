"""What a split must offer to those that make variants, whatever it goes by."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from avcur.tasks import SplitUnit, Task


class Split(Protocol):
    """Deals the clips of a task into train, val and test before any filter looks at them."""

    @property
    def near_duplicates(self) -> int | None:
        """Bits of 64 up to which the hashes of two recordings' clips mark them as near-duplicates; None: never."""
        ...

    def unit_of(self, task: Task, clips: pl.DataFrame) -> SplitUnit:
        """What is never on both sides."""
        ...

    def __call__(self, clips: pl.DataFrame, task: Task) -> pl.DataFrame:
        """`clips` (a clip table with a `label` column, near-duplicates marked) with the columns `group` and `split`."""
        ...
