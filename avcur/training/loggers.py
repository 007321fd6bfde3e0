"""One logger per run, under the same keys: W&B (online or offline), TensorBoard, or CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger

from avcur.tracking import add_variant, announced_wandb_mode, wandb_settings


@dataclass(frozen=True)
class RunInfo:
    """What a logger may say of a run.

    `directory` is the run's own; `variant_directory` holds card.json and manifest.csv.
    """

    name: str
    study: str
    task: str
    arm: str
    directory: Path
    study_directory: Path
    variant_id: str
    variant_directory: Path
    config: Mapping[str, Any] = field(default_factory=dict)


def wandb_logger(run: RunInfo, project: str = "avcur", entity: str | None = None, log_variant: bool = True) -> Logger:
    """A W&B run: group = study, tags = task and arm, config = the resolved config, the variant as an artifact."""
    import wandb

    run.study_directory.mkdir(parents=True, exist_ok=True)
    # Lightning's own call of init passes an obsolete argument, about which W&B prints a warning in every process.
    experiment = wandb.init(
        project=project, entity=entity, name=run.name, group=run.study, tags=[run.task, run.arm], job_type="train",
        dir=run.study_directory, config=dict(run.config), mode=announced_wandb_mode(), settings=wandb_settings(),
        reinit="finish_previous",
    )  # fmt: skip
    logger = WandbLogger(experiment=experiment)
    if log_variant:
        add_variant(experiment, f"variant-{run.variant_id[:16]}", run.variant_directory)
    return logger


def tensorboard_logger(run: RunInfo) -> Logger:
    """Event files in the run's directory."""
    return TensorBoardLogger(save_dir=run.directory, name="", version="tensorboard")


def csv_logger(run: RunInfo) -> Logger:
    """metrics.csv in the run's directory."""
    return CSVLogger(save_dir=run.directory, name="", version="csv")


def close(logger: Logger) -> None:
    """Write what is still in memory and end the run at its service, so that the next one of a sweep is its own."""
    logger.finalize("success")
    finish = getattr(getattr(logger, "experiment", None), "finish", None)
    if finish is not None:
        finish()
