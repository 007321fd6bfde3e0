"""Many checkpoints scored on one variant's val and test: which to choose (on val), and what it is worth (on test)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from lightning import LightningModule, Trainer
from omegaconf import DictConfig
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from avcur import __version__
from avcur.engines.progress import progress_bar
from avcur.errors import UserError, is_the_machines
from avcur.metrics.active_speaker import legacy_average_precision
from avcur.metrics.primary import DEFINITIONS, LOWER_IS_BETTER, PRIMARY
from avcur.store.commit import committed, write_json, write_parquet
from avcur.store.keys import digest
from avcur.training.candidate import Candidate, candidates, load_whole
from avcur.training.construct import build, build_model, prepare, tested
from avcur.training.learnable import check_tested
from avcur.training.predictions import arrays, scored, tables
from avcur.training.protocols import Data
from avcur.training.recipe import model_name, plain
from avcur.variants.variant import Variant

LEGACY = "legacy_ap"
_COLUMNS = 8
"""Metrics shown beside each other; all are in the CSV."""
_LISTED = 40
"""Checkpoints shown in the table; all are in the CSV."""


def evaluate(cfg: DictConfig, variant: Variant) -> pl.DataFrame:
    """Score every checkpoint and write one CSV, named after the folder: one row each, best on val first.

    `cfg` is that of a run, with `checkpoints` and `legacy` (scikit-learn's AP beside the official one). One that cannot
    be scored has a row that says why. What was scored before is not scored again. Predictions lie beside, per
    checkpoint.
    """
    if cfg.get("legacy") and variant.task != "active_speaker":
        raise UserError("legacy=true adds scikit-learn's average precision, a metric of task=active_speaker")
    check_tested(variant, labels=str(cfg.datamodule.get("labels", "source")))
    prepare(cfg)
    folder = Path(cfg.paths.studies) / str(cfg.study) / "evaluation" / variant.task / variant.id[:16]
    rows = []
    with progress_bar() as progress:
        found = candidates(cfg)
        bar = progress.add_task("Scoring checkpoints", total=len(found))
        for candidate in found:
            rows.append(_row(cfg, candidate, variant, folder))
            progress.advance(bar)
    table, path = _ordered(rows, variant.task), folder / csv_name(cfg)
    with committed(path) as beside:
        table.write_csv(beside)
    print_evaluation(table, variant.task, path)
    if not (table["state"] == "ok").any():
        raise UserError(f"none of the {len(table)} checkpoints below {cfg.checkpoints} could be scored: see above")
    return table


def csv_name(cfg: DictConfig) -> str:
    """Each folder of checkpoints, and each way to score it, has a CSV of its own, so that none is written over."""
    path = Path(cfg.checkpoints).resolve()
    asked = [path, plain(cfg.model), plain(cfg.datamodule), plain(cfg.trainer), bool(cfg.get("legacy"))]
    return f"evaluation-{path.name}-{digest(asked)[:6]}.csv"


def _row(cfg: DictConfig, candidate: Candidate, variant: Variant, folder: Path) -> dict[str, Any]:
    """What became of one checkpoint. A file may hold anything, so that whatever it raises is its own reason."""
    try:
        candidate.check(variant)
        val, test = _tables(cfg, candidate, variant, folder)
        model = model_name(candidate.model)
    except Exception as error:
        if is_the_machines(error):
            raise
        why = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}".splitlines()[0]
        return {"checkpoint": candidate.name, "state": "refused", "reason": why}
    metrics = scored(variant.task, val, test) | (_legacy({"val": val, "test": test}) if cfg.get("legacy") else {})
    reason = None
    if candidate.learned_val(variant):
        reason = "val left out, as these published weights learned it"
        metrics = {name: value for name, value in metrics.items() if not name.startswith("val/")}
    facts = candidate.facts
    about = {"model": model, "seed": facts.get("seed"), "trained_on": facts.get("variant_id")}
    return {"checkpoint": candidate.name, "state": "ok", "reason": reason, **about, **metrics}


def _tables(cfg: DictConfig, candidate: Candidate, variant: Variant, folder: Path) -> list[pl.DataFrame]:
    """The prediction tables of val and test; kept, but for those of a trial on a few batches."""
    if cfg.trainer.get("fast_dev_run", False):
        return list(_scores(cfg, candidate, variant))
    directory = folder / candidate.key(variant)[:16]
    paths = [directory / "val.parquet", directory / "predictions.parquet"]
    if not all(path.is_file() for path in (*paths, directory / "result.json")):
        for path, table in zip(paths, _scores(cfg, candidate, variant), strict=True):
            write_parquet(path, table)
        write_json(directory / "result.json", _result(candidate, variant))
    return [pl.read_parquet(path) for path in paths]


def _scores(cfg: DictConfig, candidate: Candidate, variant: Variant) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The prediction tables of val and test."""
    data: Data = build(candidate.datamodule, variant=variant)
    model: LightningModule = build_model(candidate.model, data, candidate.num_classes)
    if not isinstance(model, LightningModule):
        raise UserError(f"model={model_name(candidate.model)} has no weights to load; train it instead")
    load_whole(model, candidate.path)
    trainer: Trainer = build(cfg.trainer, logger=False, callbacks=[])
    return tables(variant, data, tested(trainer, model, data))


def _result(candidate: Candidate, variant: Variant) -> dict[str, Any]:
    """Facts in the form of a run's result.json, as far as a checkpoint has them."""
    return {
        "task": variant.task, "model": model_name(candidate.model), "checkpoint": str(candidate.path),
        "variant_id": variant.id, "variant_directory": str(variant.directory), "predictions": "predictions.parquet",
        "card": variant.card, "code_version": __version__,
    }  # fmt: skip


def _legacy(tables: Mapping[str, pl.DataFrame]) -> dict[str, float]:
    """scikit-learn's average precision, which has no envelope: what many papers' code printed."""
    found = {split: arrays(table) for split, table in tables.items()}
    return {
        f"{split}/{LEGACY}": legacy_average_precision(target, scores)
        for split, (target, scores) in found.items()
        if target.any()
    }


def _ordered(rows: Sequence[dict[str, Any]], task: str) -> pl.DataFrame:
    """Best on val first; those without a score last."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], infer_schema_length=None)
    key = f"val/{PRIMARY[task][0]}"
    best_first = PRIMARY[task][0] not in LOWER_IS_BETTER
    return table.sort(key, descending=best_first, nulls_last=True, maintain_order=True) if key in columns else table


def _shown(metrics: list[str], primary: str) -> list[str]:
    """The metrics that fit beside each other: all, or those of the task's own one; the others are in the CSV."""
    own = [metric for metric in metrics if metric.split("/")[1].removesuffix("_snorm") == primary]
    return metrics if len(metrics) <= _COLUMNS else own


def print_evaluation(table: pl.DataFrame, task: str, path: Path) -> None:
    """The table in the order of its val score: chosen there, reported on test."""
    metrics = _shown([column for column in table.columns if "/" in column], PRIMARY[task][0])
    shown = Table(title=f"{task}: best on val first", title_justify="left")
    for name in ("checkpoint", "model", *metrics, "why not"):
        shown.add_column(name, overflow="fold")
    for row in table.head(_LISTED).iter_rows(named=True):
        values = ("-" if row[m] is None else f"{row[m]:.4f}" for m in metrics)
        shown.add_row(escape(row["checkpoint"]), row.get("model") or "-", *values, escape(row["reason"] or ""))
    console = Console(width=max(120, 60 + 18 * len(metrics)))
    console.print(shown)
    for name in dict.fromkeys(metric.split("/")[1] for metric in metrics):
        console.print(f"{name}: {DEFINITIONS.get(name, 'scikit-learn, without an envelope')}", highlight=False)
    more = f" ({len(table) - _LISTED} more)" if len(table) > _LISTED else ""
    console.print(f"{(table['state'] == 'ok').sum()} of {len(table)} checkpoints scored{more}: {path}")
