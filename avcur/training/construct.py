"""From the config of a run to its objects, each by its `_target_`, and what a trained network says of val and test."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from lightning import LightningModule, Trainer
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig

from avcur.errors import UserError
from avcur.training.protocols import Data, Estimator

DEFAULT_THREADS = 2
"""Of torch: networks this small gain nothing from more, and equal counts give equal sums."""


def build(node: DictConfig, **filled: Any) -> Any:
    """Construct a config node by its `_target_`, with `filled` values that no config holds.

    In two steps, because Hydra would turn a dataclass among its keyword arguments into a config, and would wrap a
    constructor's UserError.
    """
    return instantiate(node, _partial_=True)(**filled)


def build_model(node: DictConfig, data: Data, num_classes: int | None = None) -> Any:
    """The model of a config; one with `num_classes` gets those given or (None) the classes before any filter."""
    count = len(data.classes) if num_classes is None else num_classes
    return build(node, **({"num_classes": count} if "num_classes" in node else {}))


def fit_estimator(model: Estimator, data: Data) -> None:
    """Fit an estimator to the recorded clips; a UserError where options make training samples that it never hears."""
    if ignored := data.beyond_clips():
        raise UserError(
            f"{type(model).__name__} trains on recorded clips alone: turn off {', '.join(ignored)}, or train a network"
        )
    model.fit(data.items("train"))


def fit_network(
    cfg: DictConfig, budget: Mapping[str, Any], model: LightningModule, data: Data, directory: Path,
    logger: Logger | None = None,
) -> Trainer:  # fmt: skip
    """Train for a budget {kind, value} of steps or epochs by a config's trainer and callbacks; returns the trainer."""
    epoch = len(data.train_dataloader())
    steps = int(budget["value"]) * (epoch if budget["kind"] == "epochs" else 1)
    callbacks = [build(node) for node in (cfg.get("callbacks") or {}).values() if node]
    trainer: Trainer = build(
        cfg.trainer, max_steps=steps, logger=logger or False, callbacks=callbacks, default_root_dir=str(directory)
    )
    try:
        trainer.fit(model, datamodule=data)  # type: ignore[arg-type]
    except SystemExit as error:  # what Lightning makes of Ctrl-C
        raise KeyboardInterrupt from error
    return trainer


def tested(trainer: Trainer, model: LightningModule, data: Data) -> dict[str, Any]:
    """The outputs of all batches of each split that the task scores by: "val", "test", and what else it needs."""
    loaders = [data.eval_dataloader(split) for split in data.scored_splits]
    outputs = trainer.predict(model, dataloaders=loaders)
    return dict(zip(data.scored_splits, outputs, strict=True))  # type: ignore[arg-type]


def prepare(cfg: DictConfig) -> None:
    """Set torch's threads, and silence what Lightning says of every run of a sweep: devices, worker counts, tips."""
    torch.set_num_threads(int(cfg.get("num_threads") or DEFAULT_THREADS))
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    logging.getLogger("lightning.fabric").setLevel(logging.ERROR)
    logging.getLogger("speechbrain").setLevel(logging.WARNING)
    for module in (r"lightning\..*", r"torch\.optim\.lr_scheduler", r"torch\.jit.*"):
        warnings.filterwarnings("ignore", module=module)
