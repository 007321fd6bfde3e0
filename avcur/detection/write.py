"""How well each signal finds each planted defect: the table behind the heat map of a corpus whose truth is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import polars as pl

from avcur.corpus import Corpus
from avcur.defects.plant import DefectiveSource
from avcur.detection.table import FILE, SCHEMA, label_plantings, merged, of_planting, read_detection
from avcur.filters.filter import Filter
from avcur.metrics.detection import Bools, detect
from avcur.signal_table import SignalTable
from avcur.store.commit import write_parquet
from avcur.tasks import Task
from avcur.variants.build import VariantBuilder


def write_detection(
    corpus: Corpus,
    media: DefectiveSource | None,
    builder: VariantBuilder,
    filter_: Filter,
    tasks: Iterable[Task | None],
) -> pl.DataFrame | None:
    """Score all signals against what was planted, in media and in labels, and keep the table beside the corpus.

    None where nothing was planted. Tasks that are not asked for keep the rows they had, and so do other plantings of
    labels, which are not in the table returned, and the columns that doubt labels where this filter does not look at
    them. The file is written only when a row has changed.
    """
    parts = [] if media is None or corpus.truth is None else [of_media(corpus, media)]
    parts += [of_labels(task, builder, filter_) for task in tasks if task is not None and builder.label_planters]
    if not parts or corpus.directory is None:
        return None
    path = corpus.directory / FILE
    before = read_detection(path)
    table = merged(before, pl.concat(parts))
    if not table.equals(before):
        write_parquet(path, table)
    return of_planting(table, label_plantings(builder.label_planters, builder.defect_seed))


def of_media(corpus: Corpus, media: DefectiveSource) -> pl.DataFrame:
    """Rows of the defects of picture and sound, over the clips whose content each may hit.

    Clean are those of recordings without any planted defect.
    """
    assert corpus.truth is not None
    clips, truth = corpus.clips, corpus.truth
    values = corpus.signals.values(clips["clip_id"])
    clean = ~clips["recording_id"].is_in(truth["recording_id"].unique().to_list())
    rows = []
    for defect, planter in sorted(media.planters.items()):
        bad = clips["recording_id"].is_in(truth.filter(defect=defect)["recording_id"].to_list())
        has_stream = clips["has_picture" if planter.modality == "video" else "audio_path"]
        has_stream = has_stream if has_stream.dtype == pl.Boolean else has_stream.is_not_null()
        judged = clips["recording_id"].is_in(media.may_hit(defect)) & has_stream & (bad | clean)
        rows += _rows(values.filter(judged), bad.filter(judged), clips["recording_id"].filter(judged), defect)
    return _table(rows)


def of_labels(task: Task, builder: VariantBuilder, filter_: Filter) -> pl.DataFrame:
    """Rows of the wrong labels planted in a task's training rows, also of what doubts them where the filter asks."""
    found, signals = builder.observed(filter_, task)
    if found.label_truth is None or not len(found.label_truth):
        return pl.DataFrame(schema=SCHEMA)
    planted = found.planted(builder.corpus.truth) or frozenset()
    table = label_rows(found.rows.filter(split="train"), found.label_truth, planted, signals, task.name)
    rates = {name: float(planter.rate) for name, planter in builder.label_planters.items()}
    rate = pl.col("defect").replace_strict(rates, default=None, return_dtype=pl.Float64)
    return table.with_columns(rate=rate, seed=pl.lit(builder.defect_seed, pl.Int64))


def label_rows(
    train: pl.DataFrame, truth: pl.DataFrame, planted: Collection[str], signals: SignalTable, task: str
) -> pl.DataFrame:
    """Rows of one task's label defects, planting null: `truth` has clip_id and defect, `planted` all hit clips."""
    values = signals.values(train["clip_id"])
    clean = ~train["clip_id"].is_in(list(planted))
    rows = []
    for defect in sorted(truth["defect"].unique()):
        bad = train["clip_id"].is_in(truth.filter(defect=defect)["clip_id"].to_list())
        judged = bad | clean
        rows += _rows(values.filter(judged), bad.filter(judged), train["recording_id"].filter(judged), defect, task)
    return _table(rows)


def _rows(
    values: pl.DataFrame, bad: pl.Series, recordings: pl.Series, defect: str, task: str | None = None
) -> list[tuple[Any, ...]]:
    defective = bad.to_numpy()
    half = halves(recordings, defective)
    numbers = int(defective.sum()), int((~defective).sum())
    rows = []
    for signal in values.columns:
        column = values[signal].cast(pl.Float64).fill_null(np.nan).to_numpy()
        found = detect(column, defective, half)
        rows.append((signal, defect, task, found.auc, found.low_is_bad, found.precision, found.recall, *numbers))
    return rows


def _table(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows without their planting as a table, in which it is null."""
    known = {name: dtype for name, dtype in SCHEMA.items() if name not in ("rate", "seed")}
    table = pl.DataFrame(rows, schema=known, orient="row")
    return table.with_columns(pl.lit(None, SCHEMA[name]).alias(name) for name in ("rate", "seed"))


def halves(recordings: pl.Series, defective: Bools) -> Bools:
    """Which clips (N,) are in the first half: every second recording by name, of the defective and of the others."""
    names = recordings.to_numpy()
    spoilt = set(names[defective])
    first: set[str] = set()
    for part in (sorted(spoilt), sorted(set(names) - spoilt)):
        first.update(part[::2])
    return np.fromiter((name in first for name in names), dtype=bool, count=len(names))
