"""As many annotated and scored rows as AVA's validation set has, in its form, made from a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from avcur.sources.ava.annotations import LABELS, SPEAKING

NUM_ROWS = 781_000
NUM_VIDEOS = 33
NUM_TRACKS = 8_000
SHORTEST = 21
"""Rows of a track."""
SHARES = (0.735, 0.255, 0.01)
"""Of LABELS, as in the training set."""


def make_rows(folder: Path) -> tuple[Path, Path, Path]:
    """Files of the truth, of predictions in its order, and of the same predictions shuffled; kept between runs."""
    paths = tuple(folder / f"{name}_{NUM_ROWS}.csv" for name in ("truth", "predictions", "shuffled"))
    if not all(path.is_file() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        truth, predictions = table(NUM_ROWS, NUM_TRACKS, NUM_VIDEOS)
        shuffled = predictions.sample(fraction=1, shuffle=True, seed=1)
        for path, made in zip(paths, (truth, predictions, shuffled), strict=True):
            made.write_csv(path, include_header=False)
    return paths[0], paths[1], paths[2]


def table(num_rows: int, num_tracks: int, num_videos: int, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Truth and predictions: tracks of 0.04 s steps that lie by video and time, with labels that come in runs."""
    rng = np.random.default_rng(seed)
    length = SHORTEST + rng.multinomial(num_rows - num_tracks * SHORTEST, rng.dirichlet(np.ones(num_tracks)))
    track = np.repeat(np.arange(num_tracks), length)
    step = np.arange(num_rows) - np.repeat(np.cumsum(length) - length, length)
    video = np.sort(rng.integers(0, num_videos, num_tracks))
    start = 900 + rng.integers(0, 880 * 25, num_tracks) * 0.04
    left, width = rng.uniform(0, 0.6, num_tracks), rng.uniform(0.03, 0.35, num_tracks)
    shake = rng.normal(0, 0.001, num_rows)
    speaking = rng.choice(len(LABELS), num_rows, p=SHARES)
    label = np.array(LABELS)[speaking[np.arange(num_rows) // SHORTEST]]
    names = [f"made{number:07d}" for number in range(num_videos)]
    entities = [
        f"{names[v]}_{60 * int(s // 60):04d}_{60 * int(s // 60) + 60:04d}:{i}"
        for i, (v, s) in enumerate(zip(video, start, strict=True))
    ]
    truth = pl.DataFrame(
        {
            "video_id": np.array(names)[video][track],
            "timestamp": np.round(start[track] + 0.04 * step, 2),
            "x1": np.round(left[track] + shake, 6),
            "y1": np.round(0.2 + shake, 6),
            "x2": np.round((left + width)[track] + shake, 6),
            "y2": np.round(0.6 + shake, 6),
            "label": label,
            "entity_id": np.array(entities)[track],
        }
    )
    score = 1 / (1 + np.exp(-2.0 * (label == SPEAKING) + 1.0 - rng.normal(0, 1.0, num_rows)))
    return truth, truth.with_columns(label=pl.lit(SPEAKING), score=pl.Series(score))
