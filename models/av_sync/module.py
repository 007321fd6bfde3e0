"""Lip synchrony: at which lag do this mouth and this sound belong together."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from avcur.metrics.synchrony import within_1
from avcur.sync.lags import TooShortError, mean_distances
from models.base import Batch, PooledMetric, TaskModule

FARTHEST = 2.0
"""The cosine distance of opposite embeddings: what a lag gets at which too few frames can be compared."""
MAX_SCALE = 100.0
"""Of the similarities in the loss, as in CLIP (Radford et al. 2021)."""


class AvSync(TaskModule):
    """A network (mouths, log-mel) -> embeddings of unit length, (B, T, D) each, with a contrastive loss.

    Multi-way matching (Chung, Chung & Kang 2019): over each stretch of `window` frames the mouths' mean similarity to
    their own sound has to exceed that to the same sound at every other lag (shifted) and to the sounds of the other
    clips of the batch (swapped), by cross-entropy with a learned temperature.
    """

    training_only = ("log_scale",)

    def __init__(
        self, network: nn.Module, learning_rate: float = 2e-3, weight_decay: float = 1e-4, window: int = 10,
        scale: float = 10.0, init: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(network, PooledMetric(within_1), "within_1", learning_rate, weight_decay)
        self.window = window
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))
        self.load_init(init)

    def loss(self, batch: Batch) -> Tensor:
        mouths, sounds, heard = self._embedded(batch)
        own, swapped = lag_similarities(mouths, sounds), _swapped(mouths, sounds)
        there = torch.cat([lags_there(heard, own), _swapped_there(heard, batch["sound"], swapped)], dim=2)
        there &= self._there(batch["seen"])[:, :, None]
        similarities, there = _pooled(torch.cat([own, swapped], dim=2), there, self.window)
        scale = self.log_scale.exp().clamp(max=MAX_SCALE)
        return _contrast(scale * similarities, there, positive=own.shape[2] // 2)

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        mouths, sounds, heard = self._embedded(batch)
        similarities = lag_similarities(mouths, sounds)
        distances = (1 - similarities).masked_fill(~lags_there(heard, similarities), torch.nan)
        scores = torch.stack([lag_scores(clip) for clip in distances])
        return {"index": batch["index"], "target": batch["target"], "scores": scores.to(distances.device)}

    def _embedded(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Mouths (B, T, D), sounds (B, T + 2 L, D), and where a sound is whole, (B, T + 2 L)."""
        mouths, sounds = self.network(batch["faces"], batch["log_mel"])
        return mouths, sounds, self._there(batch["heard"])

    def _there(self, frames: Tensor) -> Tensor:
        """Which embeddings rest on frames that are all there; (B, F) -> (B, F - 2 margin)."""
        return frames.unfold(1, 2 * self.network.margin + 1, 1).all(dim=2)


def lag_similarities(mouths: Tensor, sounds: Tensor) -> Tensor:
    """Cosine of each mouth (B, T, D) and its sound at each lag, (B, T, 2 L + 1).

    `sounds` (B, T + 2 L, D) begin L frames before the mouths. Column L + o is of the sound o frames earlier, so that
    positive lags are of sound that leads, as in `avcur.sync.backend`.
    """
    num_lags = sounds.shape[1] - mouths.shape[1] + 1
    return torch.einsum("btd,btdk->btk", mouths, sounds.unfold(1, num_lags, 1)).flip(2)


def lags_there(heard: Tensor, similarities: Tensor) -> Tensor:
    """Which of these similarities (B, T, 2 L + 1) are to sounds that are `heard` (B, T + 2 L)."""
    return heard.unfold(1, similarities.shape[2], 1).flip(2)


def lag_scores(distances: Tensor) -> Tensor:
    """Minus the mean distance at each lag, (T, 2 L + 1) -> (2 L + 1,), by the measure that the signal goes by."""
    try:
        means = torch.from_numpy(mean_distances(distances.detach().float().cpu().numpy()))
    except TooShortError:
        means = torch.full((distances.shape[1],), torch.nan)
    return -means.float().nan_to_num(FARTHEST)


def _swapped(mouths: Tensor, sounds: Tensor) -> Tensor:
    """Cosine of each mouth (B, T, D) and the sound of every clip at the same place, (B, T, B)."""
    reach = (sounds.shape[1] - mouths.shape[1]) // 2
    return torch.einsum("btd,ctd->btc", mouths, sounds[:, reach : reach + mouths.shape[1]])


def _swapped_there(heard: Tensor, sound: Tensor, similarities: Tensor) -> Tensor:
    """Which of these (B, T, B) are to `heard` (B, T + 2 L) sounds of other recordings; `sound` (B,) numbers them."""
    num_frames = similarities.shape[1]
    reach = (heard.shape[1] - num_frames) // 2
    own = (sound[:, None] == sound)[:, None]
    return heard[:, reach : reach + num_frames].T[None] & ~own


def _pooled(similarities: Tensor, there: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Means of what is there over stretches of `window` frames, (B, T, K) -> (B, T // window, K), and where any is."""
    window = min(window, similarities.shape[1])
    whole = similarities.shape[1] // window * window
    values, counted = ((x[:, :whole].unflatten(1, (-1, window))) for x in (similarities * there, there))
    counts = counted.sum(dim=2)
    return values.sum(dim=2) / counts.clamp(min=1), counts > 0


def _contrast(logits: Tensor, there: Tensor, positive: int) -> Tensor:
    """Cross-entropy of column `positive` against all that are there; stretches without it do not count."""
    whole = there[..., positive]
    if not whole.any():
        return logits.sum() * 0.0
    rivals = logits[whole].masked_fill(~there[whole], -torch.inf)
    return functional.cross_entropy(rivals, torch.full((len(rivals),), positive, device=rivals.device))
