"""A generated corpus of feature vectors: speakers that overlap, sessions that differ, and clips that do harm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from avcur.metrics.ranking import Floats, Ints
from avcur.seeds import generator
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS

TASK = TASKS["speaker_id"]
SPEAKERS, SESSIONS, CLIPS, FEATURES = 5, 16, 6, 10
"""Speakers, sessions of each, clips of each session, numbers a clip: some 260 clips to train on, 25 test groups."""
APART, OF_SESSION, OF_CLIP = 0.8, 0.6, 1.0
"""Standard deviations of a feature over speakers, a speaker's sessions, a session's clips: they overlap."""
NOISY, NOISE = 0.2, 3.0
"""Share of clips that noise makes all but useless, and its standard deviation."""
WRONG = 0.2
"""Share of training clips under another speaker's label."""


@dataclass(frozen=True)
class GeneratedCorpus:
    """`rows`: clip rows with observed label, group and split; `features` (N, D) and `truth` (N,) in their order."""

    rows: pl.DataFrame
    features: Floats
    truth: Ints


def generate_corpus(seed: int, number: int) -> GeneratedCorpus:
    """Corpus `number`, with its own people, clips, split (of the product's own making) and wrong training labels."""
    rng = generator(seed, "null corpus", number)
    speaker, session = (index.ravel() for index in np.indices((SPEAKERS, SESSIONS * CLIPS)))
    session = speaker * SESSIONS + session // CLIPS
    centres = rng.normal(0, APART, (SPEAKERS, FEATURES))
    rooms = rng.normal(0, OF_SESSION, (SPEAKERS * SESSIONS, FEATURES))
    noise = np.where(rng.random(speaker.size) < NOISY, NOISE, 0.0)[:, None] * rng.normal(size=(speaker.size, FEATURES))
    features = centres[speaker] + rooms[session] + rng.normal(0, OF_CLIP, (speaker.size, FEATURES)) + noise
    rows = GroupDisjoint(seed=number)(_clips(speaker, session, rng), TASK)
    return GeneratedCorpus(_with_wrong_labels(rows, speaker, rng), features, speaker)


def _clips(speaker: Ints, session: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """Clip rows as a split reads them; durations in seconds, of a long tail."""
    names = [f"clip-{number:04d}" for number in range(speaker.size)]
    duration = np.clip(rng.lognormal(1.3, 0.5, speaker.size), 1.0, 20.0)
    return pl.DataFrame({
        "clip_id": names, "parent_id": names, "recording_id": names, "media": names,
        "session": [f"session-{s:02d}" for s in session], "entities": [[f"speaker:{s}"] for s in speaker],
        "label": [name_of(s) for s in speaker], "start": np.zeros(speaker.size), "end": duration,
    })  # fmt: skip


def _with_wrong_labels(rows: pl.DataFrame, speaker: Ints, rng: np.random.Generator) -> pl.DataFrame:
    wrong = (rng.random(speaker.size) < WRONG) & (rows["split"] == "train").to_numpy()
    other = (speaker + rng.integers(1, SPEAKERS, speaker.size)) % SPEAKERS
    return rows.with_columns(label=pl.Series([name_of(s) for s in np.where(wrong, other, speaker)]))


def name_of(speaker: int) -> str:
    return f"speaker-{speaker}"
