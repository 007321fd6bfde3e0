"""One logger per run, under the same keys: W&B (online or offline), TensorBoard, or CSV files."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger

from avcur.tracking.artifacts import model_artifact, use, variant_artifact
from avcur.tracking.facts import outcome, variant_facts
from avcur.tracking.mode import announced_wandb_mode
from avcur.tracking.runs import start_run, survived
from avcur.variants.variant import Variant

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunInfo:
    """What a logger may say of a run; `directory` is the run's own, `config` the resolved config."""

    name: str
    study: str
    model: str
    seed: int
    budget: Mapping[str, Any]
    directory: Path
    study_directory: Path
    variant: Variant
    config: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """The run under flat keys for W&B's tables and charts; the resolved config below `config`."""
        return {
            **variant_facts(self.variant), "study": self.study, "model": self.model, "seed": self.seed,
            f"budget/{self.budget['kind']}": self.budget["value"], "config": dict(self.config),
        }  # fmt: skip


class StudyRun(WandbLogger):
    """The W&B run of one training run; its artifacts follow once the result is on disk."""

    def __init__(self, experiment: Any, run: RunInfo, log_variant: bool, log_model: bool) -> None:
        super().__init__(experiment=experiment)
        self.info, self.log_variant, self.log_model = run, log_variant, log_model

    def log_artifacts(self, result: Mapping[str, Any]) -> None:
        """The variant as what the run was made from, and the model as what came of it."""
        if self.log_variant:
            use(self.experiment, variant_artifact(self.info.variant))
        if self.log_model:
            self.experiment.log_artifact(model_artifact(self.info.name, self.info.directory, result))


def wandb_logger(
    run: RunInfo, project: str = "avcur", entity: str | None = None, log_variant: bool = True, log_model: bool = True
) -> Logger:
    """A W&B run: group = study, tags = task, arm and filter, config = `RunInfo.facts`; variant and model follow.

    Where W&B starts no run, for whatever reason, training goes on and its numbers go to metrics.csv.
    """
    try:
        return StudyRun(_started(run, project, entity), run, log_variant, log_model)
    except Exception as error:
        why = " ".join(str(error).split())
        _log.warning("W&B: no run %s: %s: %s; its metrics go to %s", run.name, type(error).__name__, why, run.directory)
        return csv_logger(run)


def _started(run: RunInfo, project: str, entity: str | None) -> Any:
    """The W&B run of `RunInfo`, still without metrics."""
    variant = run.variant
    # Lightning's own call of init passes an obsolete argument, about which W&B prints a warning in every process.
    return start_run(
        announced_wandb_mode(), project=project, entity=entity, name=run.name, group=run.study, job_type="train",
        tags=(variant.task, variant.arm, variant.filter_name), directory=run.study_directory, config=run.facts(),
    )  # fmt: skip


def tensorboard_logger(run: RunInfo) -> Logger:
    """Event files in the run's directory."""
    return TensorBoardLogger(save_dir=run.directory, name="", version="tensorboard")


def csv_logger(run: RunInfo) -> Logger:
    """metrics.csv in the run's directory."""
    return CSVLogger(save_dir=run.directory, name="", version="csv")


def log_result(logger: Logger, result: Mapping[str, Any]) -> None:
    """The numbers of result.json, under its keys, as a run's last values, and W&B's artifacts.

    W&B sums a key up by its last value by itself; a metric defined with `summary="last"` would get it one level deeper.
    """
    with survived(f"the result of {result['task']}, seed {result['seed']},"):
        logger.log_metrics(outcome(result), step=result["cost"]["steps"])
        if isinstance(logger, StudyRun):
            logger.log_artifacts(result)


def close(logger: Logger) -> None:
    """Write what is still in memory and end the run at its service, so that the next one of a sweep is its own."""
    with survived("the end of a run"):
        logger.finalize("success")
        finish = getattr(getattr(logger, "experiment", None), "finish", None)
        if finish is not None:
            finish()
