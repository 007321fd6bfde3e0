"""Sounds that are neither speech nor music; every function gives float32 (N,) at 16 kHz with RMS 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from avcur.records import SAMPLE_RATE

Waveform = NDArray[np.float32]


def coloured(rng: np.random.Generator, length: int, tilt: float) -> Waveform:
    """Noise whose power falls as 1/f^(2 tilt): tilt 0 white, 0.5 pink, 1 brown (flat under 40 Hz)."""
    hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    shape = np.maximum(hertz, 40.0) ** -tilt
    spectrum = shape * (rng.normal(size=len(hertz)) + 1j * rng.normal(size=len(hertz)))
    spectrum[0] = 0
    return _unit(np.fft.irfft(spectrum, length))


def _unit(waveform: NDArray[np.float64]) -> Waveform:
    return (waveform / max(float(np.sqrt(np.mean(np.square(waveform)))), 1e-9)).astype(np.float32)


def _slow(rng: np.random.Generator, length: int, hertz: float) -> NDArray[np.float64]:
    """A smooth random curve around 0 with RMS 1 and nothing faster than `hertz`."""
    knots = max(4, int(length / SAMPLE_RATE * hertz * 2) + 3)
    return np.interp(np.linspace(0, knots - 1, length), np.arange(knots), rng.normal(size=knots))


def _band(waveform: NDArray[np.floating], low: float, high: float) -> NDArray[np.float64]:
    return np.asarray(sosfilt(butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), waveform), np.float64)


def _hiss(source: np.random.Generator, rng: np.random.Generator, length: int) -> Waveform:
    return coloured(rng, length, float(source.uniform(0.0, 1.1)))


def _hum(source: np.random.Generator, rng: np.random.Generator, length: int) -> Waveform:
    """Mains hum: steady harmonics with a little hiss."""
    time, mains = np.arange(length) / SAMPLE_RATE, float(source.choice((50.0, 60.0)))
    harmonics = np.arange(1, 13)
    weights = source.uniform(0.1, 1, 12) / harmonics**0.7
    phases = rng.uniform(0, 2 * np.pi, 12)
    tone = (weights[:, None] * np.sin(2 * np.pi * mains * harmonics[:, None] * time + phases[:, None])).sum(axis=0)
    return _unit(_unit(tone) + float(source.uniform(0.05, 0.3)) * coloured(rng, length, 0.4))


def _clicks(source: np.random.Generator, rng: np.random.Generator, length: int) -> Waveform:
    """Taps: short resonant bursts at irregular times over faint noise."""
    impulses = np.zeros(length)
    count = rng.poisson(float(source.uniform(3, 14)) * length / SAMPLE_RATE) + 1
    impulses[rng.integers(0, length, count)] = rng.uniform(0.3, 1.0, count) * rng.choice((-1, 1), count)
    centre = float(source.uniform(500, 3500))
    return _unit(_unit(_band(impulses, 0.6 * centre, 1.6 * centre)) + 0.12 * coloured(rng, length, 0.5))


def _ambience(source: np.random.Generator, rng: np.random.Generator, length: int) -> Waveform:
    """A busy place without voices: bands of noise that swell and fade on their own."""
    total = 0.3 * coloured(rng, length, 0.7).astype(np.float64)
    for centre in source.uniform(150, 4000, 4):
        swell = np.exp(0.7 * _slow(rng, length, 1.5))
        total = total + swell * _unit(_band(coloured(rng, length, 0.0), 0.7 * centre, 1.4 * centre))
    return _unit(total)


def _engine(source: np.random.Generator, rng: np.random.Generator, length: int) -> Waveform:
    """A motor: a low pulse train whose speed wanders, through a body resonance."""
    speed = float(source.uniform(18, 70)) * (1 + 0.04 * _slow(rng, length, 2.0))
    pulses = np.diff(np.floor(np.cumsum(speed) / SAMPLE_RATE), prepend=0.0)
    body = _unit(_band(pulses, 60, float(source.uniform(400, 1800))))
    return _unit(body + 0.5 * coloured(rng, length, 0.8))


def _wind(source: np.random.Generator, rng: np.random.Generator, length: int) -> Waveform:
    gusts = np.exp(float(source.uniform(0.5, 0.9)) * _slow(rng, length, 1.0))
    return _unit(gusts * _band(coloured(rng, length, 0.6), 60, float(source.uniform(500, 2000))))


KINDS: tuple[Callable[[np.random.Generator, np.random.Generator, int], Waveform], ...] = (
    _hiss, _hum, _ambience, _clicks, _engine, _wind,
)  # fmt: skip


def noise_source(number: int, source: np.random.Generator, rng: np.random.Generator, length: int) -> Waveform:
    """`length` samples of noise source `number`: `source` draws what belongs to it, `rng` this stretch of it."""
    return KINDS[number % len(KINDS)](source, rng, length)
