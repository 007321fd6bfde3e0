"""Read sound as mono at one rate, by seeking where the file allows it and by streaming elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from avcur.media.errors import MediaError, MediaWarning
from avcur.media.probe import audio_stream, open_media, origin, sound_info
from avcur.media.stream import Faults, decoded

Waveform = NDArray[np.float32]
Samples = NDArray[np.int16]

LARGEST_DRIFT = 0.05
"""Seconds by which a timestamp may disagree with the count of samples before it is taken for a hole.

Two frames of AAC at 44.1 kHz; containers round timestamps to a millisecond or so.
"""
LONGEST_HOLE = 3600.0
"""Seconds: a jump beyond this is a broken timestamp, not a hole to fill with silence."""


def read_audio(
    path: Path,
    sample_rate: int = 16_000,
    start: float = 0.0,
    end: float | None = None,
    faults: Faults | None = None,
) -> Waveform:
    """Mono float32 (N,) of [start, end) seconds; WAV and FLAC at this rate are read by seeking, the rest is decoded.

    Past the end of the sound nothing is added: fewer samples come back. Raises MediaError without any sound stream.
    """
    info = sound_info(Path(path))
    if info is not None and info.samplerate == sample_rate:
        return _read_span(Path(path), sample_rate, start, end)
    first, stop = round(start * sample_rate), None if end is None else round(end * sample_rate)
    pieces, position = [], 0
    for block in audio_blocks(path, sample_rate, faults):
        low, high = max(first - position, 0), len(block) if stop is None else min(len(block), stop - position)
        if high > low:
            pieces.append(block[low:high])
        position += len(block)
        if stop is not None and position >= stop:
            break
    waveform = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    return waveform.astype(np.float32) / np.float32(32768)


def _read_span(path: Path, sample_rate: int, start: float, end: float | None) -> Waveform:
    with soundfile.SoundFile(str(path)) as file:
        first = min(max(0, round(start * sample_rate)), file.frames)
        stop = file.frames if end is None else min(round(end * sample_rate), file.frames)
        file.seek(first)
        samples = file.read(max(0, stop - first), dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32))


def audio_blocks(path: Path, sample_rate: int = 16_000, faults: Faults | None = None) -> Iterator[Samples]:
    """Stream the sound as mono int16 blocks; holes left by lost packets and a late start are filled with silence."""
    kept = Faults() if faults is None else faults
    with open_media(Path(path)) as container:
        stream = audio_stream(container)
        if stream is None:
            raise MediaError("no audio stream")
        stream.thread_count = 1
        yield from _blocks(decoded(container, stream, kept), origin(container), sample_rate, kept)
    if faults is None and str(kept):
        warnings.warn(f"{path}: {kept}", MediaWarning, stacklevel=2)


def _blocks(source: Iterator[Any], zero: float, sample_rate: int, faults: Faults) -> Iterator[Samples]:
    resampler: Any = None
    layout: tuple[str, str, int] | None = None
    expected = 0.0
    for frame in source:
        time = expected if frame.time is None else frame.time - zero
        if LARGEST_DRIFT < time - expected < LONGEST_HOLE:
            yield from _flush(resampler)
            resampler = None
            yield from _silence(round(time * sample_rate) - round(expected * sample_rate), sample_rate)
            faults.holes += expected > 0
            expected = time
        here = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or here != layout:
            yield from _flush(resampler)
            # 16 bit output makes the mix-down normalised: stereo is halved, not raised by 3 dB into clipping
            resampler, layout = av.AudioResampler(format="s16", layout="mono", rate=sample_rate), here
        expected += frame.samples / frame.sample_rate
        frame.pts = None
        for block in resampler.resample(frame):
            yield block.to_ndarray()[0]
    yield from _flush(resampler)


def _flush(resampler: Any) -> Iterator[Samples]:
    if resampler is not None:
        for block in resampler.resample(None):
            yield block.to_ndarray()[0]


def _silence(count: int, piece: int) -> Iterator[Samples]:
    while count > 0:
        yield np.zeros(min(count, piece), np.int16)
        count -= piece
