"""Active speaker detection: does this face speak in this frame."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from avcur.asd.stretches import CONTEXT
from avcur.errors import UserError
from avcur.features import COLUMNS_PER_FRAME
from avcur.metrics.active_speaker import average_precision
from avcur.records import FPS
from models.base import Batch, PooledMetric, TaskModule

RSchedule = Literal["step", "epoch"]

LONG = 60 * FPS
"""Frames: longer clips are seen and heard in parts, as a full-width network takes 1.6 MB for each frame at once."""
PART = 20 * FPS


class ActiveSpeaker(TaskModule):
    """A network (mfcc, faces) -> logits (B, T, 2) of one or more heads, of which the first is scored.

    The loss is the cross-entropy of the first head's logits / r, plus `auxiliary_weights` times those of the others.
    That is what is published for Light-ASD as binary cross-entropy of softmax(logits / r)[speaking]: minus the log of
    the softmax at the true class in both. r goes from `r_start` to `r_end`, with `r_by=step` over the whole training,
    with `r_by=epoch` in equal steps from the first epoch to the last (published: 1.3 - 0.02 (epoch - 1), 30 epochs).

    A batch's `mask` (B, T), where there is one, is false for padding, which is neither trained on nor scored; its
    `frame` (B, T) numbers the scored positions (default: from 0). `compile` compiles the network for training; scoring,
    whose clips have many lengths, stays eager. Clips of more than a minute are seen and heard in parts and decided on
    as a whole, by networks that have `see`, `hear` and `decide`, as Light-ASD. `recipe` is what `TaskModule` knows of
    optimisers and schedules.
    """

    def __init__(
        self, network: nn.Module, learning_rate: float = 1e-3, weight_decay: float = 1e-4,
        r_start: float = 1.3, r_end: float = 0.72, r_by: RSchedule = "step",
        auxiliary_weights: Sequence[float] = (0.5,), compile: bool = False, init: str | None = None, **recipe: Any,
    ) -> None:  # fmt: skip
        super().__init__(network, PooledMetric(average_precision), "ap", learning_rate, weight_decay, **recipe)
        if r_by not in get_args(RSchedule):
            raise UserError(f"model.r_by={r_by}: choose one of {', '.join(get_args(RSchedule))}")
        self.r_start = r_start
        self.r_end = r_end
        self.r_by = r_by
        self.auxiliary_weights = tuple(auxiliary_weights)
        self.compiled = compile
        self.load_init(init)
        if compile:
            network.compile()

    @property
    def r(self) -> float:
        """What logits are divided by before the loss: above 1 softens what the network believes, below sharpens it."""
        done = self.progress if self.r_by == "step" else self.epoch_progress
        return self.r_start + (self.r_end - self.r_start) * done

    def loss(self, batch: Batch) -> Tensor:
        heads, r = self._logits(batch), self.r
        target = _kept(batch["target"], batch)
        losses = [functional.cross_entropy(_kept(logits, batch) / r, target) for logits in heads]
        return losses[0] + sum(w * loss for w, loss in zip(self.auxiliary_weights, losses[1:], strict=True))

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        with self._eager():
            scored = self._scored(batch)
        clips, frames = scored.shape[:2]
        frame = batch.get("frame", torch.arange(frames, device=scored.device).expand(clips, frames))
        return {
            "index": _kept(batch["index"][:, None].expand(clips, frames), batch),
            "frame": _kept(frame, batch),
            "target": _kept(batch["target"], batch),
            "scores": _kept(scored.float().softmax(dim=-1)[..., 1:], batch),
        }

    def _scored(self, batch: Batch) -> Tensor:
        """The first head's logits (B, T, 2)."""
        named = all(hasattr(self.network, part) for part in ("see", "hear", "decide"))
        if not named or batch["faces"].shape[1] <= LONG:
            return self._logits(batch)[0]
        return cast(Tensor, self.network.decide(*_in_parts(self.network, batch["mfcc"], batch["faces"])))

    def _logits(self, batch: Batch) -> tuple[Tensor, ...]:
        heads: tuple[Tensor, ...] = self.network(batch["mfcc"], batch["faces"])
        if len(heads) != 1 + len(self.auxiliary_weights):
            raise UserError(
                f"model.auxiliary_weights={list(self.auxiliary_weights)}: the network has {len(heads) - 1} heads beside"
                " the one that is scored; give a weight for each"
            )
        if heads[0].shape[:2] != batch["target"].shape:
            raise UserError(
                f"The network scores {heads[0].shape[1]} frames where {batch['target'].shape[1]} are asked for:"
                " model=light_asd is for datamodule=active_speaker, two_tower for datamodule=active_speaker_snippets"
            )
        return heads

    def _eager(self) -> AbstractContextManager[Any]:
        """Compiled code is left aside: each new length of clip would be compiled again."""
        return torch.compiler.set_stance("force_eager") if self.compiled else nullcontext()


def _in_parts(network: Any, mfcc: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
    """What a network sees and hears in each frame, (B, T, C) each, of parts with all around them that it reaches."""
    seen, heard = [], []
    count = faces.shape[1]
    for start in range(0, count, PART):
        low, high = max(0, start - CONTEXT), min(count, start + PART + CONTEXT)
        own = slice(start - low, start - low + PART)
        seen.append(network.see(faces[:, low:high])[:, own])
        heard.append(network.hear(mfcc[:, COLUMNS_PER_FRAME * low : COLUMNS_PER_FRAME * high])[:, own])
    return torch.cat(seen, dim=1), torch.cat(heard, dim=1)


def _kept(values: Tensor, batch: Batch) -> Tensor:
    """The positions (B, T) that the batch's mask keeps, as rows (N, ...); all without a mask."""
    return values[batch["mask"]] if "mask" in batch else values.flatten(0, 1)
