"""Up to which frequency there is anything in the sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.levels import Waveform, blocks

Floats = NDArray[np.float64]

FRAME = 512
"""Samples of a spectrum: 32 ms."""
PIECE = 1024 * FRAME
WIDTH = 4
"""Bins of a band: 125 Hz."""
STEP = WIDTH * SAMPLE_RATE / FRAME
LOUD = 1e-4
"""Power below the loudest hundredth of the frames from which on a frame says nothing: 40 dB."""
OFTEN = 0.95
"""A band is as loud as in so large a share of those frames: hissing sounds are loud and short."""
STEEP = 8
"""Bands in which a filter falls: 1 kHz; at low frequencies, where sounds fall fast by nature, a quarter of them."""
ABOVE = 8
"""Bands over which the power above an edge is averaged, so that a filter's narrow mirror images are no content."""


@dataclass
class Bandwidth(Signal):
    """`bandwidth`: the highest frequency up to which there is content, Hz, in steps of 125 Hz; 8000 is all of it.

    An edge is where the spectrum falls by `drop` dB within 1 kHz and never comes back: sound of 8 kHz in a file of 16
    kHz gives about 4000, a low bit rate its low-pass. Sound that has nothing higher by nature (a vibraphone, a hum)
    gives where it ends. Not seen: an edge above 7.8 kHz, one under noise that was added later and fills what lies
    above, and copies raised by linear interpolation, which mirror the content.
    Speech of a few seconds without any s or f can look narrower than its recording is.
    """

    drop: float = 22.0
    columns = ("bandwidth",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        waveform = media.need_waveform()
        if len(waveform) < FRAME:
            raise NotApplicableError(f"sound shorter than {FRAME * 1000 // SAMPLE_RATE} ms")
        power = band_power(waveform)
        if not power.any():
            raise NotApplicableError("silence")
        return {"bandwidth": Measurement.ok(upper_edge(power, self.drop))}


def band_power(waveform: Waveform) -> Floats:
    """Power of each band of 125 Hz when it is loud, (64,); frames that are quiet as a whole are left out.

    Zeros where no frame has any, such as in a constant.
    """
    whole = waveform[: len(waveform) // FRAME * FRAME]
    power = np.concatenate([_frames_power(piece.reshape(-1, FRAME)) for piece in blocks(whole, PIECE)])
    level = power.sum(axis=1)
    heard = (level >= LOUD * np.quantile(level, 0.99)) & (level > 0)
    return np.asarray(np.quantile(power[heard], OFTEN, axis=0) if heard.any() else power[0] * 0, np.float64)


def _frames_power(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
    spectra = np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window, axis=1)[:, 1:]
    power = spectra.real**2 + spectra.imag**2
    return np.asarray(power.reshape(len(frames), -1, WIDTH).mean(axis=2), np.float32)


def upper_edge(power: Floats, drop: float) -> float:
    """Hz where a spectrum (64,) falls by `drop` dB and stays down, half way down that fall; 8000 where it does not."""
    decibels, count = 10 * np.log10(np.maximum(power, 1e-12)), len(power)
    for band in range(2, count - 2):
        low = band + max(1, min(STEEP, (band + 1) // 4))
        if low > count - 2:
            break
        above = 10 * np.log10(_loudest(power[low:]))
        if decibels[band] - above >= drop:
            content = np.flatnonzero(decibels[band:low] > (decibels[band] + above) / 2)
            return float((band + content[-1] + 1) * STEP)
    return count * STEP


def _loudest(power: Floats) -> float:
    """The largest mean over `ABOVE` bands one after the other, or over all where they are fewer."""
    width = min(ABOVE, len(power))
    return max(float(np.convolve(power, np.full(width, 1 / width), "valid").max()), 1e-12)
