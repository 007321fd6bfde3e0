"""From a track's face crops and sound to its speaking score in each frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from avcur.asd.stretches import Stretch, Waveform, stretches
from avcur.asd.windows import Scores, windowed_scores
from avcur.crops.geometry import Image
from avcur.crops.regions import Region, grey_region
from avcur.features import COLUMNS_PER_FRAME
from avcur.features.mfcc import columns
from avcur.records import FPS, SAMPLES_PER_FRAME

if TYPE_CHECKING:
    from torch import Tensor

BLOCK = 60 * FPS
"""Frames whose embeddings are decided together: ten windows of the longest usual length."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """A loaded network (`see`, `hear` and `decide`, as `LightAsd` has them), what it reads, and the windows' weights.

    `windows` are weights by length in seconds. The encoders, nearly all of the work, run once over stretches of
    `batch_size` frames; windows are decided on what they gave, so that at a window's edges they saw what is there and
    no zeros, as within a track in training.
    """

    network: Any
    device: str
    region: Region
    face_size: int
    windows: Mapping[float, float]
    batch_size: int

    def __call__(self, pictures: Iterator[Image], waveform: Waveform) -> Scores:
        """Log-odds that the face speaks audibly in each frame that has sound, (at most the pictures,)."""
        grey = (grey_region(picture, self.region, self.face_size) for picture in pictures)
        heard = islice(grey, num_heard(waveform))
        blocks = self._blocks(stretches(heard, self.batch_size), waveform)
        return windowed_scores(blocks, self._decide, self._weights())

    def _weights(self) -> Mapping[int, float]:
        """The windows' weights by length in frames; of lengths that round to the same one, their sum."""
        weights: dict[int, float] = defaultdict(float)
        for seconds, weight in self.windows.items():
            weights[max(1, round(seconds * FPS))] += weight
        return weights

    def _blocks(self, given: Iterator[Stretch], waveform: Waveform) -> Iterator[tuple[Tensor, Tensor]]:
        """What is seen and heard of at least BLOCK frames at once, (n, C) each."""
        import torch

        held: list[tuple[Tensor, Tensor]] = []
        for stretch in given:
            held.append(self._embeddings(stretch, waveform))
            if sum(len(seen) for seen, _ in held) >= BLOCK:
                yield torch.cat([seen for seen, _ in held]), torch.cat([sound for _, sound in held])
                held = []
        if held:
            yield torch.cat([seen for seen, _ in held]), torch.cat([sound for _, sound in held])

    def _embeddings(self, stretch: Stretch, waveform: Waveform) -> tuple[Tensor, Tensor]:
        """What is seen and heard in a stretch's own frames, (n, C) each."""
        import torch  # here, so that the process that only hands out work does without its 450 MB

        faces = np.stack(stretch.pictures)
        mfcc = columns(waveform, COLUMNS_PER_FRAME * stretch.start, COLUMNS_PER_FRAME * stretch.stop)
        with torch.inference_mode():
            seen = self.network.see(torch.from_numpy(faces[None]).to(self.device))
            heard = self.network.hear(torch.from_numpy(mfcc[None]).to(self.device))
        return seen[0, stretch.own], heard[0, stretch.own]

    def _decide(self, seen: Tensor, heard: Tensor) -> Scores:
        """The log-odds of speaking, (W, T): 0 is where the softmax of training gives both classes one half."""
        import torch

        with torch.inference_mode():
            logits = self.network.decide(seen, heard).float()
            odds = logits[..., 1] - logits[..., 0]
        return np.asarray(odds.cpu().numpy(), np.float32)


def num_heard(waveform: Waveform) -> int:
    """How many frames have sound: at least half of their time."""
    return (len(waveform) + SAMPLES_PER_FRAME // 2) // SAMPLES_PER_FRAME
