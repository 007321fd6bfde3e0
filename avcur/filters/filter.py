"""A filter: a named list of rules and selection steps, parsed from its config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import hydra.utils
import polars as pl

from avcur.errors import UserError
from avcur.filters.parts import with_parents
from avcur.filters.rules import Rule, apply_rules, check_signals
from avcur.filters.select import SelectionContext, Step
from avcur.signals.base import Reads

ARMS = ("raw", "curated", "oracle")
"""What a filter says that it is; its controls are made by `control`."""
_KNOWN = ("name", "arm", "rules", "select")
CLEAN = "clean"
"""The control that is drawn from clean clips, and its arm."""


@dataclass(frozen=True)
class Filter:
    """Rules first, then steps. A control has neither: `match` is the filter whose size it copies, `draw` its number.

    Of the arms "control" and "clean" the first draws from all training clips, the second from clean ones alone.
    """

    name: str
    arm: str = "curated"
    rules: Mapping[str, Rule] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    match: Filter | None = None
    draw: int = 0

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Filter:
        """A filter from plain config data; a UserError names what is wrong in it."""
        if unknown := [k for k in body if k not in _KNOWN]:
            raise UserError(f"filter: unknown entry {unknown[0]!r}; a filter has {', '.join(_KNOWN)}")
        rules = {s: Rule.parse(s, r) for s, r in (body.get("rules") or {}).items() if r is not None}
        steps = tuple(hydra.utils.instantiate(step) for step in body.get("select") or ())
        arm = body.get("arm") or ("curated" if rules or steps else "raw")
        if arm not in ARMS:
            raise UserError(f"filter.arm={arm!r} is unknown; arms are {', '.join(ARMS)}")
        own = body["name"] == "none" and (rules or steps)  # rules given on the command line alone
        return cls("custom" if own else body["name"], arm, rules, steps)

    def control(self, kind: bool | str, draw: int) -> Filter:
        """The random control of this filter that `kind` asks for: True, "clean", or False for the filter itself.

        Any control of the raw filter is the raw filter, as nothing was chosen.
        """
        if not isinstance(kind, bool) and kind != CLEAN:
            raise UserError(f"control={kind}: choose true, {CLEAN} or false")
        if not kind or self.arm == "raw":
            return self
        arm = CLEAN if kind == CLEAN else "control"
        return Filter(f"{arm}_{self.name}", arm, match=self, draw=draw)

    @property
    def columns(self) -> tuple[str, ...]:
        """The signals that its rules and steps, or those of its match, look at."""
        of_rules = tuple(rule.signal for rule in self.rules.values())
        of_steps = tuple(signal for step in self.steps for signal in step.signals)
        return (*of_rules, *of_steps, *(self.match.columns if self.match else ()))

    def check(self, known: Mapping[str, Reads]) -> None:
        """A UserError that lists the known signals when a rule or step, of the match too, names another."""
        check_signals([rule.signal for rule in self.rules.values()], known, "filter.rules")
        check_signals([signal for step in self.steps for signal in step.signals], known, "filter.select")
        if self.match is not None:
            self.match.check(known)


@dataclass(frozen=True)
class Outcome:
    """`rows` with their `reason` (null: kept), and how many clips each rule skipped as not for it.

    A clip that a step has split has a row for each of its parts, kept or not (see `avcur.filters.parts`).
    """

    rows: pl.DataFrame
    skipped: dict[str, int]

    @property
    def kept(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("reason").is_null()).drop("reason")


def apply_filter(filter_: Filter, clips: pl.DataFrame, context: SelectionContext) -> Outcome:
    """Judge `clips` by the filter's rules, then let its steps select among those kept."""
    filter_.check(context.known)
    rows, skipped = apply_rules(with_parents(clips), context.signals, filter_.rules, context.known)
    for step in filter_.steps:
        kept = rows.filter(pl.col("reason").is_null()).drop("reason")
        rejected = rows.filter(pl.col("reason").is_not_null())
        rows = pl.concat([step(kept, context).select(rows.columns), rejected])
    return Outcome(rows, skipped)
