"""Pieces of music: chords, bass, a melody and drums, synthesised for the stretch that a clip needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE

Waveform = NDArray[np.float32]

_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 0, 4), (0, 2, 3, 4))
_BARS, _BEATS = 8, 4
_DRUM_SECONDS = 0.18


@dataclass(frozen=True, slots=True)
class Note:
    """A tone: begin and length in beats, pitch in MIDI numbers, amplitude, and which timbre plays it."""

    beat: float
    length: float
    pitch: float
    volume: float
    timbre: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Notes of `_BARS` bars that repeat; `timbres[i]` = (strength of each harmonic, attack s, decay per s)."""

    beat_seconds: float
    notes: tuple[Note, ...]
    timbres: tuple[tuple[tuple[float, ...], float, float], ...]
    drums: float

    @property
    def seconds(self) -> float:
        return _BARS * _BEATS * self.beat_seconds


def draw_piece(rng: np.random.Generator) -> Piece:
    scale = _SCALES["major" if rng.random() < 0.5 else "minor"]
    root, chords = int(rng.integers(43, 55)), _PROGRESSIONS[rng.integers(len(_PROGRESSIONS))]
    notes: list[Note] = []
    for bar in range(_BARS):
        degree = chords[bar % len(chords)]
        notes += [Note(bar * _BEATS, _BEATS, root + _tone(scale, degree + k), 0.30, 0) for k in (0, 2, 4)]
        notes += [Note(bar * _BEATS + b, 0.9, root - 12 + _tone(scale, degree), 0.5, 1) for b in (0, 2)]
        notes += _melody(rng, bar, root + 12, scale, degree)
    timbres = tuple(_timbre(rng, sustain) for sustain in (True, False, False))
    drums = float(rng.uniform(0.4, 1.0)) if rng.random() < 0.7 else 0.0
    return Piece(60 / float(rng.uniform(84, 140)), tuple(notes), timbres, drums)


def _tone(scale: tuple[int, ...], degree: int) -> int:
    return scale[degree % 7] + 12 * (degree // 7)


def _melody(rng: np.random.Generator, bar: int, root: int, scale: tuple[int, ...], degree: int) -> list[Note]:
    notes, beat, step = [], 0.0, degree + int(rng.choice((0, 2, 4)))
    while beat < _BEATS:
        length = float(rng.choice((0.5, 0.5, 1.0, 1.5)))
        if rng.random() < 0.85:
            notes.append(Note(bar * _BEATS + beat, length, root + _tone(scale, step), 0.6, 2))
        step = int(np.clip(step + rng.choice((-2, -1, 1, 2)), 0, 11))
        beat += length
    return notes


def _timbre(rng: np.random.Generator, sustain: bool) -> tuple[tuple[float, ...], float, float]:
    roll = float(rng.uniform(0.8, 2.2))
    harmonics = tuple(float(rng.uniform(0.4, 1.0) / k**roll) for k in range(1, 8))
    return (
        harmonics,
        float(rng.uniform(0.01, 0.08 if sustain else 0.02)),
        float(rng.uniform(0.2, 1.0) if sustain else rng.uniform(1.5, 5)),
    )


def excerpt(piece: Piece, start: float, seconds: float, rng: np.random.Generator) -> Waveform:
    """`seconds` of the piece from `start` (it repeats), float32 (N,) at 16 kHz with RMS 1; `rng` makes drum noise."""
    out = np.zeros(round(seconds * SAMPLE_RATE))
    for repeat in range(int(start // piece.seconds), int((start + seconds) // piece.seconds) + 1):
        offset = repeat * piece.seconds - start
        for note in piece.notes:
            where, time = _stretch(out, offset + note.beat * piece.beat_seconds, note.length * piece.beat_seconds)
            out[where] += _sound(piece, note, time)
        for beat in range(_BARS * _BEATS * 2) if piece.drums else ():
            where, time = _stretch(out, offset + beat * piece.beat_seconds / 2, _DRUM_SECONDS)
            out[where] += piece.drums * _drum(beat, time, rng)
    return np.asarray(out / max(float(np.sqrt(np.mean(np.square(out)))), 1e-9), np.float32)


def _stretch(out: NDArray[np.float64], begin: float, seconds: float) -> tuple[slice, NDArray[np.float64]]:
    """Where in `out` a sound from `begin` for `seconds` lies (nowhere: empty), and its own time at those samples."""
    first, last = round(begin * SAMPLE_RATE), round((begin + seconds) * SAMPLE_RATE)
    low, high = min(max(first, 0), len(out)), max(min(last, len(out)), 0)
    return slice(low, max(low, high)), (np.arange(low, max(low, high)) - first) / SAMPLE_RATE


def _sound(piece: Piece, note: Note, time: NDArray[np.float64]) -> NDArray[np.float64]:
    harmonics, attack, decay = piece.timbres[note.timbre]
    hertz = 440 * 2 ** ((note.pitch - 69) / 12)
    length = note.length * piece.beat_seconds
    envelope = np.clip(time / attack, 0, 1) * np.exp(-decay * time) * np.clip((length - time) / 0.03, 0, 1)
    tone = np.zeros_like(time)
    for k, strength in enumerate(harmonics, start=1):
        if k * hertz < SAMPLE_RATE / 2.2:
            tone += strength * np.sin(2 * np.pi * k * hertz * time)
    return np.asarray(note.volume * envelope * tone)


def _drum(beat: int, time: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Kick on the first and third beat, snare on the second and fourth, a hi-hat on every half beat."""
    hat = np.diff(0.15 * rng.normal(size=len(time)) * np.exp(-60 * time), prepend=0.0)
    match beat % 4:
        case 0:
            kick = np.sin(2 * np.pi * (50 * time + 3 * (1 - np.exp(-40 * time))))
            return np.asarray(hat + 1.2 * kick * np.exp(-18 * time))
        case 2:
            return np.asarray(hat + 0.5 * rng.normal(size=len(time)) * np.exp(-25 * time))
        case _:
            return hat
