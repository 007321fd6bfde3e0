"""How far the labels of training rows are to be trusted: measured once per content, read again ever after."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
from omegaconf import DictConfig, OmegaConf

from avcur import __version__
from avcur.errors import DamagedCacheError, UserError, check_number
from avcur.filters.ablation import ablated
from avcur.filters.filter import Filter
from avcur.splits.groups import group_clips
from avcur.store.commit import write_parquet
from avcur.store.keys import digest
from avcur.tasks import Task
from avcur.training.recipe import files_of, plain, without_comfort
from avcur.variants.doubts import COLUMNS, CONFIDENCE, RANK, SUSPECT, asked_for, no_values, values

_VERSION = 2
"""Raised when the same rows and configuration give other values."""
_SOFTWARE = ("cleanlab", "scikit-learn", "torch")
_SCHEMA = {"clip_id": pl.String, CONFIDENCE: pl.Float64, RANK: pl.Float64, SUSPECT: pl.Float64}
_CONTENT = ("clip_id", "content_key", "start", "end", "audio_offset", "label", "group")
"""What the values hang on of a row; where its sound lies is not among it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelConfidence:
    """The `Doubts` of a configuration (`label_confidence`), kept below `root`.

    With `first_run` nothing is measured: what is not there yet is a UserError with that command.
    """

    cfg: DictConfig
    root: Path
    first_run: str | None = None

    def __call__(self, task: Task, rows: pl.DataFrame) -> pl.DataFrame:
        """A value or the reason for none of every row: val and test rows are never looked at.

        Where no row has one, a warning says why, as a filter then keeps or drops them all alike.
        """
        check_settings(self.cfg)
        if task.name not in self.tasks:
            reason = f"label_confidence is for {', '.join(self.tasks)}, not for {task.name}"
            _log.warning("%s: no label of it is doubted", reason)
            return no_values(rows["clip_id"], reason)
        train = pl.col("split") == "train"
        sounding = rows.filter(train, pl.col("audio_path").is_not_null())
        found = self._found(task, sounding)
        without = found.filter(pl.col(CONFIDENCE).is_null())["clip_id"]
        if len(without) == len(found):
            _log.warning("label confidence of %s: no label is doubted, as %s", task.name, _why_none(task, sounding))
        return pl.concat([
            values(found.drop_nulls(CONFIDENCE)),
            no_values(without, "no model of other groups knew its label"),
            no_values(rows.filter(train, pl.col("audio_path").is_null())["clip_id"], "no sound"),
            no_values(rows.filter(~train)["clip_id"], "not a training row"),
        ])  # fmt: skip

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks that there are classifiers for."""
        return _tasks(self.cfg)

    def _found(self, task: Task, rows: pl.DataFrame) -> pl.DataFrame:
        """The columns of training rows, null where no model knew a row's label; from disk where they are there."""
        if not len(rows):
            return pl.DataFrame(schema=_SCHEMA)
        dealt = rows.with_columns(group=_groups(task, rows))
        path = self.root / f"{task.name}-{self._key(task, dealt)[:16]}.parquet"
        if path.is_file():
            _log.info("label confidence of %s: %d clips, from the cache", task.name, len(rows))
            return _read(path)
        if self.first_run is not None:
            raise UserError(f"The label confidence of {task.name} is not measured yet; first run:  {self.first_run}")
        found = self._measured(task, dealt)
        write_parquet(path, found)
        return found

    def _measured(self, task: Task, rows: pl.DataFrame) -> pl.DataFrame:
        from avcur.training.label_errors import label_errors
        from avcur.training.out_of_fold import out_of_fold  # torch, which a run that reads needs not

        judged = out_of_fold(self.cfg, task.name, rows, self.root)
        known = np.flatnonzero(judged.times)
        given, probabilities = judged.given[known], judged.probabilities[known]
        errors = label_errors(given, probabilities)
        table = pl.DataFrame({
            "clip_id": [judged.clip_ids[i] for i in known],
            CONFIDENCE: probabilities[np.arange(len(known)), given],
            RANK: errors.rank,
            SUSPECT: errors.suspect.astype(np.float64),
        }, schema=_SCHEMA)  # fmt: skip
        _log.info(
            "label confidence of %s: %d of %d clips by %d models, %d labels are suspect",
            task.name, len(known), len(rows), judged.models, int(errors.suspect.sum()),
        )  # fmt: skip
        return rows.select("clip_id").sort("clip_id").join(table, on="clip_id", how="left", maintain_order="left")

    def _key(self, task: Task, rows: pl.DataFrame) -> str:
        content = rows.select([c for c in _CONTENT if c in rows.columns]).sort("clip_id")
        dealing = {name: self.cfg[name] for name in ("folds", "repeats", "seed")}
        nodes = dict(self.cfg[task.name])
        if nodes.get("budget"):  # of a network, which is trained by these
            nodes |= {name: self.cfg[name] for name in ("trainer", "callbacks")}
        recipe = {name: without_comfort(plain(node)) for name, node in nodes.items()}
        files = files_of(self.cfg[task.name])
        software = {name: version(name) for name in _SOFTWARE}
        return digest(
            [_VERSION, __version__, software, task.name, dealing, recipe, files, content.columns, content.rows()]
        )


def doubts_labels(cfg: DictConfig) -> bool:
    """Whether a run's filter looks at how far labels are to be doubted."""
    return asked_for(Filter.parse(ablated(plain(cfg.filter), cfg.get("ablation"))))


def with_own_seed(cfg: DictConfig) -> DictConfig:
    """A run's config with label confidence's own seed for the training seed, by which no label may be doubted more."""
    own: DictConfig = OmegaConf.create(cfg)
    own.seed = cfg.label_confidence.seed
    return own


def check_settings(cfg: DictConfig) -> None:
    """A UserError, before any work, where no label would be doubted, or one by a model that learned it."""
    check_number("label_confidence.folds", cfg.folds, least=2, whole=True)
    check_number("label_confidence.repeats", cfg.repeats, least=1, whole=True)
    check_number("label_confidence.seed", cfg.seed, whole=True, most=10**9)
    for task in _tasks(cfg):
        if cfg[task].model.get("init"):
            raise UserError(
                f"label_confidence.{task}.model.init={cfg[task].model.init}: what that checkpoint learned from may be "
                "among the clips that it would judge; leave it out"
            )
        if budget := cfg[task].get("budget"):
            _check_budget(f"label_confidence.{task}.budget", budget)


def _check_budget(name: str, budget: DictConfig) -> None:
    if budget.get("kind") not in ("steps", "epochs"):
        raise UserError(f"{name}.kind={budget.get('kind')}: choose steps or epochs")
    check_number(f"{name}.value", budget.get("value"), least=1, whole=True)


def _tasks(cfg: DictConfig) -> list[str]:
    return [str(name) for name, node in cfg.items() if isinstance(node, DictConfig) and "datamodule" in node]


def _why_none(task: Task, rows: pl.DataFrame) -> str:
    """Why no model could judge any of these training rows."""
    if not len(rows):
        return "no training clip has sound"
    if rows["label"].n_unique() < 2:
        return f"all {len(rows)} training clips bear one label"
    dealt = rows.with_columns(group=_groups(task, rows))
    if dealt["group"].n_unique() < 2:
        return f"all {len(rows)} training clips are of one group of the split, without which no model can learn"
    if dealt.select("label", "group").unique()["label"].is_unique().all():
        return f"each label of the {len(rows)} training clips is in one group of the split, without which none knows it"
    return f"{len(rows)} training clips are too few to learn from all groups but some"


def _groups(task: Task, rows: pl.DataFrame) -> pl.Series:
    """What never helps to judge itself: the split's groups, but sessions where those hold whole speakers."""
    return group_clips(rows, "session") if task.open_set else rows["group"]


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path).select(["clip_id", *COLUMNS])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DamagedCacheError(f"Cannot read {path}: {error}; delete it, it is then measured again") from error
