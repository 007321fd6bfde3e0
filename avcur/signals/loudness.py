"""How loud a clip is to a listener."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyloudnorm import Meter
from scipy.signal import sosfilt

from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.levels import Waveform, blocks

BLOCK = 0.4
"""Seconds of a gating block (ITU-R BS.1770-4)."""
HOP = SAMPLE_RATE // 10
"""Samples from one gating block to the next: they overlap by three quarters."""
HOPS = round(BLOCK * SAMPLE_RATE) // HOP
ABSOLUTE_GATE = -70.0
RELATIVE_GATE = -10.0
"""LUFS, and LU below the loudness of what passes the first gate."""


@dataclass
class Loudness(Signal):
    """`loudness`: integrated loudness, LUFS (ITU-R BS.1770-4); about -23 in broadcasts, -14 on streaming services."""

    columns = ("loudness",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        waveform = media.need_waveform()
        if len(waveform) < BLOCK * SAMPLE_RATE:
            raise NotApplicableError(f"sound shorter than {BLOCK} s")
        value = integrated_loudness(waveform)
        if value is None:
            raise NotApplicableError("silence")
        return {"loudness": Measurement.ok(value)}


def integrated_loudness(waveform: Waveform) -> float | None:
    """LUFS of mono (N,) sound at 16 kHz, as pyloudnorm gives it; None where nothing passes the gate at -70 LUFS."""
    power = _block_power(waveform)
    loud = power[_lufs(power) >= ABSOLUTE_GATE]
    if not len(loud):
        return None
    gated = loud[_lufs(loud) > _lufs(loud.mean()) + RELATIVE_GATE]
    return float(_lufs(gated.mean()))


def _block_power(waveform: Waveform) -> NDArray[np.float64]:
    """Mean power of the weighted sound in every gating block, filtered piece by piece."""
    state = np.zeros((len(_k_weighting()), 2))
    energy = []
    for piece in blocks(waveform):
        weighted, state = sosfilt(_k_weighting(), piece.astype(np.float64), zi=state)
        energy.append(np.add.reduceat(weighted**2, np.arange(0, len(weighted), HOP)))
    hops = np.concatenate([*energy, np.zeros(HOPS)])
    count = round((len(waveform) - HOPS * HOP) / HOP) + 1
    return np.asarray(np.lib.stride_tricks.sliding_window_view(hops, HOPS)[:count].sum(axis=1) / (HOPS * HOP))


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-30)))


@lru_cache(maxsize=1)
def _k_weighting() -> NDArray[np.float64]:
    """Second-order sections (2, 6) of pyloudnorm's high shelf and high pass."""
    stages = Meter(SAMPLE_RATE)._filters.values()
    return np.array([[*(stage.passband_gain * stage.b), *stage.a] for stage in stages])
