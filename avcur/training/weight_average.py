"""Averaging the last weights of a run: less of its luck remains in its test, so effects need fewer seeds."""

from __future__ import annotations

from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor


class WeightAverage(Callback):
    """The plain mean of weights and batch-norm statistics over the last `share` of the steps (Izmailov et al., 2018).

    All tensors are updated by one call, a tenth of the time of Lightning's callback for the small networks of a sweep.
    """

    def __init__(self, share: float = 0.25) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"callbacks.weight_average.share={share}: choose a share of the steps, over 0 and up to 1")
        self.share = share
        self._mean: list[Tensor] = []
        self._count = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._mean, self._count = [], 0

    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step <= (1 - self.share) * trainer.max_steps:
            return
        current = _averaged_tensors(pl_module)
        self._count += 1
        if not self._mean:
            self._mean = [tensor.clone() for tensor in current]
        else:
            torch._foreach_lerp_(self._mean, current, 1 / self._count)

    @torch.no_grad()
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._mean:
            torch._foreach_copy_(_averaged_tensors(pl_module), self._mean)


def _averaged_tensors(module: LightningModule) -> list[Tensor]:
    """All floating tensors of the state: weights and running statistics, not counters."""
    return [tensor.detach() for tensor in module.state_dict().values() if tensor.is_floating_point()]
