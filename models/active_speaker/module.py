"""Active speaker detection: does this face speak in this frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from avcur.metrics.active_speaker import average_precision
from models.base import Batch, PooledMetric, TaskModule

VISUAL_WEIGHT = 0.5
"""Of the visual head's loss beside the fused head's, as published."""


class ActiveSpeaker(TaskModule):
    """A network (mfcc, faces) -> (fused logits, visual logits), (B, T, 2) each, with Light-ASD's loss.

    Cross-entropy of the fused logits / r plus half that of the visual ones / r, where r falls from `r_start` to
    `r_end` over the training (published: 1.3 - 0.02 per epoch over 30 epochs).
    """

    def __init__(
        self, network: nn.Module, learning_rate: float = 1e-3, weight_decay: float = 1e-4,
        r_start: float = 1.3, r_end: float = 0.72, init: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(network, PooledMetric(average_precision), "ap", learning_rate, weight_decay)
        self.r_start = r_start
        self.r_end = r_end
        self.load_init(init)

    def loss(self, batch: Batch) -> Tensor:
        r = self.r_start + (self.r_end - self.r_start) * self.progress
        target = batch["target"].flatten()
        fused, visual = (functional.cross_entropy(logits.flatten(0, 1) / r, target) for logits in self._logits(batch))
        return fused + VISUAL_WEIGHT * visual

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        fused, _ = self._logits(batch)
        num_clips, num_frames = fused.shape[:2]
        return {
            "index": batch["index"].repeat_interleave(num_frames),
            "frame": torch.arange(num_frames, device=fused.device).repeat(num_clips),
            "target": batch["target"].flatten(),
            "scores": fused.softmax(dim=-1)[..., 1].reshape(-1, 1),
        }

    def _logits(self, batch: Batch) -> tuple[Tensor, Tensor]:
        fused, visual = self.network(batch["mfcc"], batch["faces"])
        return fused, visual
