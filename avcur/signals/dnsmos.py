"""What listeners would say of a clip's speech, by DNSMOS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.features.decibel_mel import decibel_mel
from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.levels import Waveform
from avcur.weights import Weights

Floats = NDArray[np.float32]

WINDOW = 144_160
"""Samples that the networks hear: 9.01 s."""
CALIBRATION = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)
"""Quadratic, linear and constant term from the network's to the listeners' scale, of signal, background and overall.

The fits of dnsmos_local.py in microsoft/DNS-Challenge, for speech of no particular person.
"""


@dataclass
class Dnsmos(Signal):
    """`dnsmos_sig`, `dnsmos_bak`, `dnsmos_ovrl`: speech, background and overall quality, mean opinion scores of 1..5.

    DNSMOS P.835 (Reddy et al., ICASSP 2022) averaged over windows of 9.01 s that begin every `hop_seconds` (1 as
    published; the time it takes falls with it), a shorter clip doubled until it fills one. It judges speech: of other
    sound its scores say little. Emilia keeps overall >= 3.
    """

    weights: Weights
    hop_seconds: int = 1
    columns = ("dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl")
    reads = "sound"

    def missing(self) -> str | None:
        return self.weights.missing()

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        raw = _outputs(self.weights, windows(media.need_audible(), self.hop_seconds))
        quadratic, linear, constant = np.array(CALIBRATION).T
        scores = ((quadratic * raw + linear) * raw + constant).mean(axis=0)
        return {column: Measurement.ok(score) for column, score in zip(self.columns, scores, strict=True)}


@dataclass
class DnsmosP808(Signal):
    """`dnsmos_p808`: overall quality, a mean opinion score of 1..5, by the earlier DNSMOS P.808 (ICASSP 2021)."""

    weights: Weights
    hop_seconds: int = 1
    columns = ("dnsmos_p808",)
    reads = "sound"

    def missing(self) -> str | None:
        return self.weights.missing()

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        cut = windows(media.need_audible(), self.hop_seconds)
        raw = _outputs(self.weights, (_picture_of_sound(window) for window in cut))
        return {"dnsmos_p808": Measurement.ok(raw.mean())}


def windows(waveform: Waveform, hop_seconds: int) -> Iterator[Floats]:
    """Windows (144160,) as the published script cuts them, which rounds the clip's length down to whole seconds."""
    while len(waveform) < WINDOW:
        waveform = np.concatenate([waveform, waveform])
    count = max(1, len(waveform) // SAMPLE_RATE - WINDOW // SAMPLE_RATE)
    for second in range(0, count, hop_seconds):
        yield waveform[second * SAMPLE_RATE : second * SAMPLE_RATE + WINDOW]


def _outputs(weights: Weights, inputs: Iterable[Floats]) -> NDArray[np.float64]:
    """What a network gives for each input, (inputs, outputs); one at a time: more at once take longer and more room."""
    session = _session(weights)
    return np.concatenate([session.run(None, {"input_1": one[None]})[0] for one in inputs]).astype(np.float64)


def _picture_of_sound(window: Floats) -> Floats:
    """(144160,) -> (900, 120), a spectrogram of -1..1 for 80 dB; the script leaves out a window's last 10 ms."""
    return (decibel_mel(window[:-160]) + np.float32(40)) / np.float32(40)


@lru_cache(maxsize=2)
def _session(weights: Weights) -> Any:
    """One per process and network, of one thread: clips are measured in parallel."""
    import onnxruntime  # here, so that the process that only hands out work does without it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(weights.path()), options, providers=["CPUExecutionProvider"])
