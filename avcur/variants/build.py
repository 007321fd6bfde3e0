"""From a measured corpus to a variant: split, plant label defects, filter, write. A query; nothing is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from avcur import __version__
from avcur.corpus import Corpus
from avcur.filters.filter import Filter, Outcome, apply_filter
from avcur.filters.select import SelectionContext
from avcur.signal_table import SignalTable
from avcur.signals.base import Reads
from avcur.splits.base import Split
from avcur.splits.leakage import check_learned, scope_of
from avcur.tasks import Task
from avcur.variants import card as cards
from avcur.variants.control import draw_control
from avcur.variants.doubts import NO_TASK, Doubts, asked_for, no_values, without_doubts
from avcur.variants.task_rows import TaskRows
from avcur.variants.variant import Variant, variant_id, write_variant
from avcur.weights import LearnedFrom

UNLABELLED = "unlabelled"
"""The task name of a variant of clips without labels: all of them are training rows."""


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

    def build(self, filter_: Filter, task: Task | None) -> Variant:
        """Apply a filter to the training rows of a task (None: to all clips, unlabelled) and write the variant."""
        found = self._rows(task)
        rows, planted = found.rows, found.planted(self.corpus.truth)
        context = SelectionContext(self._signals(filter_, task, rows), dict(self.reads), planted)
        train = rows.filter(pl.col("split") == "train")
        outcome, control = self._outcome(filter_, train, context, rows, task)
        held = rows.filter(pl.col("split") != "train").with_columns(reason=pl.lit(None, pl.String))
        judged = pl.concat([outcome.rows, held.select(outcome.rows.columns)])
        return self._write(filter_, task, judged, found.left_out, outcome, control, context)

    def funnel_of_everything(self, filter_: Filter) -> list[dict[str, Any]]:
        """The funnel of a filter over all clips, whatever their task and split; of its match for a control.

        Rules and steps that doubt labels are left out, as a label is doubted for one task.
        """
        found = self._rows(None)
        of_all = without_doubts(filter_.match or filter_)
        signals = self._signals(of_all, None, found.rows)
        context = SelectionContext(signals, dict(self.reads), found.planted(self.corpus.truth) or frozenset())
        return _funnel(apply_filter(of_all, found.rows, context).rows, found.left_out)

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

    def _outcome(
        self, filter_: Filter, train: pl.DataFrame, context: SelectionContext, rows: pl.DataFrame, task: Task | None
    ) -> tuple[Outcome, dict[str, Any] | None]:
        if filter_.match is None:
            return apply_filter(filter_, train, context), None
        matched = apply_filter(filter_.match, train, context).kept
        drawn, residual = draw_control(train, matched, filter_.draw)
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
            "counts": cards.counts(kept),
            "funnel": _funnel(judged, left_out),
            "skipped_by_rule": outcome.skipped,
            "retention": {c: cards.retention(judged, c) for c in ("label", "group")},
            "histograms": cards.histograms(judged, context.signals),
            "recipe": dict(self.recipe),
            "code_version": __version__,
        }
        return write_variant(
            self.root / name, task=name, arm=filter_.arm, filter_name=filter_.name, clips=kept,
            rejected=_scored(rejected, context.signals), card=card,
            clean_test=frozenset(test - (context.planted or frozenset())),
        )  # fmt: skip


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
