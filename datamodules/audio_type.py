"""Windows of sound with their type: speech, music, both or neither."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import nn

from avcur.records import SAMPLE_RATE, Seconds
from avcur.tasks import AUDIO_TYPES
from avcur.variants.variant import Variant
from datamodules.clip_item import Waveform
from datamodules.sound import Features, SoundDataModule

_FLOOR = 1e-6
"""Added to the power before the logarithm: -60 dB of full scale, below which nothing is heard."""


class AudioTypeDataModule(SoundDataModule):
    """Log-mel spectrograms (32 ms, hop 10 ms, natural logarithm of power)."""

    def __init__(
        self, variant: Variant, crop_seconds: Seconds = 2.0, num_eval_crops: int = 2, num_mels: int = 64, **options: Any
    ) -> None:
        super().__init__(variant, crop_seconds, num_eval_crops, num_mels, **options)
        self.classes = list(AUDIO_TYPES)

    @cached_property
    def _mel(self) -> nn.Module:
        from torchaudio.transforms import MelSpectrogram

        return MelSpectrogram(
            SAMPLE_RATE, n_fft=512, hop_length=160, n_mels=self.num_mels, mel_scale="slaney", norm="slaney"
        )

    def feature(self, waveform: Waveform) -> Features:
        return torch.log(self._mel(torch.from_numpy(waveform)) + _FLOOR).T.contiguous().numpy()
