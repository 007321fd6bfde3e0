"""Utterances with their speaker."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from avcur.records import Seconds
from avcur.variants.variant import Variant
from datamodules.clip_item import Waveform
from datamodules.sound import Features, SoundDataModule


class SpeakerIdDataModule(SoundDataModule):
    """SpeechBrain's filter banks (25 ms, hop 10 ms, dB), each crop's mean over time taken away.

    The classes are the speakers before any filter, so every arm of a study has the same.
    """

    def __init__(self, variant: Variant, crop_seconds: Seconds = 1.5, num_eval_crops: int = 2, **options: Any) -> None:
        super().__init__(variant, crop_seconds, num_eval_crops, **options)
        self.classes = variant.classes

    @cached_property
    def _fbank(self) -> nn.Module:
        from speechbrain.lobes.features import Fbank  # slow to import, and a baseline does not need it

        return Fbank(n_mels=self.num_mels)

    def feature(self, waveform: Waveform) -> Features:
        with torch.no_grad():
            return self._fbank(torch.from_numpy(waveform).unsqueeze(0)).squeeze(0).numpy()

    def normalise(self, crop: Tensor) -> Tensor:
        return crop - crop.mean(dim=-2, keepdim=True)
