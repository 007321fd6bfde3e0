from types import SimpleNamespace

import pytest
import torch
from lightning import LightningModule
from torch import nn

from avcur.training.weight_average import WeightAverage


class Counter(LightningModule):
    """Its one weight is the number of the step."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(1)


def test_the_mean_is_over_the_last_share_of_the_steps() -> None:
    module, callback = Counter(), WeightAverage(share=0.3)
    trainer = SimpleNamespace(global_step=0, max_steps=10)
    callback.on_train_start(trainer, module)
    for step in range(1, 11):
        trainer.global_step = step
        nn.init.constant_(module.norm.weight, step)
        module.norm.running_mean.fill_(2 * step)
        callback.on_train_batch_end(trainer, module, None, None, step - 1)
    callback.on_train_end(trainer, module)
    torch.testing.assert_close(module.norm.weight.data, torch.tensor([9.0]))
    torch.testing.assert_close(module.norm.running_mean, torch.tensor([18.0]))


def test_a_senseless_share_is_named() -> None:
    with pytest.raises(ValueError, match="share=0"):
        WeightAverage(share=0)
