"""How a session sounds: a microphone's equaliser, a room's echo and a noise floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from avcur.records import SAMPLE_RATE
from avcur.sources.synthetic.noise import coloured

Waveform = NDArray[np.float32]

_EQ_HZ = (80.0, 200.0, 500.0, 1200.0, 2600.0, 5000.0, 7600.0)


@dataclass(frozen=True, slots=True)
class Channel:
    """`gains` in dB at _EQ_HZ; `echo` is the energy of the reverberation against the direct sound."""

    gains: tuple[float, ...]
    echo: float
    decay: float
    """Seconds until the echo has fallen by 60 dB."""
    floor: float
    """Level of the noise floor against the loudness of the speech, dB (negative)."""
    floor_tilt: float


def draw_channel(rng: np.random.Generator, strength: float) -> Channel:
    """A session's channel; `strength` 0 is a clean microphone in a dead room, 1 a strong colour (4 dB per band)."""
    return Channel(
        gains=tuple(float(v) for v in rng.normal(0, 4.0 * strength, len(_EQ_HZ))),
        echo=strength * float(rng.uniform(0.0, 0.12)),
        decay=float(rng.uniform(0.12, 0.35)),
        floor=float(rng.uniform(-48, -36)),
        floor_tilt=float(rng.uniform(0.3, 1.2)),
    )


def through(channel: Channel, dry: Waveform, rng: np.random.Generator, level: float) -> Waveform:
    """`dry` (N,) at 16 kHz as this session's microphone records it; `level` is the RMS that the floor refers to."""
    wet = _equalise(dry + _echo(channel, dry, rng), channel.gains)
    loud = float(np.sqrt(np.mean(np.square(wet)) / max(float(np.mean(np.square(dry))), 1e-12)))
    wet = wet / loud if dry.any() else wet
    return (wet + level * 10 ** (channel.floor / 20) * coloured(rng, len(dry), channel.floor_tilt)).astype(np.float32)


def _equalise(waveform: Waveform, gains: tuple[float, ...]) -> Waveform:
    spectrum = np.fft.rfft(waveform)
    hertz = np.fft.rfftfreq(len(waveform), 1 / SAMPLE_RATE)
    decibels = np.interp(np.log(np.maximum(hertz, 1.0)), np.log(_EQ_HZ), gains)
    return np.fft.irfft(spectrum * 10 ** (decibels / 20), len(waveform)).astype(np.float32)


def _echo(channel: Channel, dry: Waveform, rng: np.random.Generator) -> Waveform:
    """Exponentially decaying noise as the room's response (Polack's model of late reverberation)."""
    time = np.arange(round(channel.decay * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.normal(0, 1, len(time)) * np.exp(-6.9 * time / channel.decay) * (time > 0.004)
    tail *= np.sqrt(channel.echo / np.square(tail).sum())
    wet: Waveform = fftconvolve(dry, tail)[: len(dry)].astype(np.float32)
    return wet
