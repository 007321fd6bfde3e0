"""How far the speech stands above the noise, by the distribution of amplitudes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import dawsn, erf, gamma

from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.levels import Waveform, blocks
from avcur.signals.voice_activity import Spans, need_speech

Floats = NDArray[np.float64]

SHAPE = 0.4
"""Shape of the Gamma distribution of the amplitudes of speech (Kim & Stern 2008)."""
MARGIN = SAMPLE_RATE // 5
"""Samples around a speech span that are estimated over with it: 200 ms, the hangover of ITU-T P.56."""
LIMITS = (-5.0, 60.0)
"""dB: an estimate beyond these says no more than the limit. 5 s of noise alone reach the lower one by chance, at three
standard deviations of G over the coloured noises of the synthetic corpus (0.0045)."""
FLOOR = 2.0**-16 / np.e
"""Amplitude at least: sound rounded to zero at 16 bit lies evenly within half a step, whose mean logarithm this is."""


@dataclass
class WadaSnr(Signal):
    """`wada_snr`: power of the active speech over power of the noise, dB, clipped to -5..60; needs no pause.

    WADA-SNR (Kim & Stern, "Robust Signal-to-Noise Ratio Estimation Based on Waveform Amplitude Distribution Analysis",
    Interspeech 2008): speech, with the short pauses in it, has Gamma distributed amplitudes of shape 0.4, noise is
    Gaussian; the ratio follows from G = ln E|z| - E ln|z|. The paper's ratio takes the speech at its level over all
    of the sound, pauses too. Here G is taken over the speech spans (Silero at `threshold`) and 200 ms around them, so
    that long pauses change nothing, and the ratio is raised by what those short pauses take off the level: it refers
    to the active speech level (ITU-T P.56). Nothing was fitted to noisy speech.

    Noise that is not Gaussian reads wrong: voices, music, animals and clatter count as speech (too high), hum too low.
    From 20 dB on one clip scatters by 3 dB and more. Not applicable where Silero hears no speech.
    """

    threshold: float = 0.5
    columns = ("wada_snr",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        spans = need_speech(media, self.threshold)
        return {"wada_snr": Measurement.ok(wada_snr(media.need_waveform(), spans))}


def wada_snr(waveform: Waveform, spans: Spans) -> float:
    """Signal-to-noise ratio in dB, at the active speech level, of mono (N,) sound at 16 kHz with speech in `spans`."""
    wide = _widened(spans, len(waveform))
    share = sum(end - start for start, end in spans) / sum(end - start for start, end in wide)
    overall = np.interp(statistic(waveform, wide), *table())
    return float(np.clip(overall - 10 * np.log10(share), *LIMITS))


def statistic(waveform: Waveform, spans: Spans) -> float:
    """G = ln E|z| - E ln|z| of the sound in `spans`, its mean removed."""
    pieces = [waveform[start:end] for start, end in spans]
    count = sum(map(len, pieces))
    offset = sum(float(piece.sum(dtype=np.float64)) for piece in pieces) / count
    total = logarithms = 0.0
    for block in (block for piece in pieces for block in blocks(piece)):
        amplitudes = np.maximum(np.abs(block.astype(np.float64) - offset), FLOOR)
        total += float(amplitudes.sum())
        logarithms += float(np.log(amplitudes).sum())
    return float(np.log(total / count) - logarithms / count)


def _widened(spans: Spans, length: int) -> Spans:
    """The spans with `MARGIN` samples on both sides, joined where they meet."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        start, end = max(0, start - MARGIN), min(length, end + MARGIN)
        if joined and start <= joined[-1][1]:
            start, _ = joined.pop()
        joined.append((start, end))
    return tuple(joined)


@lru_cache(maxsize=1)
def table() -> tuple[Floats, Floats]:
    """G of the model, rising, and the ratio, -20 to 100 dB in steps of 1 dB; computed in a few milliseconds.

    The expectations are integrals over the logarithm t of the speech's amplitude, whose density
    exp(a t - e^t) / Gamma(a) falls off so fast on both sides that the trapezoid rule is as good as exact.
    """
    decibels = np.arange(-20.0, 101.0)
    t = np.linspace(-90.0, 6.0, 4001)
    weight = np.exp(SHAPE * t - np.exp(t)) * (t[1] - t[0]) / gamma(SHAPE)
    power = SHAPE * (SHAPE + 1)
    sigma = np.sqrt(power / 10 ** (decibels / 10))[:, None]
    ratio = np.exp(t) / sigma
    mean = (weight * (sigma * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + np.exp(t) * erf(ratio / np.sqrt(2)))).sum(
        1
    )
    logarithm = (weight * (np.log(sigma) + _log_of_noisy(ratio))).sum(axis=1)
    return np.log(mean) - logarithm, decibels


def _log_of_noisy(ratio: Floats) -> Floats:
    """E ln|m + n| of a number m >= 0 in standard Gaussian noise n.

    Its derivative is sqrt(2) D(m / sqrt(2)) with Dawson's function D, and at m = 0 it is -(Euler's gamma + ln 2) / 2.
    """
    m = np.linspace(0.0, 40.0, 40_001)
    slope = np.sqrt(2) * dawsn(m / np.sqrt(2))
    steps = np.concatenate([[0.0], np.cumsum((slope[1:] + slope[:-1]) / 2 * np.diff(m))])
    near = np.interp(ratio, m, steps - (np.euler_gamma + np.log(2)) / 2)
    far = np.log(np.maximum(ratio, 1.0)) - 1 / (2 * np.maximum(ratio, 1.0) ** 2)
    return np.where(ratio < m[-1], near, far)
