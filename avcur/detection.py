"""How well each signal finds each planted defect: the table behind the heat map of a corpus whose truth is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from avcur.corpus import Corpus
from avcur.defects.plant import DefectiveSource
from avcur.filters.filter import Filter
from avcur.metrics.detection import Bools, detect
from avcur.signal_table import SignalTable
from avcur.store.commit import write_parquet
from avcur.tasks import Task
from avcur.variants import doubts
from avcur.variants.build import VariantBuilder

FILE = "detection.parquet"
"""In the folder of a corpus."""
SCHEMA: dict[str, Any] = {
    "signal": pl.String, "defect": pl.String, "task": pl.String, "auc": pl.Float64, "low_is_bad": pl.Boolean,
    "precision": pl.Float64, "recall": pl.Float64, "num_defective": pl.Int64, "num_clean": pl.Int64,
}  # fmt: skip
"""One row per signal and defect; `task` is null for defects of the media, `auc` 0.5..1 with the direction taken out.

Null scores: not defined (see `metrics.detection`). The numbers are those of clips, with a value or without."""
_KEY = ["task", "defect", "signal"]
_BLIND = 0.7
"""AUC below which a defect counts as undetected: nine in thirty pairs of clips would be told the wrong way round."""
_NAMED = 3
"""Of the defects that are told best, in the one line for a person."""
FEW = 10
"""Defective clips below which that line does not judge: the spread of an AUC by chance is then a rough guess."""
_CHANCE = 0.01
"""Level at which the best of all signals must be better than none."""


def write_detection(
    corpus: Corpus,
    media: DefectiveSource | None,
    builder: VariantBuilder,
    filter_: Filter,
    tasks: Iterable[Task | None],
) -> pl.DataFrame | None:
    """Score all signals against what was planted, in media and in labels, and keep the table beside the corpus.

    None where nothing was planted. Tasks that are not asked for keep the rows they had, and so do the columns that
    doubt labels where this filter does not look at them; the file is written only when a row has changed.
    """
    parts = [] if media is None or corpus.truth is None else [of_media(corpus, media)]
    parts += [of_labels(task, builder, filter_) for task in tasks if task is not None and builder.label_planters]
    if not parts or corpus.directory is None:
        return None
    path = corpus.directory / FILE
    before = _read(path)
    table = merged(before, pl.concat(parts))
    if not table.equals(before):
        write_parquet(path, table)
    return table


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
        rows += _rows(values.filter(judged), bad.filter(judged), clips["recording_id"].filter(judged), defect, None)
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def of_labels(task: Task, builder: VariantBuilder, filter_: Filter) -> pl.DataFrame:
    """Rows of the wrong labels planted in a task's training rows, also of what doubts them where the filter asks."""
    found, signals = builder.observed(filter_, task)
    if found.label_truth is None or not len(found.label_truth):
        return pl.DataFrame(schema=SCHEMA)
    planted = found.planted(builder.corpus.truth) or frozenset()
    train = found.rows.filter(split="train")
    return label_rows(train, found.label_truth, planted, signals, task.name)


def label_rows(
    train: pl.DataFrame, truth: pl.DataFrame, planted: Collection[str], signals: SignalTable, task: str
) -> pl.DataFrame:
    """Rows of one task's label defects: `truth` has clip_id and defect, `planted` all clips with any defect."""
    values = signals.values(train["clip_id"])
    clean = ~train["clip_id"].is_in(list(planted))
    rows = []
    for defect in sorted(truth["defect"].unique()):
        bad = train["clip_id"].is_in(truth.filter(defect=defect)["clip_id"].to_list())
        judged = bad | clean
        rows += _rows(values.filter(judged), bad.filter(judged), train["recording_id"].filter(judged), defect, task)
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _rows(
    values: pl.DataFrame, bad: pl.Series, recordings: pl.Series, defect: str, task: str | None
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


def halves(recordings: pl.Series, defective: Bools) -> Bools:
    """Which clips (N,) are in the first half: every second recording by name, of the defective and of the others."""
    names = recordings.to_numpy()
    spoilt = set(names[defective])
    first: set[str] = set()
    for part in (sorted(spoilt), sorted(set(names) - spoilt)):
        first.update(part[::2])
    return np.fromiter((name in first for name in names), dtype=bool, count=len(names))


def merged(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The rows of `now`, and those of `before` that nothing now says anything of and that are of the same planting."""
    tasks = now["task"].unique()
    kept = [before.filter(~pl.col("task").is_in(tasks.drop_nulls().to_list()) & pl.col("task").is_not_null())]
    for task in tasks.drop_nulls():
        had, has = before.filter(task=task), now.filter(task=task)
        same = had.join(has.select(_KEY), on=_KEY, how="semi")
        if same.sort(_KEY).equals(has.join(same.select(_KEY), on=_KEY, how="semi").sort(_KEY)) and len(same):
            doubting = had.filter(pl.col("signal").is_in(doubts.COLUMNS))
            kept.append(doubting.join(has.select(_KEY), on=_KEY, how="anti"))
    if not tasks.is_null().any():
        kept.append(before.filter(pl.col("task").is_null()))
    return pl.concat([now, *kept]).sort(_KEY)


def _read(path: Path) -> pl.DataFrame:
    """The table as it was kept; empty where there is none, or one that cannot be read."""
    try:
        return pl.read_parquet(path).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    except (pl.exceptions.PolarsError, OSError):
        return pl.DataFrame(schema=SCHEMA)


def best(table: pl.DataFrame) -> pl.DataFrame:
    """For each defect (of a task) the signal that tells it best, best-told defects first; none where none is."""
    scored = table.filter(pl.col("auc").is_not_null())
    order = scored.sort(["auc", "recall", "precision", *_KEY], descending=[True] * 3 + [False] * 3, nulls_last=True)
    return order.unique(["task", "defect"], keep="first", maintain_order=True)


def undetected(table: pl.DataFrame) -> list[str]:
    """The defects that no signal tells: the best AUC is below 0.7, or no better than chance makes the best of all."""
    planted = table.filter(pl.col("num_defective") > 0)
    signals = max(1, planted["signal"].n_unique())
    told = {
        (row["task"], row["defect"])
        for row in best(planted).iter_rows(named=True)
        if row["auc"] >= max(_BLIND, _by_chance(row, signals))
    }
    return [d for task, d in planted.select("task", "defect").unique().sort("defect").rows() if (task, d) not in told]


def _by_chance(row: Mapping[str, Any], signals: int) -> float:
    """The AUC, direction taken out, that the best of so many blind signals exceeds once in a hundred tables."""
    bad, clean = row["num_defective"], row["num_clean"]
    spread = float(np.sqrt((bad + clean + 1) / (12 * bad * clean)))
    return 0.5 + float(norm.isf(_CHANCE / (2 * signals))) * spread


def sentence(table: pl.DataFrame, folder: Path | None) -> str:
    """One line: the defects that are told best, those that no signal tells, and where the table lies."""
    few = pl.col("num_defective") < FEW
    enough, rare = table.filter(~few), table.filter(few & (pl.col("num_defective") > 0))
    first = best(enough).head(_NAMED).iter_rows(named=True)
    top = [f"{row['defect']} by {row['signal']} (AUC {row['auc']:.2f})" for row in first]
    said = [f"planted defects told best: {', '.join(top) or 'none'}"]
    said.append(f"told by no signal: {', '.join(undetected(enough)) or 'none'}")
    if len(rare):
        said.append(f"too few clips to say: {', '.join(sorted(rare['defect'].unique()))}")
    return "; ".join([*said, f"all: {folder}/{FILE}"])
