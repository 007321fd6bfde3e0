"""Unrelated sound must not land at the ends of the range of offsets: mouths with read speech of other people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from avcur.media.decode import read_audio
from avcur.records import SAMPLE_RATE, SAMPLES_PER_FRAME
from avcur.sync.backend import SyncBackend, Waveform
from avcur.sync.lags import score
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sync.backends import absent_rows, backend, present
from experiments.benchmarks.sync.tracks import MAX_LAG, CroppedTrack, talking

LENGTHS = {20: None, 40: None, 75: 0.20, 250: 0.20}
"""Frames of a clip, and the largest share of offsets of 14 or 15 frames; by chance it is 4 / 31 = 0.13."""
AT_AN_END = 14
PAIRS = 200
"""Pairs of a mouth and a sound for each length."""


def rows(settings: Settings) -> list[Row]:
    found = [row for name in present(settings) for row in _rows(name, settings)]
    return [*found, *absent_rows(settings, "unrelated sound at the ends")]


def _rows(name: str, settings: Settings) -> Iterator[Row]:
    measuring = backend(name, settings)
    voices = list(_voices(settings))
    for length, bar in LENGTHS.items():
        offsets, confidences = unrelated(measuring, talking(settings, measuring.geometry), voices, length)
        share = float((np.abs(offsets) >= AT_AN_END).mean())
        median, high = np.percentile(confidences, [50, 95])
        figure = f"{share:.3f} of {len(offsets)}; confidence {median:.2f}, 95 % below {high:.2f}"
        held = None if bar is None else share <= bar
        yield Row(f"unrelated sound at the ends: {name}, {length} frames", f"<= {bar}" if bar else "", figure, held)


def unrelated(
    measuring: SyncBackend, tracks: tuple[CroppedTrack, ...], voices: list[Waveform], length: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Offsets and confidences of random stretches of mouths, clip by clip in turn, with random stretches of voices."""
    rng = np.random.default_rng(length)
    mouths = [track for track in tracks if len(track) >= length]
    found = []
    for number in range(PAIRS):
        mouth, voice = mouths[number % len(mouths)], voices[int(rng.integers(len(voices)))]
        first = int(rng.integers(len(mouth) - length + 1))
        start = int(rng.integers(len(voice) - length * SAMPLES_PER_FRAME + 1))
        heard = voice[start : start + length * SAMPLES_PER_FRAME]
        found.append(score(measuring.distances(mouth.faces(first, first + length), heard, MAX_LAG)))
    return np.array([one.offset for one in found]), np.array([one.confidence for one in found])


def _voices(settings: Settings) -> Iterator[Waveform]:
    """All read utterances of each speaker, one after the other."""
    for folder in sorted(path for path in (settings.media / "speech_speaker").iterdir() if path.is_dir()):
        yield np.concatenate([read_audio(path, SAMPLE_RATE) for path in sorted(folder.iterdir())])
