"""From phonemes to the mouth: how far it opens and how round it is, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avcur.records import FPS
from avcur.sources.synthetic.espeak import Phone
from avcur.sources.synthetic.voice import Utterance

_GRID = 100  # points a second on which targets are set before smoothing
_SMOOTH = 0.028  # seconds: the lips' inertia (standard deviation of the smoothing)

# Openings by the mnemonic's first letter (eSpeak's Kirshenbaum-like names): open, mid and close vowels; lips shut for
# b, m, p, nearly for f, v; other consonants in between.
_OPENING = {
    **dict.fromkeys("aAOV0Q", 0.95), **dict.fromkeys("eE3o@", 0.65), **dict.fromkeys("iIuUyY", 0.38),
    **dict.fromkeys("bmp", 0.0), **dict.fromkeys("fv", 0.08), **dict.fromkeys("w", 0.15),
}  # fmt: skip
_CONSONANT = 0.22
_ROUND = {**dict.fromkeys("uUoOwQ", 0.8), **dict.fromkeys("iIeEszj", -0.6)}


@dataclass(frozen=True, slots=True)
class MouthTrack:
    """`opening` 0..1 and `roundness` -1..1, each (num_frames,) at 25 fps."""

    opening: NDArray[np.float64]
    roundness: NDArray[np.float64]


def follow(utterances: list[tuple[float, Utterance]], num_frames: int, articulation: float) -> MouthTrack:
    """The mouth that says `utterances` (start in seconds, utterance); closed elsewhere."""
    length = int(np.ceil(num_frames / FPS * _GRID)) + 1
    opening, roundness = np.zeros(length), np.zeros(length)
    for start, utterance in utterances:
        ends = [p.time for p in utterance.phones[1:]] + [utterance.duration]
        for phone, end in zip(utterance.phones, ends, strict=True):
            low, high = round((start + phone.time) * _GRID), round((start + min(end, utterance.duration)) * _GRID)
            opening[max(low, 0) : high], roundness[max(low, 0) : high] = _target(phone)
    at = np.minimum(((np.arange(num_frames) + 0.5) / FPS * _GRID).round().astype(int), length - 1)
    sigma = _SMOOTH * _GRID
    return MouthTrack(
        np.clip(articulation * gaussian_filter1d(opening, sigma), 0, 1)[at], gaussian_filter1d(roundness, sigma)[at]
    )


def _target(phone: Phone) -> tuple[float, float]:
    letters = phone.name.lstrip("',%=|")
    if not letters:
        return 0.0, 0.0
    return _OPENING.get(letters[0], _CONSONANT), _ROUND.get(letters[0], 0.0)


def speaking_frames(utterances: list[tuple[float, Utterance]], num_frames: int) -> NDArray[np.bool_]:
    """Whether each frame's middle lies inside an utterance."""
    middle = (np.arange(num_frames) + 0.5) / FPS
    speaking = np.zeros(num_frames, bool)
    for start, utterance in utterances:
        speaking |= (middle >= start) & (middle < start + utterance.duration)
    return speaking


def chew(rng: np.random.Generator, num_frames: int) -> tuple[MouthTrack, NDArray[np.float64]]:
    """A silent mouth that moves in bouts of chewing (1.2-2.2 Hz), with the sideways shift of the jaw."""
    time = np.arange(num_frames) / FPS
    rate, phase = rng.uniform(1.2, 2.2), rng.uniform(0, 2 * np.pi)
    bouts = np.clip(0.5 + 1.5 * np.sin(2 * np.pi * rng.uniform(0.2, 0.5) * time + rng.uniform(0, 6.28)), 0, 1)
    cycle = np.sin(2 * np.pi * rate * time + phase)
    opening = bouts * rng.uniform(0.10, 0.32) * (0.5 + 0.5 * cycle) ** 1.5
    shift = bouts * rng.uniform(0.01, 0.035) * np.cos(2 * np.pi * rate * time + phase)
    return MouthTrack(opening, bouts * 0.35 * cycle), shift
