"""Many checkpoints scored on one variant's val and test: which to choose (on val), and what it is worth (on test)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from lightning import LightningModule, Trainer
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from avcur import __version__
from avcur.engines.progress import progress_bar
from avcur.errors import UserError
from avcur.metrics.primary import PRIMARY
from avcur.splits.leakage import check_learned, scope_of
from avcur.store.commit import committed, write_json, write_parquet
from avcur.store.keys import digest
from avcur.training.checkpoint import read_weights
from avcur.training.construct import build, build_model, prepare, tested
from avcur.training.predictions import arrays, prediction_table, scored
from avcur.training.protocols import Data
from avcur.training.run_record import model_name, plain
from avcur.variants.variant import Variant
from avcur.weights import Checkpoint

SUFFIXES = (".pt", ".pth", ".ckpt", ".model")
LEGACY = "legacy_ap"
_LISTED = 40
"""Checkpoints shown in the table; all are in the CSV."""


@dataclass(frozen=True)
class Candidate:
    """One file of weights, and the model and datamodule that it is scored by.

    A checkpoint of ours says itself how it was trained; for plain weights, such as published ones, the command's own
    model and datamodule count.
    """

    path: Path
    name: str
    cfg: DictConfig

    @cached_property
    def facts(self) -> dict[str, Any]:
        return Checkpoint(str(self.path)).facts()

    @property
    def model(self) -> DictConfig:
        """Never fine-tuned from another checkpoint again: all its weights are in this one."""
        node: DictConfig = OmegaConf.create(self.facts.get("model") or plain(self.cfg.model))
        if "init" in node:
            node.init = None
        return node

    @property
    def datamodule(self) -> DictConfig:
        """That of training, with this command's number of workers."""
        node: DictConfig = OmegaConf.create(self.facts.get("datamodule") or plain(self.cfg.datamodule))
        node.num_workers = self.cfg.datamodule.get("num_workers", 0)
        return node

    def check(self, variant: Variant) -> None:
        """UserError where it cannot be scored on a variant, or has met its val or test set in training."""
        task, recipe = self.facts.get("task"), variant.card.get("recipe", {})
        if task is not None and task != variant.task:
            raise UserError(f"trained for task={task}")
        if (classes := self.facts.get("classes")) and variant.task == "speaker_id" and classes != variant.classes:
            raise UserError(f"knows {len(classes)} classes, not this variant's {len(variant.classes)}")
        if (crops := self.facts.get("crops")) and crops != recipe.get("crops"):
            raise UserError(f"reads face crops {crops}, this variant's are {recipe.get('crops')}")
        if "training_groups" in self.facts and (learned := Checkpoint(str(self.path)).learned()) is not None:
            check_learned(variant.clips, str(self.path), learned, scope_of(recipe))

    def key(self, variant: Variant) -> str:
        """What its scores depend on."""
        parts = [plain(self.model), plain(self.datamodule), sorted(variant.clean_test), __version__]
        return digest([Checkpoint(str(self.path)).key(), variant.id, parts])


def candidates(cfg: DictConfig) -> list[Candidate]:
    """The files of weights that `checkpoints` names: a file, or all below a folder in the order of their paths."""
    if cfg.get("checkpoints") is None:
        raise UserError("mode=evaluate scores checkpoints; give a file or a folder of them as checkpoints=PATH")
    root = Path(cfg.checkpoints)
    if root.is_file():
        return [Candidate(root, root.name, cfg)]
    if not root.is_dir():
        raise UserError(f"checkpoints={root}: no such file or folder")
    found = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if not found:
        raise UserError(f"checkpoints={root}: no file of weights ({', '.join(SUFFIXES)}) below it")
    return [Candidate(path, path.relative_to(root).as_posix(), cfg) for path in found]


def evaluate(cfg: DictConfig, variant: Variant) -> pl.DataFrame:
    """Score every checkpoint and write one CSV, named after the folder: one row each, best on val first.

    `cfg` is that of a run, with `checkpoints` and `legacy` (scikit-learn's AP beside the official one). One that cannot
    be scored has a row that says why. What was scored before is not scored again. Predictions lie beside, per
    checkpoint.
    """
    if cfg.get("legacy") and variant.task != "active_speaker":
        raise UserError("legacy=true adds scikit-learn's average precision, a metric of task=active_speaker")
    prepare(cfg)
    folder = Path(cfg.paths.studies) / str(cfg.study) / "evaluation" / variant.task / variant.id[:16]
    rows = []
    with progress_bar() as progress:
        found = candidates(cfg)
        bar = progress.add_task("Scoring checkpoints", total=len(found))
        for candidate in found:
            rows.append(_row(cfg, candidate, variant, folder))
            progress.advance(bar)
    table, path = _ordered(rows, variant.task), folder / f"evaluation-{Path(cfg.checkpoints).resolve().name}.csv"
    with committed(path) as beside:
        table.write_csv(beside)
    print_evaluation(table, variant.task, path)
    return table


def _row(cfg: DictConfig, candidate: Candidate, variant: Variant, folder: Path) -> dict[str, Any]:
    try:
        candidate.check(variant)
        metrics = _metrics(cfg, candidate, variant, folder)
    except UserError as error:
        return {"checkpoint": candidate.name, "state": "refused", "reason": str(error)}
    about = {"model": model_name(candidate.model), "seed": candidate.facts.get("seed")}
    trained_on = candidate.facts.get("variant_id")
    return {"checkpoint": candidate.name, "state": "ok", "reason": None, **about, "trained_on": trained_on, **metrics}


def _metrics(cfg: DictConfig, candidate: Candidate, variant: Variant, folder: Path) -> dict[str, float]:
    directory = folder / candidate.key(variant)[:16]
    tables = {"val": directory / "val.parquet", "test": directory / "predictions.parquet"}
    if not all(path.is_file() for path in (*tables.values(), directory / "result.json")):
        for path, table in zip(tables.values(), _scores(cfg, candidate, variant), strict=True):
            write_parquet(path, table)
        write_json(directory / "result.json", _result(candidate, variant))
    val, test = (pl.read_parquet(path) for path in tables.values())
    metrics = scored(variant.task, val, test)
    return metrics | _legacy({"val": val, "test": test}) if cfg.get("legacy") else metrics


def _scores(cfg: DictConfig, candidate: Candidate, variant: Variant) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The prediction tables of val and test."""
    data: Data = build(candidate.datamodule, variant=variant)
    model: LightningModule = build_model(candidate.model, data)
    if not isinstance(model, LightningModule):
        raise UserError(f"model={model_name(candidate.model)} has no weights to load; train it instead")
    load_whole(model, candidate.path)
    trainer: Trainer = build(cfg.trainer, logger=False, callbacks=[])
    outputs = tested(trainer, model, data)
    val, test = (prediction_table(data.items(s), outputs[s], variant.clean_test) for s in ("val", "test"))
    return val, test


def load_whole(module: LightningModule, path: Path) -> None:
    """Load all weights of a file strictly: of the whole module, or of the bare network in it (published ones)."""
    weights = read_weights(path)
    own = module.state_dict()
    if weights.keys() != own.keys():
        weights = {f"network.{name}": value for name, value in weights.items()}
    network = {name: value for name, value in own.items() if name.startswith("network.")}
    lacking, unknown = sorted(network.keys() - weights.keys()), sorted(weights.keys() - own.keys())
    shapes = [name for name in weights.keys() & own.keys() if weights[name].shape != own[name].shape]
    if lacking or unknown or shapes:
        what = (lacking or unknown or sorted(shapes))[0]
        raise UserError(
            f"{path} does not fit the model ({len(lacking)} weights lacking, {len(unknown)} unknown, {len(shapes)} of "
            f"another shape, such as {what}); give the model's own settings, such as model.network.width=1"
        )
    module.load_state_dict(weights, strict=False)


def _result(candidate: Candidate, variant: Variant) -> dict[str, Any]:
    """Facts in the form of a run's result.json, as far as a checkpoint has them."""
    return {
        "task": variant.task, "model": model_name(candidate.model), "checkpoint": str(candidate.path),
        "variant_id": variant.id, "variant_directory": str(variant.directory), "predictions": "predictions.parquet",
        "card": variant.card, "code_version": __version__,
    }  # fmt: skip


def _legacy(tables: Mapping[str, pl.DataFrame]) -> dict[str, float]:
    """scikit-learn's average precision, which has no envelope: what many papers' code printed."""
    from sklearn.metrics import average_precision_score

    found = {split: arrays(table) for split, table in tables.items()}
    return {
        f"{split}/{LEGACY}": float(average_precision_score(target, scores[:, 0]))
        for split, (target, scores) in found.items()
        if target.any()
    }


def _ordered(rows: Sequence[dict[str, Any]], task: str) -> pl.DataFrame:
    """Best on val first; those without a score last."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], infer_schema_length=None)
    key = f"val/{PRIMARY[task][0]}"
    return table.sort(key, descending=True, nulls_last=True, maintain_order=True) if key in columns else table


def print_evaluation(table: pl.DataFrame, task: str, path: Path) -> None:
    """The table in the order of its val score: chosen there, reported on test."""
    metrics = [column for column in table.columns if "/" in column]
    shown = Table(title=f"{task}: best on val first", title_justify="left")
    for name in ("checkpoint", "model", *metrics, "why not"):
        shown.add_column(name, overflow="fold")
    for row in table.head(_LISTED).iter_rows(named=True):
        values = ("-" if row[m] is None else f"{row[m]:.4f}" for m in metrics)
        shown.add_row(escape(row["checkpoint"]), row.get("model") or "-", *values, escape(row["reason"] or ""))
    console = Console(width=max(120, 60 + 18 * len(metrics)))
    console.print(shown)
    more = f" ({len(table) - _LISTED} more)" if len(table) > _LISTED else ""
    console.print(f"{(table['state'] == 'ok').sum()} of {len(table)} checkpoints scored{more}: {path}")
