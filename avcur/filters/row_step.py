"""What the selection steps share that decide row by row: which rows they judge, and what becomes of the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import polars as pl

from avcur.errors import UserError, check_number
from avcur.filters.parts import Row
from avcur.filters.rules import Rule
from avcur.filters.select import SelectionContext
from avcur.records import ClipKind


@dataclass(frozen=True, kw_only=True)
class RowStep(ABC):
    """Judges the rows that a rule on `signal` would judge (see `Rule`); the others are kept as they are.

    `on_missing` and `on_failed`: what becomes of a judged row whose signal is not applicable, or failed: `drop` it
    under its own reason, or `keep` it.
    """

    signal: str
    labels: Sequence[str] | None = None
    kinds: Sequence[ClipKind] | None = None
    on_missing: str = "drop"
    on_failed: str = "drop"

    def __post_init__(self) -> None:
        for name in ("on_missing", "on_failed"):
            if (value := getattr(self, name)) not in ("drop", "keep"):
                raise UserError(f"{type(self).__name__}: {name} is drop or keep, got {value!r}")
        self._rule()  # kinds and labels are checked as a rule's are

    def check_numbers(self, *names: str, least: float = 0, whole: bool = False) -> None:
        """`check_number` of each of these parameters."""
        for name in names:
            check_number(f"{type(self).__name__}: {name}", getattr(self, name), least, whole)

    @abstractmethod
    def judge(self, row: Row, found: Mapping[str, Any]) -> list[Row]:
        """The rows that a judged row becomes, each with its `reason`; `found` is its measurement (value, series)."""

    @property
    def signals(self) -> tuple[str, ...]:
        return (self.signal,)

    @final
    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        by_parent = {found["parent_id"]: found for found in context.measurements(self.signal).iter_rows(named=True)}
        judged = rows.select(self._rule().judges(context.known[self.signal]).alias("judged"))["judged"]
        made: list[Row] = []
        for row, is_judged in zip(rows.iter_rows(named=True), judged, strict=True):
            made += self._judged(row, by_parent.get(row["parent_id"], {})) if is_judged else [{**row, "reason": None}]
        return pl.DataFrame(made, schema={**rows.schema, "reason": pl.String})

    def _judged(self, row: Row, found: Mapping[str, Any]) -> list[Row]:
        if found.get("state") == "ok":
            return self.judge(row, found)
        is_missing = found.get("state") == "not_applicable"
        why, action = ("not applicable", self.on_missing) if is_missing else ("failed", self.on_failed)
        return [{**row, "reason": f"{self.signal} {why}" if action == "drop" else None}]

    def _rule(self) -> Rule:
        narrowed = {"kinds": self.kinds, "labels": self.labels}
        named = {name: value if isinstance(value, str) else list(value) for name, value in narrowed.items() if value}
        return Rule.parse(self.signal, {"min": 0.0, **named})
