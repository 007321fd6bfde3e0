"""Small seeded clip and signal tables for tests that query them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from avcur.corpus import Corpus
from avcur.labels import CLIP_SCHEMA
from avcur.signal_table import SIGNAL_SCHEMA, SignalTable
from avcur.sources.base import TRUTH_SCHEMA


def clip(clip_id: str, **values: Any) -> dict[str, Any]:
    """One row of a clip table: a 3 s whole clip of a recording of its own, with sound and no labels."""
    row: dict[str, Any] = dict.fromkeys(CLIP_SCHEMA)
    row.update(
        clip_id=clip_id, recording_id=f"r-{clip_id}", kind="whole", start=0.0, end=3.0, audio_offset=0.0, entities=[],
        media=f"m-{clip_id}", has_picture=False, audio_path=f"{clip_id}.wav",
    )  # fmt: skip
    row.update(values)
    return row


def clips(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=CLIP_SCHEMA)


def measured(values: dict[str, dict[str, Any]]) -> SignalTable:
    """A signal table from signal -> clip -> a number (ok), or (state, reason)."""
    rows = []
    for signal, by_clip in values.items():
        for clip_id, value in by_clip.items():
            state, reason = value if isinstance(value, tuple) else ("ok", None)
            number = None if isinstance(value, tuple) else float(value)
            rows.append((clip_id, signal, state, number, reason, None))
    return SignalTable.of(pl.DataFrame(rows, schema=SIGNAL_SCHEMA, orient="row"))


def hashed(bits: Mapping[str, int]) -> SignalTable:
    """A signal table with a perceptual hash of 64 bits per clip."""
    halves = {"high": 32, "low": 0}
    return measured({
        f"perceptual_hash_{name}": {clip_id: whole >> shift & 0xFFFFFFFF for clip_id, whole in bits.items()}
        for name, shift in halves.items()
    })  # fmt: skip


def speaker_corpus(speakers: int = 6, sessions: int = 4, utterances: int = 5, seed: int = 0) -> Corpus:
    """A measured corpus of utterances with a `snr` signal, of which every fifth recording is planted as noisy."""
    rng = np.random.default_rng(seed)
    rows, snr, noisy = [], {}, []
    for n in range(speakers * sessions * utterances):
        speaker, session = f"s{n % speakers}", f"s{n % speakers}/{n // speakers % sessions}"
        clip_id = f"c{n:04d}"
        rows.append(clip(clip_id, speaker=speaker, session=session, content="speech", end=float(2 + rng.random() * 2)))
        if n % 5 == 0:
            noisy.append((f"r-{clip_id}", "noise", 0.0, "", None))
        snr[clip_id] = 0.0 if n % 5 == 0 else 20.0 + rng.random()
    recordings = pl.DataFrame({"recording_id": [r["recording_id"] for r in rows], "state": ["ok"] * len(rows)})
    truth = pl.DataFrame(noisy, schema=TRUTH_SCHEMA, orient="row")
    return Corpus("key", recordings, clips(rows), measured({"snr": snr}), truth)
