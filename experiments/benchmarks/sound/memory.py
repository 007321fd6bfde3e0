"""Memory of a long clip: an hour of sound in one process, signal by signal."""

from __future__ import annotations

import multiprocessing
import resource
from itertools import pairwise
from pathlib import Path

import soundfile

from avcur.media.decode import read_audio
from avcur.records import SAMPLE_RATE
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sound.sounds import clip_of, utterances
from experiments.benchmarks.sound.speed import seconds_of, signals_of


def long_sound(settings: Settings) -> Path:
    """All utterances of all speakers, again and again."""
    path = settings.scratch / f"speech_{settings.minutes:.0f}min.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    paths = [path for found in utterances(settings).values() for path in found]
    left = round(settings.minutes * 60 * SAMPLE_RATE)
    with soundfile.SoundFile(str(path), "w", SAMPLE_RATE, 1, "PCM_16") as file:
        while left > 0:
            for piece in map(read_audio, paths):
                file.write(piece[:left])
                left -= len(piece[:left])
    return path


def _peak() -> float:
    """Most that this process ever held, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _growth(path: Path, warm_up: Path) -> list[tuple[str, float]]:
    """The peak after each signal, GB, the first with the networks loaded and a short clip measured."""
    import torch

    torch.set_num_threads(1)
    signals = signals_of("default", None)
    seconds_of(signals, warm_up)
    peaks, media = [("start", _peak())], clip_of(path)
    media.need_waveform()
    peaks.append(("the waveform", _peak()))
    for name, signal in signals.items():
        signal.measure(media)
        peaks.append((name, _peak()))
    return peaks


def rows(settings: Settings) -> list[Row]:
    warm_up = next(iter(utterances(settings).values()))[0]
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # a process of its own has a peak of its own
        peaks = pool.apply(_growth, (long_sound(settings), warm_up))
    steps = [f"{name} +{after - before:.2f}" for (_, before), (name, after) in pairwise(peaks)]
    figure = (
        f"{peaks[-1][1]:.2f} GB, of which {peaks[0][1]:.2f} before; {', '.join(s for s in steps if s[-4:] != '0.00')}"
    )
    return [Row(f"peak memory, {settings.minutes:.0f} min in one clip", "", figure)]
