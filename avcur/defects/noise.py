"""Background noise at a known ratio to the speech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import AudioPlanter, Waveform, between
from avcur.defects.level import heard_level, unclipped
from avcur.records import SAMPLE_RATE


@dataclass(frozen=True, kw_only=True)
class Noise(AudioPlanter):
    """Adds coloured noise; its severity is the SNR in dB against the active level (see `active_level`).

    By default not on "neither": noise with more noise has no fault.
    """

    unit = "SNR, dB"
    on: Sequence[str] = ("video", "speaker", "speech", "music", "both")
    snr: Sequence[float] = (-5.0, 5.0)

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.snr)

    def transform(self, waveform: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        level = heard_level(waveform) * 10 ** (-severity / 20)
        return unclipped(waveform + level * _coloured(rng, len(waveform), tilt=float(rng.uniform(0, 0.8))))


def _coloured(rng: np.random.Generator, length: int, tilt: float) -> Waveform:
    """Noise of RMS 1 whose power falls as 1/f^(2 tilt) above 50 Hz."""
    hertz = np.fft.rfftfreq(max(length, 2), 1 / SAMPLE_RATE)
    spectrum = np.maximum(hertz, 50.0) ** -tilt * (rng.normal(size=len(hertz)) + 1j * rng.normal(size=len(hertz)))
    noise = np.fft.irfft(spectrum, max(length, 2))[:length]
    return (noise / max(float(np.sqrt(np.mean(np.square(noise)))), 1e-9)).astype(np.float32)
