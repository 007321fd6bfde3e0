"""Windows of sound with their type: speech, music, both or neither."""

from __future__ import annotations

from typing import Any

from avcur.features.log_mel import log_mel
from avcur.records import Seconds
from avcur.tasks import AUDIO_TYPES
from avcur.variants.variant import Variant
from datamodules.clip_item import Waveform
from datamodules.sound import Features, SoundDataModule


class AudioTypeDataModule(SoundDataModule):
    """Log-mel spectrograms (32 ms, hop 10 ms, natural logarithm of power)."""

    def __init__(
        self, variant: Variant, crop_seconds: Seconds = 2.0, num_eval_crops: int = 2, num_mels: int = 64, **options: Any
    ) -> None:
        super().__init__(variant, crop_seconds, num_eval_crops, num_mels, **options)
        self.classes = list(AUDIO_TYPES)

    def feature(self, waveform: Waveform) -> Features:
        return log_mel(waveform, self.num_mels)
