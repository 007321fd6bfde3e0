"""From a measured corpus to a variant: split, plant label defects, filter, write. A query; nothing is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur import __version__
from avcur.corpus import Corpus
from avcur.filters.filter import CLEAN, Filter, Outcome, apply_filter
from avcur.filters.select import SelectionContext
from avcur.signal_table import SignalTable
from avcur.signals.base import Reads
from avcur.splits.base import Split
from avcur.splits.leakage import check_learned, scope_of
from avcur.tasks import Task
from avcur.variants import card as cards
from avcur.variants.clean_control import draw_clean, on_the_same_side
from avcur.variants.control import draw_control
from avcur.variants.doubts import NO_TASK, Doubts, asked_for, no_values, without_doubts
from avcur.variants.strata import with_strata
from avcur.variants.task_rows import TaskRows
from avcur.variants.train_share import OUTSIDE, in_share
from avcur.variants.variant import Variant, variant_id, write_variant
from avcur.weights import LearnedFrom

UNLABELLED = "unlabelled"
"""The task name of a variant of clips without labels: all of them are training rows."""


_Pool = tuple[pl.DataFrame, SignalTable]
"""Clips that a control draws from, and what was measured of them."""


@dataclass(frozen=True)
class VariantBuilder:
    """Makes variants of one corpus under one split; `reads` names the known signals and what each is measured on."""

    corpus: Corpus
    split: Split
    reads: Mapping[str, Reads]
    root: Path
    label_planters: Mapping[str, Any] = field(default_factory=dict)
    learned: Mapping[str, LearnedFrom] = field(default_factory=dict)
    """The signals that come of checkpoints, and what those were trained on."""
    defect_seed: int = 0
    recipe: Mapping[str, Any] = field(default_factory=dict)
    doubts: Doubts | None = None
    """Measures, or reads, how far labels are to be doubted; asked where a filter looks at it."""
    condition: Mapping[str, str | float] = field(default_factory=dict)
    """What of the data, beside the filter, a study varies."""
    train_share: float = 1.0
    """The share of the training rows that a filter is given, drawn by `seed`."""
    seed: int = 0
    clean: Callable[[], Corpus] | None = None
    """Loads the same media without planted defects; None where this corpus has none of those."""

    def build(self, filter_: Filter, task: Task | None) -> Variant:
        """Apply a filter to the training rows of a task (None: to all clips, unlabelled) and write the variant."""
        found = self._rows(task)
        everything = with_strata(found.rows, self.corpus.signals)
        rows, outside = self._in_share(everything)
        planted = found.planted(self.corpus.truth)
        context = SelectionContext(self._signals(filter_, task, rows), dict(self.reads), planted)
        pool = self._clean_pool(task, everything, rows) if filter_.arm == CLEAN else None
        outcome, control = self._outcome(filter_, context, rows, task, pool)
        held = rows.filter(pl.col("split") != "train").with_columns(reason=pl.lit(None, pl.String))
        judged = pl.concat([part.select(outcome.rows.columns) for part in (outcome.rows, outside, held)])
        seen = context if pool is None else replace(context, signals=pool[1])
        return self._write(filter_, task, judged, found.left_out, outcome, control, seen)

    def funnel_of_everything(self, filter_: Filter) -> list[dict[str, Any]]:
        """The funnel of a filter over all clips, whatever their task and split; of its match for a control.

        Rules and steps that doubt labels are left out, as a label is doubted for one task.
        """
        found = self._rows(None)
        of_all = without_doubts(filter_.match or filter_)
        signals = self._signals(of_all, None, found.rows)
        context = SelectionContext(signals, dict(self.reads), found.planted(self.corpus.truth) or frozenset())
        return _funnel(apply_filter(of_all, found.rows, context).rows, found.left_out)

    def candidates(self, filter_: Filter, task: Task | None) -> tuple[pl.DataFrame, SignalTable]:
        """The training rows that a filter judges, and what it may look at of them."""
        found, signals = self.observed(filter_, task)
        return _training(found.rows), signals

    def _signals(self, filter_: Filter, task: Task | None, rows: pl.DataFrame) -> SignalTable:
        """What was measured, and how far the task's labels are to be doubted where the filter looks at that."""
        if self.doubts is None or not asked_for(filter_):
            return self.corpus.signals
        found = no_values(rows["clip_id"], NO_TASK) if task is None else self.doubts(task, rows)
        return self.corpus.signals.joined(SignalTable.of(found))

    def _rows(self, task: Task | None) -> TaskRows:
        """The task's clips with label, group and split, label defects planted."""
        if task is None:
            return TaskRows.unlabelled(self.corpus)
        found = TaskRows.of(self.corpus, task, self.split)
        for signal, learned in self.learned.items():
            check_learned(found.rows, f"Signal {signal!r}", learned, scope_of(self.recipe), task.open_set)
        return found.with_wrong_labels(task, self.label_planters, self.defect_seed)

    def observed(self, filter_: Filter, task: Task | None) -> tuple[TaskRows, SignalTable]:
        """The rows of a task as they are given to a filter, with the truth of their labels, and what it may look at."""
        found = self._rows(task)
        rows, _ = self._in_share(found.rows)
        return replace(found, rows=rows), self._signals(filter_, task, rows)

    def _in_share(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows that there are for a filter and for tests, and the training rows outside the share, rejected."""
        train = _training(rows)
        if self.train_share == 1 or not len(train):
            return rows, rows.clear().with_columns(reason=pl.lit(None, pl.String))
        outside = train.filter(~in_share(train, self.train_share, self.seed))
        left = rows.join(outside, on="clip_id", how="anti", maintain_order="left")
        return left, outside.with_columns(reason=pl.lit(OUTSIDE))

    def _clean_pool(self, task: Task | None, observed: pl.DataFrame, rows: pl.DataFrame) -> _Pool:
        """The clips without any planted defect, their labels true, that a clean control of the `rows` draws from.

        Those of the recordings that train, as the same media without defects show them; and what was measured there.
        """
        corpus = self.corpus if self.clean is None else self.clean()
        found = replace(self, corpus=corpus, label_planters={}, learned={})._rows(task).rows
        clean = on_the_same_side(with_strata(found, corpus.signals), _training(rows), observed)
        lacking = {c: pl.lit(None, rows.schema[c]) for c in rows.columns if c not in clean.columns}
        return clean.with_columns(**lacking).select(rows.columns), corpus.signals

    def _outcome(
        self, filter_: Filter, context: SelectionContext, rows: pl.DataFrame, task: Task | None, pool: _Pool | None
    ) -> tuple[Outcome, dict[str, Any] | None]:
        train = _training(rows)
        if filter_.match is None:
            return apply_filter(filter_, train, context), None
        matched = apply_filter(filter_.match, train, context).kept
        if pool is None:
            drawn, residual = draw_control(train, matched, filter_.draw)
        else:
            drawn, residual = draw_clean(pool[0], train, matched, filter_.draw)
        held = rows.filter(pl.col("split") != "train")
        matched_id = variant_id(task.name if task else UNLABELLED, pl.concat([matched, held.select(matched.columns)]))
        control = {"filter": filter_.match.name, "variant_id": matched_id, "draw": filter_.draw, "residual": residual}
        return Outcome(drawn, {}), control

    def _write(
        self, filter_: Filter, task: Task | None, judged: pl.DataFrame, left_out: pl.DataFrame, outcome: Outcome,
        control: dict[str, Any] | None, context: SelectionContext,
    ) -> Variant:  # fmt: skip
        kept = judged.filter(pl.col("reason").is_null()).drop("reason")
        rejected = judged.filter(pl.col("reason").is_not_null())
        test = set(judged.filter(pl.col("split") == "test")["clip_id"])
        name = task.name if task else UNLABELLED
        card = {
            "classes": sorted(judged["label"].drop_nulls().unique()),
            "split_unit": self.split.unit_of(task, judged) if task else None,
            "corpus": self.corpus.key,
            "corpus_directory": None if self.corpus.directory is None else str(self.corpus.directory),
            "control": control,
            "condition": dict(self.condition),
            "counts": cards.counts(kept),
            "funnel": _funnel(judged, left_out),
            "skipped_by_rule": outcome.skipped,
            "retention": cards.retentions(judged),
            "histograms": cards.histograms(judged, context.signals),
            "recipe": dict(self.recipe),
            "code_version": __version__,
        }
        return write_variant(
            self.root / name, task=name, arm=filter_.arm, filter_name=filter_.name, clips=kept,
            rejected=_scored(rejected, context.signals), card=card,
            clean_test=frozenset(test - (context.planted or frozenset())),
        )  # fmt: skip


def _training(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("split") == "train")


def _funnel(rows: pl.DataFrame, left_out: pl.DataFrame) -> list[cards.FunnelRow]:
    """Where the clips went; near-duplicates are counted together, and copies and swaps outside training as held out."""
    everything, *parts = cards.funnel(rows.with_columns(cards.shared_reason()))
    if not len(left_out):
        return [everything, *parts]
    clips, hours = len(left_out), float(left_out["duration"].sum()) / 3600
    stage = {"stage": "held out", "reason": "training-only defect outside training", "clips": clips, "hours": hours}
    return [{**everything, "clips": everything["clips"] + clips, "hours": everything["hours"] + hours}, stage, *parts]


def _scored(rejected: pl.DataFrame, signals: SignalTable) -> pl.DataFrame:
    """Rejected rows with one column per signal: a rejected clip keeps all its scores."""
    names = [name for name in signals.names if name not in rejected.columns]
    return rejected.hstack(signals.values(rejected["parent_id"], names))
