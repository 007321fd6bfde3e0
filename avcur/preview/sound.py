"""The sound of a recording without ever holding all of it: for the preview's sound track and for its waveform."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from avcur.media.errors import MediaError

Waveform = NDArray[np.float32]

PEAKS_PER_SECOND = 100
"""Of a waveform's outline: ten to a pixel for a minute on 600 px, 1.4 MB for an hour."""
_BLOCK_SECONDS = 10


class StreamedSound:
    """A mono WAV that is sliced like a waveform (N,) and read from the file slice by slice.

    What cannot be read is silence: a slice always has the length that was asked for.
    """

    ndim = 1

    def __init__(self, file: soundfile.SoundFile) -> None:
        self._file = file
        self.sample_rate = int(file.samplerate)

    def __len__(self) -> int:
        return int(self._file.frames)

    def __getitem__(self, span: slice) -> Waveform:
        start, stop, _ = span.indices(len(self))
        found = np.zeros(max(0, stop - start), np.float32)
        try:
            if self._file.tell() != start:
                self._file.seek(start)
            samples = self._file.read(len(found), dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, OSError):
            return found
        found[: len(samples)] = samples.mean(axis=1)
        return found


@contextmanager
def streamed_sound(path: Path) -> Iterator[StreamedSound]:
    """Open standard sound; raises MediaError where the file cannot be read."""
    try:
        file = soundfile.SoundFile(str(path))
    except (soundfile.SoundFileError, OSError) as error:
        raise MediaError(f"the sound cannot be read: {error}") from error
    with file:
        yield StreamedSound(file)


def outline(sound: StreamedSound, start: float = 0.0, end: float = math.inf) -> Waveform:
    """The largest magnitude in each hundredth of a second of [start, end) seconds, (N,) 0..1."""
    step = max(1, sound.sample_rate // PEAKS_PER_SECOND)
    first = round(max(0.0, start) * sound.sample_rate)
    stop = len(sound) if math.isinf(end) else min(len(sound), round(end * sound.sample_rate))
    block = step * PEAKS_PER_SECOND * _BLOCK_SECONDS
    peaks = [_peaks(sound[at : min(at + block, stop)], step) for at in range(first, stop, block)]
    return np.concatenate(peaks) if peaks else np.zeros(0, np.float32)


def _peaks(samples: Waveform, step: int) -> Waveform:
    padded = np.zeros(math.ceil(len(samples) / step) * step, np.float32)
    padded[: len(samples)] = np.abs(samples)
    return np.asarray(padded.reshape(-1, step).max(axis=1), np.float32)


def columns(peaks: Waveform, count: int) -> Waveform:
    """An outline brought to `count` columns by their largest value; zeros where there is no sound."""
    edges = np.linspace(0, len(peaks), count + 1)
    spans = zip(edges[:-1].astype(int), np.ceil(edges[1:]).astype(int), strict=True)
    return np.array([peaks[a:b].max(initial=0.0) for a, b in spans], np.float32)
