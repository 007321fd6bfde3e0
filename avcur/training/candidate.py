"""One file of weights among many that are to be scored: how, and whether it may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hydra.utils import get_class
from lightning import LightningModule
from omegaconf import DictConfig, OmegaConf

from avcur import __version__
from avcur.crops.geometry import geometry_named
from avcur.errors import UserError
from avcur.splits.leakage import check_learned, check_published, met_published, scope_of
from avcur.store.keys import digest
from avcur.tasks import task_named
from avcur.training.checkpoint import read_weights
from avcur.training.recipe import files_of, plain, without_comfort
from avcur.variants.variant import Variant
from avcur.weights import Checkpoint, Record, published_record

SUFFIXES = (".pt", ".pth", ".ckpt", ".model")
PACKAGES = ("models.", "datamodules.")
"""Where what a checkpoint says of itself may be constructed from: a file must not name just any function."""
OF_THE_TEST = ("_target_", "num_workers", "trials", "allow_missing", "max_trials", "cohort_clips")
"""Of an open set's datamodule, what says how to test and not how clips are read."""
PUBLISHED = {"region": "face", "face_size": 112}
"""What published networks of faces read of a crop."""


@dataclass(frozen=True)
class Candidate:
    """One file of weights, and the model and datamodule that it is scored by.

    A checkpoint of ours says itself how it was trained; for plain weights, such as published ones, the command's own
    model and datamodule count. `name` is its path below the folder that was asked for.
    """

    path: Path
    name: str
    cfg: DictConfig

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What training wrote beside the weights; nothing where the file is not of ours."""
        found = Checkpoint(str(self.path)).facts()
        return found if isinstance(found.get("model"), Mapping) and "_target_" in found["model"] else {}

    @cached_property
    def record(self) -> Record | None:
        """Which published weights these are; None where they are of ours or unknown."""
        return published_record(self.path)

    @cached_property
    def model(self) -> DictConfig:
        """Never fine-tuned from another checkpoint again: all its weights are in this one."""
        node: DictConfig = OmegaConf.create(self.facts.get("model") or plain(self.cfg.model))
        if "init" in node:
            node.init = None
        return node

    @cached_property
    def datamodule(self) -> DictConfig:
        """That of training, with this command's number of workers."""
        if self.facts and task_named(self.cfg.task.name).open_set:
            return self._reading_as_trained()
        node: DictConfig = OmegaConf.create(self.facts.get("datamodule") or plain(self.cfg.datamodule))
        node.num_workers = self.cfg.datamodule.get("num_workers", 0)
        return node

    def _reading_as_trained(self) -> DictConfig:
        """This command's datamodule and so its trials, which are the test; clips are read as training did."""
        node: DictConfig = OmegaConf.create(plain(self.cfg.datamodule))
        trained = self.facts.get("datamodule") or {}
        node.update({name: trained[name] for name in node if name in trained and name not in OF_THE_TEST})
        return node

    @property
    def num_classes(self) -> int | None:
        """How wide its head is where that is another number than the variant's speakers; None: as they are."""
        return len(self.facts["classes"]) if self.facts and task_named(self.cfg.task.name).open_set else None

    def check(self, variant: Variant) -> None:
        """UserError where it cannot be scored on a variant, or has met its val or test set in training."""
        task, recipe = Checkpoint(str(self.path)).facts().get("task"), variant.card.get("recipe", {})
        strangers = task_named(variant.task).open_set
        if isinstance(task, str) and task != variant.task and not (strangers and task == "speaker_id"):
            raise UserError(f"trained for task={task}")
        self.check_targets()
        if (classes := self.facts.get("classes")) and variant.task == "speaker_id" and classes != variant.classes:
            raise UserError(f"knows {len(classes)} classes, not this variant's {len(variant.classes)}")
        self._check_crops(recipe.get("crops"))
        if self.record is not None:
            check_published(variant.clips, str(self.path), self.record, recipe)
        if "training_groups" in self.facts and (learned := Checkpoint(str(self.path)).learned()) is not None:
            check_learned(variant.clips, str(self.path), learned, scope_of(recipe), strangers)

    def check_targets(self) -> None:
        """UserError where what it says of itself would construct anything but a model and a datamodule."""
        check_constructed([self.facts.get("model"), self.facts.get("datamodule")])

    def learned_val(self, variant: Variant) -> bool:
        """Whether these are published weights that learned recordings of val."""
        return self.record is not None and "val" in met_published(
            variant.clips, self.record, variant.card.get("recipe", {})
        )

    def _check_crops(self, shown: Mapping[str, Any] | None) -> None:
        """A UserError where it would be shown other face crops than it was trained on."""
        if not shown:
            return
        if (own := self.facts.get("crops")) and geometry_named(**_crop(own)) != geometry_named(**_crop(shown)):
            raise UserError(f"reads face crops {_words(own)}; this variant's are {_words(shown)}")
        if self.record is None or not self.record.crops:
            return
        if shown["geometry"] not in self.record.crops:
            raise UserError(
                f"reads crops.geometry={' or '.join(self.record.crops)}; this variant's are {_words(shown)}"
            )
        for name, value in PUBLISHED.items():
            if (given := self.datamodule.get(name)) != value:
                raise UserError(f"reads datamodule.{name}={value}, not {given}")

    def key(self, variant: Variant) -> str:
        """What its scores depend on."""
        nodes = (self.model, self.datamodule, self.cfg.trainer)
        parts = [without_comfort(plain(node)) for node in nodes]
        files = files_of(self.datamodule)
        return digest(
            [Checkpoint(str(self.path)).key(), variant.id, parts, files, sorted(variant.clean_test), __version__]
        )


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


def load_whole(module: LightningModule, path: Path) -> None:
    """Load all weights that scores come of, of the whole module or (published ones) of the bare network in it.

    A module may name weights that only its loss needs as `training_only`. UserError where some are lacking or unknown.
    """
    weights, own = read_weights(path), module.state_dict()
    if not weights.keys() & own.keys():
        weights = {f"network.{name}": value for name, value in weights.items()}
    needed = own.keys() - set(getattr(module, "training_only", ()))
    lacking, unknown = sorted(needed - weights.keys()), sorted(weights.keys() - own.keys())
    shapes = sorted(name for name in weights.keys() & own.keys() if weights[name].shape != own[name].shape)
    if lacking or unknown or shapes:
        raise UserError(
            f"does not fit the model ({len(lacking)} weights lacking, {len(unknown)} unknown, {len(shapes)} of another "
            f"shape, such as {(lacking or unknown or shapes)[0]}); give the model's own settings, such as "
            "model.network.width=1"
        )
    module.load_state_dict(weights, strict=False)


def check_constructed(value: Any) -> None:
    """UserError where a config that a file holds would construct anything but classes of models and datamodules."""
    for target in _targets(value):
        if not target.startswith(PACKAGES) or not _is_own_class(target):
            raise UserError(f"names {target!r}, which is no part of models or datamodules")


def _is_own_class(target: str) -> bool:
    """A path through a module of ours may lead to what that module imports, such as all of torch."""
    try:
        return f"{get_class(target).__module__}.".startswith(PACKAGES)
    except (ValueError, ImportError):
        return False


def _targets(value: Any) -> Iterator[str]:
    """Everything that a config would construct, at any depth; UserError for text that would be worked out to one."""
    if isinstance(value, str) and "${" in value:
        raise UserError(f"holds {value!r}, which would be worked out; settings of a checkpoint are plain values")
    if isinstance(value, Mapping):
        if "_target_" in value:
            yield str(value["_target_"])
        for inner in value.values():
            yield from _targets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _targets(inner)


def _crop(crops: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": crops["geometry"], "size": crops.get("size")}


def _words(crops: Mapping[str, Any]) -> str:
    return f"crops.geometry={crops['geometry']}" + (f" crops.size={crops['size']}" if crops.get("size") else "")
