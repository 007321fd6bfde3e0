"""A generated corpus of any size: clips of many speakers, and signals that lack a value here and there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from avcur.corpus import Corpus
from avcur.labels import CLIP_SCHEMA
from avcur.signal_table import SignalTable

SPEAKERS, CLIPS_A_SESSION = 5_000, 20
NOT_APPLICABLE, FAILED = 0.02, 0.01
"""Shares of the clips without a value of a signal."""


def make_corpus(num_clips: int, num_signals: int, root: Path) -> None:
    """Write the corpus `made` of `num_clips` clips and the signals s00, s01, ... (standard normal)."""
    rng = np.random.default_rng(0)
    clips = _clips(num_clips, rng)
    signals = _signals(clips["clip_id"], num_signals, rng)
    recordings = clips.select("recording_id", state=pl.lit("ok"))
    Corpus("made", recordings, clips, signals, None).save(root, {})


def _clips(num: int, rng: np.random.Generator) -> pl.DataFrame:
    numbers = pl.DataFrame({"n": pl.int_range(num, eager=True)})
    speaker = pl.format("speaker{}", pl.col("n") // CLIPS_A_SESSION % SPEAKERS)
    name = pl.format("clip{}", pl.col("n").cast(pl.String).str.zfill(12))
    known = numbers.select(
        clip_id=name, recording_id=pl.format("r-{}", name), kind=pl.lit("whole"), start=pl.lit(0.0),
        end=pl.Series(2 + 4 * rng.random(num)), audio_offset=pl.lit(0.0), speaker=speaker, content=pl.lit("speech"),
        session=pl.format("session{}", pl.col("n") // CLIPS_A_SESSION), entities=pl.concat_list(speaker),
        media=name, content_key=name, has_picture=pl.lit(True), audio_path=pl.format("media/{}.wav", name),
    )  # fmt: skip
    missing = [pl.lit(None, dtype).alias(c) for c, dtype in CLIP_SCHEMA.items() if c not in known.columns]
    return known.with_columns(missing).select(pl.col(c).cast(dtype) for c, dtype in CLIP_SCHEMA.items())


def _signals(clip_ids: pl.Series, num: int, rng: np.random.Generator) -> SignalTable:
    columns = [clip_ids]
    for n in range(num):
        fate, values = rng.random(len(clip_ids)), rng.standard_normal(len(clip_ids))
        lacks = pl.Series(fate < NOT_APPLICABLE + FAILED)
        why = pl.when(pl.Series(fate < FAILED)).then(pl.lit("failed: OSError: gone"))
        why = why.when(lacks).then(pl.lit("not applicable: no face"))
        both = pl.select(pl.when(~lacks).then(pl.Series(values)).alias(f"s{n:02d}"), why.alias(f"s{n:02d}:why"))
        columns += both.get_columns()
    return SignalTable(pl.DataFrame(columns))
