"""Rules: keep or reject a clip by one signal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import polars as pl

from avcur.errors import UserError
from avcur.records import ClipKind
from avcur.signal_table import SignalTable
from avcur.signals.base import Reads

OnOdd = Literal["drop", "keep", "error"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Keep clips whose `signal` lies in [min, max]. It judges only the named kinds and contents (None: all).

    Clips of unknown content are judged: a filter asked for is applied unless a label says that it is not for them.
    A rule on a signal of the picture never judges a recording without one, nor (unless named) an audio window; one on
    sound or duration never judges a still; one on both together neither.
    """

    signal: str
    min: float | None = None
    max: float | None = None
    kinds: tuple[ClipKind, ...] | None = None
    labels: tuple[str, ...] | None = None
    on_missing: OnOdd = "drop"
    on_failed: OnOdd = "drop"

    @classmethod
    def parse(cls, name: str, body: Mapping[str, Any]) -> Rule:
        """A rule from its config, on the signal that the body names, else `name`; a UserError says what is wrong."""
        where = f"filter.rules.{name}"
        known = [f.name for f in fields(cls)]
        if not isinstance(body, Mapping) or (unknown := [k for k in body if k not in known]):
            odd = unknown[0] if isinstance(body, Mapping) else body
            raise UserError(f"{where}: unknown entry {odd!r}; a rule has {', '.join(known)}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, (list, tuple)) else v for k, v in body.items()}
        # One name from the command line stands for a list of it; its letters would name nothing.
        values |= {k: (v,) for k in ("kinds", "labels") if isinstance(v := values.get(k), str)}
        rule = cls(**{"signal": name, **values})
        if not isinstance(rule.signal, str):
            raise UserError(f"{where}.signal is missing; name the signal to judge by ({name}.signal=snr, say)")
        if rule.min is None and rule.max is None:
            raise UserError(f"{where}: give min or max (or remove the rule)")
        for bound in ("min", "max"):
            value = getattr(rule, bound)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
                raise UserError(f"{where}.{bound} must be a number, got {value!r}")
        for action in ("on_missing", "on_failed"):
            if getattr(rule, action) not in get_args(OnOdd):
                raise UserError(f"{where}.{action} must be drop, keep or error, got {getattr(rule, action)!r}")
        if odd_kinds := [k for k in rule.kinds or () if k not in get_args(ClipKind)]:
            raise UserError(f"{where}.kinds: unknown kind {odd_kinds[0]!r}; kinds are {', '.join(get_args(ClipKind))}")
        return rule

    def judges(self, reads: Reads) -> pl.Expr:
        """Which rows of a clip table this rule judges; `reads` is what its signal is measured on."""
        judged = pl.lit(True)
        if self.kinds is None and reads in ("picture", "both"):
            judged &= pl.col("kind") != "window"
        if self.kinds is None and reads in ("sound", "both"):
            judged &= pl.col("kind") != "still"
        if self.kinds is not None:
            judged &= pl.col("kind").is_in(list(self.kinds))
        if self.labels is not None:
            judged &= pl.col("content").is_null() | pl.col("content").is_in(list(self.labels))
        return judged & pl.col("has_picture") if reads in ("picture", "both") else judged

    def verdict(self) -> pl.Expr:
        """The reason for rejecting a judged row (columns state, value, reason of its measurement), null to keep it."""
        low = pl.col("value") < self.min if self.min is not None else pl.lit(False)
        high = pl.col("value") > self.max if self.max is not None else pl.lit(False)
        missing = pl.lit(f"{self.signal} not applicable") if self.on_missing == "drop" else pl.lit(None, pl.String)
        failed = pl.lit(f"{self.signal} failed") if self.on_failed == "drop" else pl.lit(None, pl.String)
        return (
            pl.when(pl.col("state").is_null() | (pl.col("state") == "failed")).then(failed)
            .when(pl.col("state") == "not_applicable").then(missing)
            .when(low).then(pl.lit(f"{self.signal} < {self.min:g}" if self.min is not None else ""))
            .when(high).then(pl.lit(f"{self.signal} > {self.max:g}" if self.max is not None else ""))
        )  # fmt: skip


def check_signals(names: Iterable[str], known: Mapping[str, Reads], where: str = "filter.rules") -> None:
    """A UserError that lists the known signals when one of `names` is another."""
    if unknown := [name for name in names if name not in known]:
        raise UserError(f"{where}: unknown signal {unknown[0]!r}; known signals: {', '.join(sorted(known))}")


def not_measured(names: Sequence[str], chosen: Sequence[str], add: Sequence[str], without: Sequence[str]) -> UserError:
    """The error for known signals of rules and steps (`without`: how to leave these out) that are not measured."""
    are = "is" if len(names) == 1 else "are"
    rules = "the rule" if len(without) == 1 else "the rules"
    return UserError(
        f"{', '.join(map(repr, names))} {are} not measured with signals=[{','.join(chosen)}]; add {', '.join(add)}, "
        f"or leave {rules} out: {' '.join(without)}"
    )


def apply_rules(
    clips: pl.DataFrame, signals: SignalTable, rules: Mapping[str, Rule], reads: Mapping[str, Reads]
) -> tuple[pl.DataFrame, dict[str, int]]:
    """`clips` with a `reason` column (null: kept; the first rule that rejects gives it), and clips skipped per rule."""
    check_signals([rule.signal for rule in rules.values()], reads)
    judged = clips.with_columns(pl.lit(None, pl.String).alias("reason"))
    skipped = {}
    for name, rule in rules.items():
        measured = signals.at(rule.signal, judged["clip_id"]).rename({"reason": "why"})
        rows = judged.hstack(measured).with_columns(rule.judges(reads[rule.signal]).alias("judged"))
        _raise_on_odd(rule, rows.filter("judged"))
        skipped[name] = int((~rows["judged"]).sum())
        verdict = pl.when("judged").then(rule.verdict())
        judged = rows.with_columns(pl.coalesce("reason", verdict)).select(judged.columns)
    return judged, skipped


def _raise_on_odd(rule: Rule, rows: pl.DataFrame) -> None:
    for state, action in (("not_applicable", rule.on_missing), ("failed", rule.on_failed)):
        odd = rows.filter(pl.col("state") == state) if action == "error" else rows.clear()
        if len(odd):
            first = odd.row(0, named=True)
            raise UserError(
                f"{rule.signal} is {state} for {len(odd)} clips, first {first['recording_id']!r} "
                f"({first['why']}), and its rule says error; use drop or keep"
            )
