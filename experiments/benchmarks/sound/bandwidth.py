"""Bandwidth: narrow sound in wide files, low-passes and noise floors on real clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import torch
from scipy.signal import firwin, resample_poly
from torchaudio.functional import resample

from avcur.media.decode import read_audio
from avcur.records import SAMPLE_RATE
from avcur.signals.bandwidth import Bandwidth
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sound.sounds import Waveform, as_stored, made_clip, sounds_of, utterances

CLIPS = (
    "video/hdtf_a.mp4", "video/latentsync_demo1.mp4", "video/retalking_5.mp4", "video/grid_lbbc2a.mpg",
    "speech_speaker/1998/1998-15444-0008.flac", "speech_speaker/367/367-130732-0001.flac",
    "speech_speaker/2609/2609-156975-0005.flac", "speech_speaker/LJ/LJ001-0009.wav",
    "speech_speaker/3080/3080-5032-0003.flac", "audio_type/speech/libri_3857-180923-0000.flac",
)  # fmt: skip
NARROW, WIDE = 5000.0, 6000.0
"""Hz: copies of 8 kHz lie below, originals above; between them is room for a threshold."""
TELEPHONE = SAMPLE_RATE // 2


def by_ffmpeg(waveform: Waveform) -> Waveform:
    return _ffmpeg(_ffmpeg(waveform, SAMPLE_RATE, TELEPHONE), TELEPHONE, SAMPLE_RATE)


def by_scipy(waveform: Waveform) -> Waveform:
    return as_stored(resample_poly(resample_poly(waveform, 1, 2), 2, 1))


def by_torchaudio(waveform: Waveform) -> Waveform:
    """Its default filter is short and soft."""
    narrow = resample(torch.from_numpy(waveform), SAMPLE_RATE, TELEPHONE)
    return as_stored(resample(narrow, TELEPHONE, SAMPLE_RATE).numpy())


def by_lines(waveform: Waveform) -> Waveform:
    """Straight lines between the samples: mirrors the content, a known limit."""
    narrow = resample_poly(waveform, 1, 2)
    return as_stored(np.interp(np.arange(len(waveform)) / 2, np.arange(len(narrow)), narrow))


def low_passed(hertz: float) -> Callable[[Waveform], Waveform]:
    taps = firwin(401, hertz, fs=SAMPLE_RATE)
    return lambda waveform: as_stored(np.convolve(waveform, taps, "same"))


def with_floor(decibels: float) -> Callable[[Waveform], Waveform]:
    """8 kHz, then white noise so many dB below the sound."""

    def noisy(waveform: Waveform) -> Waveform:
        noise = np.random.default_rng(0).normal(size=len(waveform)) * waveform.std() * 10 ** (-decibels / 20)
        return as_stored(by_ffmpeg(waveform)[: len(noise)] + noise[: len(by_ffmpeg(waveform))])

    return noisy


def found(waveforms: list[Waveform], change: Callable[[Waveform], Waveform] = lambda same: same) -> list[float]:
    values = [Bandwidth().measure(made_clip(change(waveform)))["bandwidth"].value for waveform in waveforms]
    return sorted(value for value in values if value is not None)


def span(values: list[float]) -> str:
    return f"{values[0]:.0f} to {values[-1]:.0f} Hz, median {np.median(values):.0f}"


def rows(settings: Settings) -> list[Row]:
    clips = [read_audio(settings.clip(name)) for name in CLIPS]
    originals = found(clips)
    results = [Row("ten real clips", f"all > {WIDE:.0f}", span(originals), originals[0] > WIDE)]
    for name, change in (("ffmpeg", by_ffmpeg), ("scipy", by_scipy), ("torchaudio", by_torchaudio)):
        copies = found(clips, change)
        held = len(copies) == len(clips) and copies[-1] < NARROW
        results.append(Row(f"their copies at 8 kHz and back by {name}", f"all < {NARROW:.0f}", span(copies), held))
    (phone,) = found([read_audio(settings.clip("broken/mono_8k.mp4"))])
    results.append(Row("broken/mono_8k.mp4", f"< {NARROW:.0f}", f"{phone:.0f} Hz", phone < NARROW))
    for hertz in (5500, 7000):
        results.append(Row(f"the ten clips, low-pass at {hertz} Hz", "", span(found(clips, low_passed(hertz)))))
    for decibels in (60, 50, 40, 30):
        floor = found(clips, with_floor(decibels))
        results.append(Row(f"their copies at 8 kHz, white noise {decibels} dB below added", "", span(floor)))
    results.append(Row("their copies by linear interpolation", "", span(found(clips, by_lines))))
    return results + [_of_many(what, paths) for what, paths in _collections(settings).items()]


def _collections(settings: Settings) -> dict[str, list[Path]]:
    speakers = [path for paths in utterances(settings).values() for path in paths]
    kinds = {f"audio_type/{kind}": sounds_of(settings, kind) for kind in ("speech", "music", "both", "noise")}
    return {"speech_speaker": speakers, **kinds}


def _of_many(what: str, paths: list[Path]) -> Row:
    waveforms = [read_audio(path) for path in paths]
    values, copies = found(waveforms), found(waveforms, by_ffmpeg)
    low = [f"{value:.0f}" for value in values if value <= WIDE]
    narrow = sum(value < NARROW for value in copies)
    figure = f"{len(values) - len(low)} of {len(values)} > {WIDE:.0f}, lower: {', '.join(low) or 'none'}"
    return Row(f"all of {what}", "", f"{figure}; copies by ffmpeg {narrow} of {len(copies)} < {NARROW:.0f}")


def _ffmpeg(waveform: Waveform, rate: int, wanted: int) -> Waveform:
    frame = av.AudioFrame.from_ndarray(np.int16(as_stored(waveform) * 32767).reshape(1, -1), "s16", "mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=wanted)
    blocks = [block.to_ndarray()[0] for block in resampler.resample(frame) + resampler.resample(None)]
    return np.concatenate(blocks).astype(np.float32) / np.float32(32768)
