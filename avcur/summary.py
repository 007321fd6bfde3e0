"""What curate.py prints at the end: the funnel, what failed and why, and where the variants are."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from avcur.corpus import Corpus
from avcur.pipeline import Tally
from avcur.signal_table import SignalTable
from avcur.variants.removed import apart, warnings
from avcur.variants.variant import Variant

_WIDTH = 120
_MOST_RECORDINGS = 30
"""Failed or damaged recordings listed in full; the rest are counted, and all are in recordings.parquet."""
_MOST_VALUES = 12
"""Of a column whose retention is shown value by value; all are in the card."""


def corpus_funnel(corpus: Corpus, funnel: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A funnel of clips with the recordings that failed before they had any, so that nothing is lost in silence."""
    failed = corpus.recordings.filter(pl.col("state") == "failed")
    rows = [dict(row) for row in funnel]
    if len(failed):
        rows[0]["clips"] += len(failed)
        at = next((i for i, row in enumerate(rows) if row["stage"] == "kept"), len(rows))
        rows.insert(at, {"stage": "failed", "reason": "recording unreadable", "clips": len(failed), "hours": 0.0})
    return rows


def print_summary(corpus: Corpus, tally: Tally, variants: Sequence[Variant], funnels: Mapping[str, Any]) -> None:
    """Print everything that a person wants to know after a curate."""
    # A pipe or a log file has no width of its own; 80 columns would cut the funnel.
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    _print_faults(console, corpus)
    console.print(_funnel_table(funnels))
    console.print(
        f"measured now: {tally.values_measured} values of {tally.clips_measured} clips; "
        f"from the cache: {tally.values_cached}; recordings: {tally.recordings}"
    )
    for variant in variants:
        _print_variant(console, variant)
        _print_removed(console, variant)


def _print_faults(console: Console, corpus: Corpus) -> None:
    faulty = corpus.recordings.filter((pl.col("state") == "failed") | pl.col("warning").is_not_null())
    if len(faulty):
        table = Table("recording", "state", "why", title="Recordings that failed or are damaged", title_justify="left")
        for row in faulty.head(_MOST_RECORDINGS).iter_rows(named=True):
            table.add_row(escape(row["recording_id"]), row["state"], escape(row["reason"] or row["warning"]))
        console.print(table)
        if len(faulty) > _MOST_RECORDINGS:
            console.print(f"... and {len(faulty) - _MOST_RECORDINGS} more")
    odd = _without_value(corpus.signals)
    if len(odd):
        table = Table("state", "reason", "clips", "signals", title="Measurements without a value", title_justify="left")
        for state, reason, clips, signals in odd.iter_rows():
            table.add_row(state, escape(reason), str(clips), ", ".join(signals))
        console.print(table)


def _without_value(signals: SignalTable) -> pl.DataFrame:
    """State, reason, clips and the signals that lack a value in so many clips; what was failed and frequent first."""
    counts = [_lacking(signals, name) for name in signals.names]
    schema = {"state": pl.String, "reason": pl.String, "clips": pl.UInt32, "signal": pl.String}
    lacking = pl.concat([pl.DataFrame(schema=schema), *counts])
    alike = lacking.group_by("state", "reason", "clips").agg(pl.col("signal").sort())
    return alike.sort("state", "clips", "reason", descending=[False, True, False]).select(
        "state", "reason", "clips", "signal"
    )


def _lacking(signals: SignalTable, name: str) -> pl.DataFrame:
    """Why clips have no value of one signal: state, reason, clips and the signal's name."""
    odd = signals.rows(name).filter(pl.col("state") != "ok")
    return odd.group_by("state", "reason").agg(clips=pl.len()).with_columns(signal=pl.lit(name))


def _funnel_table(funnels: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    """One column per task (or the whole corpus); in each, the parts add up to "all"."""
    table = Table("", "reason", *funnels, title="Funnel (clips)", title_justify="left")
    for column in table.columns:
        column.no_wrap = True
    order = ["all", "split", "held out", "rejected", "failed", "kept"]
    keys = sorted({(order.index(r["stage"]), r["reason"] or "") for rows in funnels.values() for r in rows})
    cells = {name: {(r["stage"], r["reason"] or ""): r["clips"] for r in rows} for name, rows in funnels.items()}
    for stage_index, reason in keys:
        stage = order[stage_index]
        counts = [str(cells[name].get((stage, reason), 0)) for name in funnels]
        table.add_row(
            stage,
            escape(reason),
            *counts,
            style="bold" if stage in ("all", "kept") else None,
            end_section=stage == "all",
        )
    return table


def _print_variant(console: Console, variant: Variant) -> None:
    unit = variant.card["split_unit"]
    note = ", split by utterance: within-session, optimistic" if unit == "utterance" else ""
    size = variant.card["counts"].get("train", {"clips": 0, "hours": 0.0})
    trains = f"{size['clips']} training clips, {60 * size['hours']:.1f} min{_mismatch(variant)}"
    console.print(
        f"variant {variant.filter_name} for {variant.task}{note}: {trains}, {variant.directory}",
        soft_wrap=True, markup=False,
    )  # fmt: skip


def _print_removed(console: Console, variant: Variant) -> None:
    """Of whom a filter removed clips, and whom it empties or skews; a control removes at random."""
    retention: dict[str, dict[str, list[int]]] = variant.card["retention"]
    removed = any(kept < whole for counts in retention.values() for kept, whole in counts.values())
    if variant.card["control"] is not None or not removed:
        return
    for name, counts in apart(retention).items():
        if 1 < len(counts) <= _MOST_VALUES:
            console.print(_retention_table(name, counts))
        elif len(counts) > _MOST_VALUES:
            shares = sorted(kept / whole for kept, whole in counts.values())
            console.print(f"kept by {name}: {_percent(shares[0])} to {_percent(shares[-1])} of {len(counts)} values")
    for line in warnings(retention, variant.filter_name):
        console.print(f"warning: {line}", style="yellow", soft_wrap=True, markup=False)


def _retention_table(name: str, counts: Mapping[str, Sequence[int]]) -> Table:
    table = Table(escape(name), "kept", "of", "share")
    for value, (kept, whole) in counts.items():
        table.add_row(escape(value), str(kept), str(whole), _percent(kept / whole))
    return table


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _mismatch(variant: Variant) -> str:
    """How far a control is from the size of what it matches."""
    if variant.card["control"] is None:
        return ""
    residual, matched = variant.card["control"]["residual"], variant.card["control"]["filter"]
    return f" ({residual['clips']:+d} clips, {60 * residual['hours']:+.2f} min against {matched})"
