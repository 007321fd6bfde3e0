"""Mel-frequency cepstral coefficients with the constants of `python_speech_features`, which published networks read."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

from avcur.features import HOP
from avcur.records import SAMPLE_RATE, Hertz, Seconds

Floats = npt.NDArray[np.floating]

WINDOW: Seconds = 0.025

_PRE_EMPHASIS = 0.97
_NUM_FILTERS = 26
_LIFTER = 22
_INT16 = 32768.0
"""Published networks saw 16-bit integers; our waveforms are -1..1."""
_AT_ONCE = 6000
"""Windows whose spectra are held, of a minute: those of an hour would take 2 GB."""
_EPS = np.finfo(np.float64).eps


def mfcc(
    waveform: Floats,
    num_ceps: int = 13,
    window: Seconds = WINDOW,
    step: Seconds = HOP,
    sample_rate: Hertz = SAMPLE_RATE,
) -> npt.NDArray[np.float32]:
    """Waveform (N,) in -1..1 -> (1 + ceil((N - window) / step), num_ceps); coefficient 0 is the log energy.

    For video at another rate than 25 fps, Light-ASD's family takes window 0.025 x 25/fps and step 0.010 x 25/fps, so
    that four columns belong to a frame.
    """
    length, hop = round(window * sample_rate), round(step * sample_rate)
    size = 1 << (length - 1).bit_length()
    frames = _frames(_emphasised(waveform * _INT16), length, hop)
    blocks = range(0, len(frames), _AT_ONCE)
    return np.concatenate([_cepstra(frames[i : i + _AT_ONCE], size, num_ceps, sample_rate) for i in blocks])


def _cepstra(frames: Floats, size: int, num_ceps: int, sample_rate: Hertz) -> npt.NDArray[np.float32]:
    """Windows (F, N), filled up with zeros to `size` -> (F, num_ceps)."""
    power = np.abs(np.fft.rfft(frames, size)) ** 2 / size
    bands = np.log(np.maximum(power @ _mel_filters(size, sample_rate).T, _EPS))
    ceps = dct(bands, type=2, axis=1, norm="ortho")[:, :num_ceps]
    ceps *= 1 + _LIFTER / 2 * np.sin(np.pi * np.arange(num_ceps) / _LIFTER)
    ceps[:, 0] = np.log(np.maximum(power.sum(axis=1), _EPS))
    return np.asarray(ceps, dtype=np.float32)


def num_columns(num_samples: int) -> int:
    """How many columns of the usual window and hop lie wholly inside a waveform at 16 kHz."""
    return max(0, 1 + (num_samples - round(WINDOW * SAMPLE_RATE)) // round(HOP * SAMPLE_RATE))


def columns(waveform: Floats, first: int, stop: int) -> npt.NDArray[np.float32]:
    """`mfcc(waveform)[first:stop]` (stop - first, 13) at 16 kHz, reading no more sound: for long waveforms in pieces.

    The last window may reach beyond the sound and is filled up with zeros there; columns after it repeat it. Whoever
    wants those alone that lie wholly inside asks for none after `num_columns`.
    """
    if stop <= first:
        return np.empty((0, 13), np.float32)
    hop, length = round(HOP * SAMPLE_RATE), round(WINDOW * SAMPLE_RATE)
    last = max(0, -(-(len(waveform) - length) // hop))
    start, end = min(first, last), min(stop, last + 1)
    # The column before lends the first one its last sample, which the pre-emphasis subtracts.
    before = min(start, 1)
    found = mfcc(waveform[(start - before) * hop : (end - 1) * hop + length])[before:]
    return np.asarray(found[np.minimum(np.arange(first, stop), last) - start], np.float32)


def _emphasised(signal: Floats) -> Floats:
    return np.concatenate([signal[:1], signal[1:] - _PRE_EMPHASIS * signal[:-1]])


def _frames(signal: Floats, length: int, hop: int) -> Floats:
    """(N,) -> (F, length); the last frame is padded with zeros."""
    count = 1 + max(0, -(-(len(signal) - length) // hop))
    padded = np.pad(signal, (0, max(0, (count - 1) * hop + length - len(signal))))
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::hop][:count]


@lru_cache(maxsize=8)
def _mel_filters(size: int, sample_rate: Hertz) -> npt.NDArray[np.float64]:
    """Triangles (26, size / 2 + 1) between whole FFT bins, equally spaced in mel from 0 Hz to the Nyquist frequency."""
    mel = np.linspace(0.0, 2595 * np.log10(1 + sample_rate / 2 / 700), _NUM_FILTERS + 2)
    edges = np.floor((size + 1) * 700 * (10 ** (mel / 2595) - 1) / sample_rate)
    bins = np.arange(size // 2 + 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = np.where((bins >= low) & (bins < centre), (bins - low) / np.maximum(centre - low, 1), 0.0)
    falling = np.where((bins >= centre) & (bins < high), (high - bins) / np.maximum(high - centre, 1), 0.0)
    return rising + falling
