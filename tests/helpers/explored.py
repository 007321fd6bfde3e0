"""Generated clips and signals of every kind that a threshold explorer meets."""

from __future__ import annotations

import numpy as np
import polars as pl

from avcur.signal_table import SignalTable
from avcur.signals.base import Reads

READS: dict[str, Reads] = {
    "snr": "sound", "speech_ratio": "sound", "laplacian_variance": "picture", "num_faces": "picture",
    "face_presence": "picture", "sync_confidence": "both", "duration": "anything",
}  # fmt: skip
CONTENTS = ("speech", "speaking", "music", None)


def explored_clips(count: int, seed: int = 0, speakers: int = 40) -> pl.DataFrame:
    """Training rows: kinds, contents and pictures of all sorts, and a few clips without speaker or class."""
    rng = np.random.default_rng(seed)
    number = pl.Series(rng.integers(0, speakers, count), dtype=pl.Int64)
    content = pl.Series(rng.integers(0, len(CONTENTS), count))
    start = np.round(rng.random(count) * 100, 2)
    clips = pl.DataFrame({
        "clip_id": [f"c{n:07d}" for n in range(count)],
        "recording_id": [f"r{n // 3:07d}" for n in range(count)],
        "kind": rng.choice(["whole", "track", "window", "still"], count, p=[0.4, 0.4, 0.1, 0.1]),
        "start": start,
        "end": start + np.round(1 + rng.random(count) * 9, 2),
        "content": content.replace_strict(dict(enumerate(CONTENTS)), return_dtype=pl.String),
        "has_picture": rng.random(count) < 0.8,
        "known": rng.random(count) < 0.97,
    })  # fmt: skip
    speaker, label = (
        pl.lit(word) + pl.lit(numbers).cast(pl.String) for word, numbers in (("s", number), ("c", number % 7))
    )
    named = {"speaker": pl.when("known").then(speaker), "label": pl.when("known").then(label)}
    return clips.with_columns(**named).drop("known")


def explored_signals(clips: pl.DataFrame, seed: int = 1) -> SignalTable:
    """Bell-shaped, heavy-tailed, whole and bounded signals; some clips failed, not applicable or never measured."""
    rng = np.random.default_rng(seed)
    count = len(clips)
    columns = {
        "snr": np.round(rng.normal(18, 9, count), 1),
        "speech_ratio": rng.beta(6, 1.2, count),
        "laplacian_variance": rng.lognormal(4.5, 1.6, count),
        "num_faces": rng.integers(0, 4, count).astype(np.float64),
        "face_presence": np.where(rng.random(count) < 0.6, 1.0, rng.random(count)),
        "sync_confidence": rng.normal(3, 2, count),
        "duration": (clips["end"] - clips["start"]).to_numpy(),
    }
    measured = [column for name, values in columns.items() for column in _measured(name, values, rng)]
    return SignalTable(clips.select("clip_id").with_columns(measured))


def _measured(name: str, values: np.ndarray, rng: np.random.Generator) -> tuple[pl.Series, pl.Series]:
    """The columns of a signal table: its values, and why there is none."""
    said = ["failed: no sound", "not applicable: no face", None, ""]  # the third: never measured; "": ok
    state = pl.Series(rng.choice(4, len(values), p=[0.02, 0.04, 0.01, 0.93]))
    why = state.replace_strict(dict(enumerate(said)), return_dtype=pl.String)
    return (
        pl.select(pl.when(state == 3).then(pl.Series(values))).to_series().alias(name),
        pl.select(pl.when(state != 3).then(why)).to_series().alias(f"{name}:why"),
    )
