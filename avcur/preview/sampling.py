"""Which clips of a variant a contact sheet shows: a bounded, even part of those kept and of those each reason cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from avcur.corpus import Corpus
from avcur.preview.judged import rejected_rows, signals_judged
from avcur.signal_table import SignalTable
from avcur.variants.card import shared_reason
from avcur.variants.variant import Variant

MOST_KEPT = 24
MOST_PER_REASON = 12
MOST_REASONS = 12
"""Bounds of a sheet: at most 168 clips, whatever the corpus. Clips of rarer reasons are counted and not shown."""

_BY_ID = "by their ids, which are hashes"
_BY_VALUE = "from the nearest miss to the farthest"


@dataclass(frozen=True)
class Group:
    """Clips with one fate, `reason` is None for those kept; of `count`, `rows` are shown, evenly spread in `order`."""

    reason: str | None
    count: int
    rows: pl.DataFrame
    order: str
    signal: str | None = None
    """The signal that the reason names."""


@dataclass(frozen=True)
class Bounds:
    """How many clips are shown at most: of those kept, of those that one reason cost, and of how many reasons."""

    kept: int = MOST_KEPT
    per_reason: int = MOST_PER_REASON
    reasons: int = MOST_REASONS


def groups(variant: Variant, corpus: Corpus) -> list[Group]:
    """The clips of a contact sheet: see `sampled`."""
    return sampled(variant, corpus.signals, Bounds())


def sampled(variant: Variant, signals: SignalTable, bounds: Bounds) -> list[Group]:
    """The kept training clips, then the rejected ones, the commonest reason first."""
    kept = variant.rows("train")
    found = [Group(None, len(kept), _spread(kept, bounds.kept), _BY_ID)]
    rejected = rejected_rows(variant).with_columns(shared_reason().fill_null("rejected"))
    reasons = rejected.group_by("reason").len().sort(["len", "reason"], descending=[True, False])["reason"].to_list()
    known = [*signals_judged(variant), *sorted(signals.names)]
    for i, reason in enumerate(reasons):
        signal = next((name for name in known if reason.startswith(f"{name} ")), None)
        rows = rejected.filter(reason=reason)
        rare = i >= bounds.reasons
        of_reason = Group(reason, len(rows), rows.clear(), "")
        found.append(of_reason if rare else _rejected(reason, rows, signal, signals, bounds.per_reason))
    return found


def _rejected(reason: str, rows: pl.DataFrame, signal: str | None, signals: SignalTable, most: int) -> Group:
    """From the nearest miss to the farthest, where a threshold of a signal is the reason."""
    bound = None if signal is None else reason[len(signal) + 1 :][:1]
    if bound in ("<", ">"):
        assert signal is not None
        values = signals.at(signal, rows["parent_id"])["value"]
        rows = rows.with_columns(_by=values).sort("_by", "clip_id", descending=[bound == "<", False], nulls_last=True)
        return Group(reason, len(rows), _even(rows.drop("_by"), most), _BY_VALUE, signal)
    return Group(reason, len(rows), _spread(rows, most), _BY_ID, signal)


def _spread(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    return _even(rows.sort("clip_id"), most)


def _even(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most so many rows, the first and the last among them."""
    if len(rows) <= most:
        return rows
    chosen: list[int] = np.unique(np.linspace(0, len(rows) - 1, most).round().astype(int)).tolist()
    return pl.DataFrame(rows[chosen])
