"""Changes of speaker: joins of two real utterances, and meetings."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from avcur.media.decode import read_audio
from avcur.records import SAMPLE_RATE
from avcur.signals.speaker_changes import SpeakerChanges
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sound.sounds import Waveform, clip_of, made_clip, utterances

JOINS, TOLERANCE, SEED = 100, 0.5, 0


@dataclass
class Score:
    """Changes found, changes there are, and how many of both go together within the tolerance."""

    hits: int = 0
    found: int = 0
    wanted: int = 0
    seconds: float = 0.0

    def add(self, found: Sequence[float], wanted: Sequence[float], seconds: float) -> None:
        self.hits += matches(found, wanted)
        self.found, self.wanted = self.found + len(found), self.wanted + len(wanted)
        self.seconds += seconds

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(1, self.found + self.wanted)

    def __str__(self) -> str:
        precision, recall = self.hits / max(1, self.found), self.hits / max(1, self.wanted)
        return f"F1 {self.f1:.3f} (precision {precision:.2f} of {self.found}, recall {recall:.2f} of {self.wanted})"


def matches(found: Sequence[float], wanted: Sequence[float]) -> int:
    """One-to-one pairs within the tolerance, in the order of time."""
    left, count = sorted(found), 0
    for time in sorted(wanted):
        near = [other for other in left if abs(other - time) <= TOLERANCE]
        if near:
            left.remove(near[0])
            count += 1
    return count


def measure(waveform: Waveform) -> tuple[list[float], float]:
    """The times of the changes and the number of speakers; none and one where there is too little speech."""
    found = SpeakerChanges().measure(made_clip(waveform))
    return list(found["speaker_changes"].series or ()), found["num_speakers"].value or 1.0


def joins(speakers: dict[str, list[Path]], different: bool) -> list[list[Path]]:
    rng, names = np.random.default_rng(SEED), list(speakers)
    pairs = []
    for _ in range(JOINS):
        first, second = rng.choice(len(names), 2, replace=False)
        one, other = rng.choice(10, 2, replace=False)
        pairs.append([speakers[names[first]][one], speakers[names[second if different else first]][other]])
    return pairs


def of_joins(what: str, pairs: list[list[Path]], different: bool) -> list[Row]:
    score, every_second, counted = Score(), Score(), 0
    for pair in pairs:
        pieces = [read_audio(path) for path in pair]
        waveform = np.concatenate(pieces)
        seconds = len(waveform) / SAMPLE_RATE
        wanted = [len(pieces[0]) / SAMPLE_RATE] if different else []
        found, speakers = measure(waveform)
        score.add(found, wanted, seconds)
        every_second.add(list(np.arange(1.0, seconds)), wanted, seconds)
        counted += speakers == (2 if different else 1)
    right = f"num_speakers right in {counted} of {len(pairs)}"
    if not different:
        figure = f"{score.found} changes in {score.seconds / 60:.0f} min, none wanted; {right}"
        return [Row(what, "", figure)]
    bar = f"F1 > none (0) and every second ({every_second.f1:.3f})"
    return [Row(what, bar, f"{score}; {right}", score.f1 > max(0.0, every_second.f1))]


def of_monologues(speakers: dict[str, list[Path]]) -> Row:
    """All ten utterances of each speaker, one after the other."""
    score, counts = Score(), []
    for paths in speakers.values():
        waveform = np.concatenate([read_audio(path) for path in paths])
        found, number = measure(waveform)
        score.add(found, [], len(waveform) / SAMPLE_RATE)
        counts.append(int(number))
    figure = f"{score.found} changes in {score.seconds / 60:.1f} min, none wanted; num_speakers {counts}"
    return Row("one speaker, ten utterances in a row", "", figure)


def turns(path: Path) -> dict[str, list[tuple[float, str]]]:
    """Who begins to speak when, by file, of an RTTM."""
    found: dict[str, list[tuple[float, str]]] = {}
    for line in csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter=" "):
        found.setdefault(line[1], []).append((float(line[3]), line[7]))
    return {name: sorted(begun) for name, begun in found.items()}


def of_meeting(settings: Settings, name: str, begun: list[tuple[float, str]]) -> Row:
    path = next(path for path in sorted((settings.media / "meeting").iterdir()) if path.stem == name)
    wanted = [time for (_, one), (time, other) in pairwise(begun) if one != other]
    found = SpeakerChanges().measure(clip_of(path))
    changes, speakers = found["speaker_changes"], found["num_speakers"]
    people = len({who for _, who in begun})
    score = Score()
    score.add(changes.series or (), wanted, 30.0)
    heard = f"{score}; {speakers.value:.0f} speakers of {people}" if speakers.value else f"{changes.reason}"
    return Row(f"meeting/{path.name}, {len(wanted)} changes", "", heard)


def rows(settings: Settings) -> list[Row]:
    torch.set_num_threads(1)
    speakers = utterances(settings)
    results = of_joins(f"{JOINS} joins of two speakers", joins(speakers, True), True)
    results += of_joins(f"{JOINS} joins of one speaker", joins(speakers, False), False)
    results.append(of_monologues(speakers))
    meetings = turns(settings.clip("meeting/reference.rttm"))
    return results + [of_meeting(settings, name, begun) for name, begun in sorted(meetings.items())]
