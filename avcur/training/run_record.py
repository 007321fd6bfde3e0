"""A run's place on disk and its result.json, and whether it, or its equal, was made before."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from omegaconf import DictConfig

from avcur import __version__
from avcur.metrics.primary import PRIMARY
from avcur.store.commit import committed, write_json, write_parquet
from avcur.store.keys import digest
from avcur.training.recipe import budget_of, model_name, recipe_key
from avcur.variants.asked import asked_key
from avcur.variants.variant import Variant

SCHEMA = 1
FACTS = ("cost", "emptied_classes", "device", "checkpoint")
"""What a result states of the training itself."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunRecord:
    """Which run this is: under which recipe, on which variant, with which seed, and where it is kept."""

    study: str
    task: str
    model: str
    seed: int
    budget: dict[str, Any]
    recipe: str
    variant: Variant
    study_directory: Path

    @classmethod
    def of(cls, cfg: DictConfig, variant: Variant) -> RunRecord:
        """The record of a config (study, task.name, model, seed, budget, paths.studies), its seed not yet resolved."""
        return cls(
            study=str(cfg.study), task=str(cfg.task.name), model=model_name(cfg.model), seed=int(cfg.seed),
            budget=budget_of(cfg), recipe=recipe_key(cfg), variant=variant,
            study_directory=Path(cfg.paths.studies) / str(cfg.study),
        )  # fmt: skip

    @property
    def name(self) -> str:
        """Equal variants of two filters or under two conditions are two runs, so that a rule without effect shows."""
        card = self.variant.card
        condition = [f"{name}-{value}" for name, value in sorted((card.get("condition") or {}).items())]
        filters = [] if self.variant.arm == "raw" else [asked_key(card)]
        return "-".join([self.variant.arm, self.variant.id[:10], *condition, *filters])

    @property
    def directory(self) -> Path:
        """Recipes of one model lie apart, so that a second budget never overwrites the first."""
        recipe = f"{self.model}-{self.budget['kind']}{self.budget['value']}-{self.recipe[:6]}"
        return self.study_directory / self.task / recipe / self.name / f"seed{self.seed}"

    def finished(self) -> dict[str, Any] | None:
        """The stored result of the same recipe, variant and seed; None where there is none."""
        if not (self.directory / "result.json").is_file():
            return None
        if (result := self._equal(self.directory)) is not None:
            return result
        _log.info("%s holds a result of another recipe; training again", self.directory)
        return None

    def twins(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The folders and results of runs of the same recipe, seed and clips for other filters, arms or conditions."""
        found = self.directory.parent.parent.glob(f"*-{self.variant.id[:10]}*/seed{self.seed}/result.json")
        for path in sorted(found):
            if (result := self._equal(path.parent)) is not None:
                yield path.parent, result

    def _equal(self, directory: Path) -> dict[str, Any] | None:
        """The result in a folder where it is whole and of this recipe, variant and seed."""
        result: dict[str, Any] = json.loads((directory / "result.json").read_text(encoding="utf-8"))
        known = (result["recipe"], result["variant_id"], result["seed"], result["clean_test"])
        same = known == (self.recipe, self.variant.id, self.seed, self._clean_test)
        return result if same and (directory / result["predictions"]).is_file() else None

    @property
    def _clean_test(self) -> str:
        return digest(sorted(self.variant.clean_test))

    def write(self, predictions: pl.DataFrame, metrics: dict[str, float], facts: dict[str, Any]) -> dict[str, Any]:
        """Write predictions.parquet, then result.json: a result without its predictions never exists."""
        result = self.result(metrics, facts)
        write_parquet(self.directory / "predictions.parquet", predictions)
        write_json(self.directory / "result.json", result)
        return result

    def adopt(self, twin: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
        """The result of a run that was equal but for what it stands for, under this run's own name and card."""
        directory, found = twin
        _log.info("%s: the same clips as %s; its scores are taken over", self.directory, directory)
        if found.get("checkpoint"):
            with committed(self.directory / found["checkpoint"]) as beside:
                shutil.copyfile(directory / found["checkpoint"], beside)
        facts = {name: found[name] for name in FACTS if name in found}
        return self.write(pl.read_parquet(directory / found["predictions"]), found["metrics"], facts)

    def result(self, metrics: dict[str, float], facts: dict[str, Any]) -> dict[str, Any]:
        """result.json as a mapping; `facts` are those named in FACTS."""
        variant = self.variant
        return {
            "schema": SCHEMA, "study": self.study, "task": self.task, "model": self.model, "arm": variant.arm,
            "filter": variant.filter_name, "variant_id": variant.id, "variant_directory": str(variant.directory),
            "control": variant.card.get("control"),
            "seed": self.seed, "clean_test": self._clean_test, "budget": self.budget, "recipe": self.recipe,
            "primary_metric": f"test/{PRIMARY[self.task][0]}", "metrics": metrics,
            "predictions": "predictions.parquet", "card": variant.card, "code_version": __version__, **facts,
        }  # fmt: skip


def finished_run(cfg: DictConfig, record: RunRecord) -> dict[str, Any] | None:
    """The result of this very run where it was trained before and nothing that it lacks is asked for; else None.

    A trial (`trainer.fast_dev_run`) is always made again; so is a run of a network that did not keep the weights which
    `save_checkpoint` now wants.
    """
    if cfg.trainer.get("fast_dev_run", False):
        return None
    result = record.finished()
    if result is None or _lacks_weights(cfg, result):
        return None
    _log.info("%s is finished; skipped", record.directory)
    return result


def twin_run(cfg: DictConfig, record: RunRecord) -> tuple[Path, dict[str, Any]] | None:
    """The folder and result of an equal run that stands for another filter, arm or condition; None for a trial."""
    if cfg.trainer.get("fast_dev_run", False):
        return None
    return next((twin for twin in record.twins() if not _lacks_weights(cfg, twin[1])), None)


def _lacks_weights(cfg: DictConfig, result: Mapping[str, Any]) -> bool:
    return bool(cfg.get("save_checkpoint") and cfg.model.get("network") and not result.get("checkpoint"))
