"""One run: train a model on a variant for a fixed budget, test it with its final weights, record the result."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning
import polars as pl
import torch
from lightning import LightningModule
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig

from avcur.errors import UserError
from avcur.splits.leakage import check_learned, check_published, scope_of
from avcur.tasks import task_named
from avcur.training.checkpoint import save_checkpoint
from avcur.training.construct import build, build_model, fit_estimator, fit_network, prepare, tested
from avcur.training.learnable import check_learnable
from avcur.training.loggers import RunInfo, close, log_result
from avcur.training.predictions import calibrated, scored, tables
from avcur.training.protocols import Data
from avcur.training.recipe import plain
from avcur.training.run_record import RunRecord, finished_run, twin_run
from avcur.variants.variant import Variant
from avcur.weights import Checkpoint, LearnedFrom, published_record

_log = logging.getLogger(__name__)


def run(cfg: DictConfig, variant: Variant) -> dict[str, Any]:
    """Train and test once and return the content of result.json; a finished run of the same recipe is not repeated.

    `cfg` is resolved and has seed, study, paths.studies, task.name, budget {kind, value}, datamodule, model, trainer,
    and maybe logger, callbacks, num_threads and save_checkpoint. Everything is constructed by its `_target_`.
    """
    started = time.perf_counter()
    record = RunRecord.of(cfg, variant)
    trial = bool(cfg.trainer.get("fast_dev_run", False))
    if (finished := finished_run(cfg, record)) is not None:
        return finished
    _check(cfg, variant)
    if (twin := twin_run(cfg, record)) is not None:
        with _logging(cfg, record) as logger:
            return _told(logger, record.adopt(twin))
    prepare(cfg)
    lightning.seed_everything(record.seed, workers=True, verbose=False)
    data: Data = build(cfg.datamodule, variant=variant)
    model = build_model(cfg.model, data)
    with _logging(cfg, record) as logger:
        trained = _fit(cfg, record, model, data, logger)
        val, test = tables(variant, data, trained["outputs"])
        metrics = scored(record.task, val, test)
        saved = None if trial else _saved(cfg, record, model, data, calibrated(record.task, val))
        facts = _facts(record, data, trained, saved)
        facts["cost"]["wall"] = time.perf_counter() - started
        return record.result(metrics, facts) if trial else _told(logger, record.write(test, metrics, facts))


@contextmanager
def _logging(cfg: DictConfig, record: RunRecord) -> Iterator[Logger | None]:
    """The run's logger, ended however the run ends; None for a trial and without one."""
    if cfg.trainer.get("fast_dev_run", False) or not cfg.get("logger"):
        yield None
        return
    logger = build(cfg.logger, run=_info(cfg, record))
    try:
        yield logger
    finally:
        close(logger)


def _told(logger: Logger | None, result: dict[str, Any]) -> dict[str, Any]:
    """The result, which by now is on disk, once the logger has heard of it."""
    if logger is not None:
        log_result(logger, result)
    return result


def _check(cfg: DictConfig, variant: Variant) -> None:
    """Refuse, before any work, what can only end badly."""
    if variant.task != cfg.task.name:
        raise UserError(f"Variant {variant.directory} is of task {variant.task}; run with task={variant.task}")
    check_learnable(variant, labels=str(cfg.datamodule.get("labels", "source")))
    recipe, what = variant.card.get("recipe", {}), f"model.init={cfg.model.get('init')}"
    if (learned := _learned_before(cfg)) is not None:
        check_learned(variant.clips, what, learned, scope_of(recipe), task_named(variant.task).open_set)
    elif cfg.model.get("init") and (record := published_record(Path(cfg.model.init))) is not None:
        check_published(variant.clips, what, record, recipe)


def _fit(cfg: DictConfig, record: RunRecord, model: Any, data: Data, logger: Logger | None) -> dict[str, Any]:
    """Train by the way that the model offers; returns steps, device and the outputs of val and test."""
    if isinstance(model, LightningModule):
        return _fit_network(cfg, record, model, data, logger)
    if task_named(record.task).open_set:
        raise UserError(f"model={record.model} gives no embeddings; task={record.task} needs model=ecapa")
    fit_estimator(model, data)
    outputs = {}
    for split in ("val", "test"):
        items = data.items(split)
        targets = [item.target for item in items]
        outputs[split] = [{"index": range(len(items)), "target": targets, "scores": model.predict(items)}]
    return {"steps": 0, "device": "cpu", "outputs": outputs}


def _fit_network(
    cfg: DictConfig, record: RunRecord, model: LightningModule, data: Data, logger: Logger | None
) -> dict[str, Any]:
    trainer = fit_network(cfg, record.budget, model, data, record.directory, logger)
    steps_done = trainer.global_step
    return {"steps": steps_done, "device": model.device.type, "outputs": tested(trainer, model, data)}


def _facts(record: RunRecord, data: Data, trained: Mapping[str, Any], checkpoint: str | None) -> dict[str, Any]:
    train = record.variant.rows("train")
    hours = float((train["end"] - train["start"]).sum()) / 3600
    return {
        "cost": {"wall": 0.0, "steps": trained["steps"], "kept_hours": hours, "kept_clips": len(train)},
        "emptied_classes": _emptied(record.task, data.classes, train),
        "device": trained["device"],
        "checkpoint": checkpoint,
    }


def _emptied(task: str, classes: list[str], train: pl.DataFrame) -> list[str]:
    """Classes without a training clip; they stay in the test and count as errors."""
    if task in ("active_speaker", "av_sync") or task_named(task).open_set:  # not tested by classes of clips
        return []
    return sorted(set(classes) - set(train["label"].drop_nulls()))


def _saved(
    cfg: DictConfig, record: RunRecord, model: Any, data: Data, thresholds: Sequence[float] | None
) -> str | None:
    """Save the final weights where the config asks for it; returns the file's name in the run's directory."""
    if not cfg.get("save_checkpoint", False):
        return None
    if not isinstance(model, torch.nn.Module):
        _log.warning("save_checkpoint=true is without effect: model=%s has no weights", record.model)
        return None
    facts = {
        "task": record.task, "classes": data.classes, "variant_id": record.variant.id, "recipe": record.recipe,
        "model": plain(cfg.model), "datamodule": plain(cfg.datamodule), "seed": record.seed, "budget": record.budget,
        **({} if thresholds is None else {"thresholds": list(thresholds)}),
        **_learned_from(record.variant, _learned_before(cfg)),
    }  # fmt: skip
    save_checkpoint(record.directory / "model.pt", model, facts)
    return "model.pt"


def _learned_before(cfg: DictConfig) -> LearnedFrom | None:
    """What the checkpoint of ours was trained on that a run fine-tunes; None without one, and for published weights."""
    init = Checkpoint(cfg.model.get("init"))
    return None if init.missing() is not None or "training_groups" not in init.facts() else init.learned()


def _learned_from(variant: Variant, before: LearnedFrom | None) -> dict[str, Any]:
    """What a checkpoint was trained on, so that no study tests on it, and which face crops it reads.

    That of the checkpoint it was fine-tuned from counts too: bytes always, names where they mean the same.
    """
    train, recipe = variant.rows("train"), variant.card.get("recipe", {})
    columns = {"groups": "group", "recordings": "recording_id", "media": "media"}
    if task_named(variant.task).label == "speaker":
        columns["speakers"] = "label"
    found = {fact: set(train[c].drop_nulls()) if c in train.columns else set() for fact, c in columns.items()}
    scope = scope_of(recipe)
    if before is not None:
        for fact in found if before.scope == scope else ("media",):
            found[fact] |= getattr(before, fact)
    facts = {f"training_{fact}": sorted(values) for fact, values in found.items()}
    return {**facts, "scope": scope, "crops": recipe.get("crops")}


def _info(cfg: DictConfig, record: RunRecord) -> RunInfo:
    """What loggers are told; the name has the budget in it, so that runs of both budgets are told apart."""
    budget = f"{record.budget['kind']}{record.budget['value']}"
    return RunInfo(
        name=f"{record.task}-{record.model}-{budget}-{record.name}-seed{record.seed}", study=record.study,
        model=record.model, seed=record.seed, budget=record.budget, directory=record.directory,
        study_directory=record.study_directory, variant=record.variant, config=plain(cfg),
    )  # fmt: skip
