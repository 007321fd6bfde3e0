"""How loud a clip is to a listener."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pyloudnorm

from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal

BLOCK = 0.4
"""Seconds of a gating block (ITU-R BS.1770-4)."""


@dataclass
class Loudness(Signal):
    """`loudness`: integrated loudness, LUFS (ITU-R BS.1770-4); about -23 in broadcasts, -14 on streaming services."""

    columns = ("loudness",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        waveform = media.need_waveform()
        if len(waveform) < BLOCK * SAMPLE_RATE:
            raise NotApplicableError(f"sound shorter than {BLOCK} s")
        value = float(pyloudnorm.Meter(SAMPLE_RATE, block_size=BLOCK).integrated_loudness(waveform))
        if not math.isfinite(value):  # no block passes the absolute gate at -70 LUFS
            raise NotApplicableError("silence")
        return {"loudness": Measurement.ok(value)}
