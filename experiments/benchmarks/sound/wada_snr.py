"""WADA-SNR and the ratio over pauses side by side: real speech with noise added at a known active-level SNR."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch

from avcur.media.decode import read_audio
from avcur.signals.noise import Noise
from avcur.signals.wada_snr import WadaSnr
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sound.active_level import active_power
from experiments.benchmarks.sound.sounds import Waveform, as_stored, made_clip, sounds_of, utterances

RATIOS, JUDGED = (0, 5, 10, 20), (0, 5, 10)
BAR = 3.0
STEADY = 3.0
"""dB: a noise is stationary where the levels of its 100 ms frames have no larger standard deviation."""
EVERY = 4
"""Other noises than white meet every fourth utterance."""


@dataclass
class Errors:
    """Errors of both signals by ratio, and how often Silero heard no speech."""

    of: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    unheard: int = 0

    def add(self, noisy: Waveform, ratio: int) -> None:
        media = made_clip(noisy)
        for signal, column in ((WadaSnr(), "wada_snr"), (Noise(), "snr")):
            value = signal.measure(media)[column].value
            if value is not None:
                self.of[column, ratio].append(value - ratio)
            elif column == "snr":
                self.unheard += 1

    def join(self, other: Errors) -> None:
        self.unheard += other.unheard
        for key, errors in other.of.items():
            self.of[key] += errors

    def text(self, column: str) -> str:
        figures = ((ratio, self.of[column, ratio]) for ratio in RATIOS)
        return ", ".join(f"{ratio}: {np.mean(e):+.1f} ±{np.std(e):.1f}" for ratio, e in figures if e)

    def held(self, column: str) -> bool:
        return all(abs(np.mean(self.of[column, ratio])) <= BAR for ratio in JUDGED)


def mixed(speech: Waveform, noise: Waveform, ratio: int) -> Waveform:
    """Speech in noise, the active level of the one over the level of the other `ratio` dB; never clipped."""
    centred = np.resize(noise - noise.mean(), len(speech)).astype(np.float64)
    scale = np.sqrt(active_power(speech) / 10 ** (ratio / 10) / np.mean(centred**2))
    sum_ = speech + scale * centred
    return as_stored(sum_ * min(1.0, 0.95 / np.abs(sum_).max()))


def spread(noise: Waveform) -> float:
    """Standard deviation of the level of 100 ms frames, dB."""
    frames = noise[: len(noise) // 1600 * 1600].reshape(-1, 1600)
    return float((10 * np.log10(frames.var(axis=1) + 1e-12)).std())


def errors(speeches: list[Waveform], noise: Waveform | None) -> Errors:
    """Of one noise, or of white noise, a new one for every utterance."""
    found = Errors()
    for number, speech in enumerate(speeches):
        white = np.random.default_rng(number).normal(size=len(speech)).astype(np.float32)
        for ratio in RATIOS:
            found.add(mixed(speech, white if noise is None else noise, ratio), ratio)
    return found


def both(what: str, found: Errors, judged: bool) -> list[Row]:
    unheard = f"; {found.unheard} without speech to Silero" if found.unheard else ""
    bar = f"|mean error| <= {BAR:.0f} dB at 0, 5, 10" if judged else ""
    return [
        Row(f"wada_snr, {what}", bar, found.text("wada_snr") + unheard, found.held("wada_snr") if judged else None),
        Row(f"snr (pauses), {what}", "", found.text("snr")),
    ]


def rows(settings: Settings) -> list[Row]:
    torch.set_num_threads(1)
    speeches = [read_audio(path) for paths in utterances(settings).values() for path in paths]
    few = speeches[::EVERY]
    results = both(f"white noise, {len(speeches)} utterances", errors(speeches, None), judged=True)
    gap = np.zeros(10 * 16_000, np.float32)
    paused = [np.concatenate([gap, speech, gap]) for speech in few]
    results += both("white noise, 10 s of pause before and after", errors(paused, None), judged=True)
    together = Errors()
    for path in sounds_of(settings, "noise"):
        noise = read_audio(path)
        steady, found = spread(noise) <= STEADY, errors(few, noise)
        what = f"{path.stem} ({'stationary' if steady else 'not stationary'}, {spread(noise):.1f} dB)"
        results += both(what, found, steady)
        if steady:
            together.join(found)
    return results + both("all stationary noises together", together, judged=True)
