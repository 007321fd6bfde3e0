"""One identity's voice: an eSpeak variant, its pitch and pace, and a vocal tract stretched by resampling."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from avcur.records import SAMPLE_RATE
from avcur.sources.synthetic.espeak import Phone, Speech, speak
from avcur.sources.synthetic.sentences import sentence

# eSpeak NG variants that sound like a person (no whisper, croak or robot).
VARIANTS = (
    "m1",
    "m2",
    "m3",
    "m4",
    "m7",
    "f1",
    "f2",
    "f3",
    "f4",
    "max",
    "adam",
    "linda",
    "steph",
    "boris",
    "michel",
    "m5",
)
ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp")
ACTIVE_RMS = 0.06
"""Level to which every utterance is set: -24 dB below full scale."""


@dataclass(frozen=True, slots=True)
class Voice:
    """`tract` > 1 is a shorter vocal tract: formants and pitch rise by that factor, the pace stays."""

    name: str
    pitch: int
    pitch_range: int
    rate: int
    tract: float

    @property
    def sex(self) -> Literal["f", "m"]:
        """Of the eSpeak variant; the vocal tract is drawn besides."""
        variant = self.name.partition("+")[2]
        return "f" if variant.startswith("f") or variant in ("linda", "steph") else "m"

    @property
    def accent(self) -> str:
        """The language as eSpeak names it, one of ACCENTS."""
        return self.name.partition("+")[0]


@dataclass(frozen=True, slots=True)
class Utterance:
    """16 kHz mono speech (float32, N) without silence at its ends; phone times in seconds from its start."""

    samples: NDArray[np.float32]
    phones: tuple[Phone, ...]

    @property
    def duration(self) -> float:
        return len(self.samples) / SAMPLE_RATE


def draw_voice(rng: np.random.Generator, spread: float) -> Voice:
    """A voice; `spread` 0 makes all alike but for the variant's timbre, 1 uses the full ranges."""
    accent = ACCENTS[rng.integers(len(ACCENTS))]
    variant = VARIANTS[rng.integers(max(1, round(len(VARIANTS) * min(1.0, spread))))]
    return Voice(
        name=f"{accent}+{variant}",
        pitch=round(45 + spread * float(rng.uniform(-22, 22))),
        pitch_range=round(50 + spread * float(rng.uniform(-25, 25))),
        rate=round(165 + spread * float(rng.uniform(-18, 18))),
        tract=1 + spread * float(rng.uniform(-0.14, 0.14)),
    )


def utter(voice: Voice, rng: np.random.Generator, shortest: float, longest: float) -> Utterance:
    """A sentence that lasts about `shortest` to `longest` seconds; a longer one is cut at a phoneme's start."""
    text = sentence(rng, words=max(3, round(shortest * 2.9)))
    speech = speak(text, voice.name, round(voice.rate / voice.tract), voice.pitch, voice.pitch_range)
    return _cut(_trim(_stretch(speech, voice.tract)), longest)


def _stretch(speech: Speech, tract: float) -> Utterance:
    """Resample to 16 kHz and by `tract` at once: played faster, formants move up; the pace was lowered before."""
    ratio = Fraction(SAMPLE_RATE / (speech.sample_rate * tract)).limit_denominator(200)
    samples = resample_poly(speech.samples, ratio.numerator, ratio.denominator).astype(np.float32)
    return Utterance(samples, tuple(Phone(p.name, p.time / tract) for p in speech.phones))


def _trim(utterance: Utterance) -> Utterance:
    """Drop silence at both ends (20 ms frames 36 dB under the loudest) and set the active level."""
    frame = SAMPLE_RATE // 50
    count = max(1, len(utterance.samples) // frame)
    power = np.square(utterance.samples[: count * frame].reshape(count, -1)).mean(axis=1)
    active = np.flatnonzero(power > power.max() * 10**-3.6)
    start, end = active[0] * frame, (active[-1] + 1) * frame
    samples = utterance.samples[start:end]
    level = np.sqrt(power[active].mean())
    phones = tuple(Phone(p.name, p.time - start / SAMPLE_RATE) for p in utterance.phones)
    return Utterance((samples * (ACTIVE_RMS / level)).astype(np.float32), phones)


def _cut(utterance: Utterance, longest: float) -> Utterance:
    if utterance.duration <= longest:
        return utterance
    starts = [p.time for p in utterance.phones if 0.5 * longest < p.time <= longest]
    end = starts[-1] if starts else longest
    samples = utterance.samples[: round(end * SAMPLE_RATE)].copy()
    fade = min(len(samples), SAMPLE_RATE // 50)
    samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return Utterance(samples, tuple(p for p in utterance.phones if p.time < end))
