"""How far the speech stands above the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.levels import FRAME, clip_power
from avcur.signals.voice_activity import Spans, need_speech

MARGIN = SAMPLE_RATE // 10
"""Samples around a speech span that count as neither: its fading ends are not noise."""
MIN_PAUSE_FRAMES = 10
QUIET_SHARE = 0.1
"""Share of the speech frames that stands for the noise where no pause is long enough."""
FLOOR = 1e-10
"""Power of the noise at least: about the rounding of 16 bit sound, -98 dB; also what digital silence counts as."""
LIMITS = (-20.0, 60.0)
"""dB: an estimate beyond these says no more than the limit."""


@dataclass
class Noise(Signal):
    """`snr`: power of the speech over power of the noise, dB, clipped to -20..60; only where Silero hears speech.

    Speech frames are those inside speech spans, noise frames those away from them; noise power is their median, speech
    power the mean less the noise. Where the speaker never pauses for 0.2 s the quietest tenth of the speech
    frames stands for the noise, which understates the ratio of clean, dense speech. What else sounds in the pauses
    (music, another voice) counts as noise; speech lost in noise is not heard, hence not applicable.
    """

    threshold: float = 0.5
    columns = ("snr",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        spans = need_speech(media, self.threshold)
        return {"snr": Measurement.ok(snr(clip_power(media), spans))}


def snr(power: NDArray[np.float64], spans: Spans) -> float:
    """Signal-to-noise ratio in dB of 20 ms frames of power (F,) whose speech is in `spans` (samples at 16 kHz)."""
    speech = power[_inside(len(power), spans, 0)]
    pauses = power[~_inside(len(power), spans, MARGIN)]
    if len(speech) == 0:
        raise NotApplicableError("speech shorter than 20 ms")
    if len(pauses) >= MIN_PAUSE_FRAMES:
        noise = float(np.median(pauses))
    else:
        quiet = np.sort(speech)[: max(1, round(QUIET_SHARE * len(speech)))]
        noise = float(quiet.mean())
    noise = max(noise, FLOOR)
    ratio = max(float(speech.mean()) - noise, FLOOR) / noise
    return float(np.clip(10 * np.log10(ratio), *LIMITS))


def _inside(count: int, spans: Spans, margin: int) -> NDArray[np.bool_]:
    """Which of `count` frames touch a span widened by `margin` samples."""
    mask = np.zeros(count, np.bool_)
    for start, end in spans:
        mask[max(0, (start - margin) // FRAME) : -(-(end + margin) // FRAME)] = True
    return mask
