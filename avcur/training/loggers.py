"""One logger per run, under the same keys: W&B (online or offline), TensorBoard, or CSV files."""

from __future__ import annotations

import logging
import netrc
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger

_log = logging.getLogger(__name__)


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

    # Statistics, console capture and code saving cost more than a short run's training and say nothing here.
    settings = wandb.Settings(
        silent=True, console="off", disable_git=True, save_code=False, x_disable_stats=True, x_disable_meta=True,
        x_disable_machine_info=True,
    )  # fmt: skip
    run.study_directory.mkdir(parents=True, exist_ok=True)
    # Lightning's own call of init passes an obsolete argument, about which W&B prints a warning in every process.
    experiment = wandb.init(
        project=project, entity=entity, name=run.name, group=run.study, tags=[run.task, run.arm], job_type="train",
        dir=run.study_directory, config=dict(run.config), mode=announced_wandb_mode(), settings=settings,
        reinit="finish_previous",
    )  # fmt: skip
    logger = WandbLogger(experiment=experiment)
    if log_variant:
        _log_variant(logger, run)
    return logger


def _log_variant(logger: WandbLogger, run: RunInfo) -> None:
    import wandb

    artifact = wandb.Artifact(f"variant-{run.variant_id[:16]}", type="variant")
    for name in ("card.json", "manifest.csv"):
        if (path := run.variant_directory / name).is_file():
            artifact.add_file(str(path))
    logger.experiment.log_artifact(artifact)


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


@lru_cache(maxsize=1)
def announced_wandb_mode() -> Literal["online", "offline", "disabled", "shared"]:
    """The mode of this process's W&B runs, logged once."""
    mode = wandb_mode()
    hint = " (log in or set WANDB_API_KEY to upload; `wandb sync` uploads later)" if mode == "offline" else ""
    _log.info("W&B: %s%s", mode, hint)
    return mode


def wandb_mode() -> Literal["online", "offline", "disabled", "shared"]:
    """WANDB_MODE where it is set; else online with an API key or a netrc login for the W&B host, offline without."""
    match os.environ.get("WANDB_MODE", "").lower():
        case "online" | "run":
            return "online"
        case "offline" | "dryrun":
            return "offline"
        case "disabled":
            return "disabled"
        case "shared":
            return "shared"
        case _:
            return "online" if os.environ.get("WANDB_API_KEY") or _has_login() else "offline"


def _has_login() -> bool:
    host = urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
