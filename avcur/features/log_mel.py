"""Log-mel spectrograms as the audio-type task reads them; its training and its signals share them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from avcur.features import HOP
from avcur.records import SAMPLE_RATE

_WINDOW = 512
"""Samples: 32 ms."""
_FLOOR = 1e-6
"""Added to the power before the logarithm: -60 dB of full scale, below which nothing is heard."""


def log_mel(waveform: npt.NDArray[np.float32], num_mels: int) -> npt.NDArray[np.float32]:
    """Waveform (N,) in -1..1 at 16 kHz -> (1 + N // 160, num_mels), natural logarithm of power.

    Windows of 32 ms around every 10 ms, mirrored at both ends, so N must exceed 256; Slaney's mel scale and norm.
    """
    import torch  # here, so that the process that only hands out work does without its 450 MB

    return torch.log(_mel(num_mels)(torch.from_numpy(waveform)) + _FLOOR).T.contiguous().numpy()


def log_mel_piece(waveform: npt.NDArray[np.float32], num_mels: int, first: int, stop: int) -> npt.NDArray[np.float32]:
    """`log_mel(waveform, num_mels)[first:stop]`, reading no more sound: for long waveforms in pieces."""
    hop = round(HOP * SAMPLE_RATE)
    before = min(first, -(-_WINDOW // 2 // hop))
    piece = waveform[(first - before) * hop : stop * hop + _WINDOW]
    return log_mel(piece, num_mels)[before : before + stop - first]


@lru_cache(maxsize=4)
def _mel(num_mels: int) -> Any:
    from torchaudio.transforms import MelSpectrogram

    hop = round(HOP * SAMPLE_RATE)
    return MelSpectrogram(
        SAMPLE_RATE, n_fft=_WINDOW, hop_length=hop, n_mels=num_mels, mel_scale="slaney", norm="slaney"
    )
