"""Checkpoints as plain tensors and values: saved at the end of a run, read by the next one's `model.init`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from avcur.errors import UserError
from avcur.store.commit import committed
from avcur.weights import read_checkpoint, tensors

_PREFIXES = ("", "network.")
"""A checkpoint names a module's weights, or those of the bare network inside it (published weights do)."""


def load_matching(module: nn.Module, path: str | Path) -> list[str]:
    """Copy every weight whose name and shape fit and return (and print) the names left out.

    A head for another number of classes has another shape and stays as initialised. A UserError when the file is
    missing, holds no weights, or nothing fits.
    """
    weights = read_weights(Path(path))
    own = module.state_dict()
    candidates = [{prefix + name: value for name, value in weights.items()} for prefix in _PREFIXES]
    renamed = max(candidates, key=lambda names: len(names.keys() & own.keys()))
    fitting = {name: v for name, v in renamed.items() if name in own and own[name].shape == v.shape}
    if not fitting:
        raise UserError(
            f"model.init={path}: none of its {len(weights)} weights fits this network; choose its network and width"
        )
    module.load_state_dict(fitting, strict=False)
    skipped = sorted(renamed.keys() - fitting.keys())
    new = sorted(own.keys() - fitting.keys())
    loaded = f"Fine-tuning from {path}: {len(fitting)} of {len(own)} weights loaded"
    print(loaded + _listed("; left out", skipped) + _listed("; new", new))
    return skipped


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name; nothing in the file is ever executed."""
    try:
        weights = tensors(read_checkpoint(path))
    except UserError as error:
        raise UserError(f"model.init={error}") from error
    if not weights:
        raise UserError(f"model.init={path}: the file holds no weights")
    return weights


def save_checkpoint(path: Path, module: nn.Module, facts: Mapping[str, Any]) -> None:
    """Write the state dict beside plain `facts` (training groups, classes, variant, recipe) in one atomic step.

    Equal contents are equal bytes, wherever they are written: what a checkpoint measures is cached by its hash.
    """
    weights = {name: value.cpu() for name, value in module.state_dict().items()}
    with committed(path) as beside, beside.open("wb") as file:  # given a path, torch would write its name into the file
        torch.save({**facts, "state_dict": weights}, file)


def _listed(title: str, names: list[str]) -> str:
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"{title}: {shown}" if names else ""
