"""A run's fixed recipe: everything that must be equal for two runs to be comparable, as one hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from avcur import __version__
from avcur.errors import UserError
from avcur.store.keys import digest, file_digest

RECIPE_PARTS = ("task", "budget", "datamodule", "model", "trainer", "callbacks", "num_threads")
"""What must be equal for two runs to be comparable: everything but the data, the seed, and where results go."""

READ_FILES = ("trials", "noise_dir", "reverb_dir")
"""Entries of datamodules that name a file or folder whose content counts."""

COMFORT = ("num_workers", "prefetch_factor", "cache_bytes", "enable_progress_bar", "enable_model_summary")


def recipe_key(cfg: DictConfig) -> str:
    """The hash of a run's fixed recipe, of this version of the code, and of the bytes it is fine-tuned from.

    A model that is given the seed (`seed: ${seed}`) is of the same recipe under every seed.
    """
    unseeded: DictConfig = OmegaConf.create(cfg)
    unseeded.seed = 0
    parts = {name: without_comfort(plain(unseeded[name])) for name in RECIPE_PARTS if name in cfg}
    parts["budget"] = budget_of(cfg)
    init = cfg.model.get("init")
    started_from = file_digest(Path(init)) if init and Path(init).is_file() else None
    return digest({"parts": parts, "init": started_from, "files": files_of(cfg.datamodule), "code": __version__})


def budget_of(cfg: DictConfig) -> dict[str, Any]:
    """The kind and value of a run's budget, without what the other kind's would be; a UserError where it is none."""
    kind = cfg.budget.kind
    if kind not in ("steps", "epochs"):
        raise UserError(f"budget.kind={kind}: choose steps or epochs")
    if not isinstance(cfg.budget.value, int) or cfg.budget.value < 1:
        raise UserError(f"budget.value={cfg.budget.value}: give a number of {kind} of at least 1")
    return {"kind": kind, "value": cfg.budget.value}


def files_of(datamodule: Mapping[str, Any]) -> dict[str, str]:
    """What the files and folders hold that a datamodule names, whose names say nothing: a file's hash.

    Of a folder (of noises, say, of many gigabytes) the names and sizes.
    """
    given = {name: Path(value) for name, value in _flat(datamodule) if name in READ_FILES and value is not None}
    return {name: _content(path) for name, path in given.items() if path.exists()}


def _flat(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        if isinstance(value, Mapping):
            yield from _flat(value)
        else:
            yield str(name), value


def _content(path: Path) -> str:
    if path.is_file():
        return file_digest(path)
    files = sorted(inner for inner in path.rglob("*") if inner.is_file())
    return digest([(inner.relative_to(path).as_posix(), inner.stat().st_size) for inner in files])


def without_comfort(part: Any) -> Any:
    """A part of the recipe without what changes no result."""
    return {k: v for k, v in part.items() if k not in COMFORT} if isinstance(part, dict) else part


def model_name(model: DictConfig) -> str:
    """The stem of the file that holds the network or, without one, the model: `<package>.ecapa.Ecapa` -> ecapa."""
    network = model.get("network")
    if network and "_target_" not in network:
        raise UserError(
            f"model={model._target_.split('.')[-2]} has no network, and options of one were set: leave out "
            "model.network, or the experiment that sets it"
        )
    target: str = network._target_ if network else model._target_
    return target.split(".")[-2]


def plain(node: Any) -> Any:
    """A config node as plain resolved containers."""
    return OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
