"""Variants on disk as a study's runs name them, with media that can be shown and played."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur.corpus import Corpus
from avcur.filters.filter import Filter
from avcur.impact.study import Study
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.variants.build import VariantBuilder
from avcur.variants.variant import Variant
from tests.helpers.media import audio_file, numbered_video, tone
from tests.helpers.tables import clip, clips, measured, speaker_corpus
from tests.impact.report.rich_study import a_comparison, rich_study

ODD = '<img src=x onerror="alert(1)"> & 東京'


def corpus_of(rows: list[dict[str, Any]], values: dict[str, dict[str, Any]], root: Path) -> Corpus:
    recordings = pl.DataFrame({
        "recording_id": [row["recording_id"] for row in rows], "state": "ok", "reason": None,
        "path": [row.pop("path", "gone.mp4") for row in rows],
    })  # fmt: skip
    corpus = replace(
        speaker_corpus(), recordings=recordings, clips=clips(rows), signals=measured(values), truth=None
    )  # fmt: skip
    return corpus.save(root, {})


def variant_of(corpus: Corpus, root: Path, name: str, rules: dict[str, Any]) -> Variant:
    body = {"name": name, "rules": rules}
    builder = VariantBuilder(corpus, GroupDisjoint(), dict.fromkeys(rules, "sound"), root, recipe={"filter": body})
    return builder.build(Filter.parse(body), None)


def study_of(root: Path, variants: dict[str, Variant]) -> Study:
    """A study whose runs name the folders of `variants`."""
    root.mkdir(parents=True)
    cards = {name: variant.card for name, variant in variants.items()}
    folders = {name: str(variant.directory) for name, variant in variants.items()}
    return rich_study(comparisons=(a_comparison(cards=cards, folders=folders),))


def playable(root: Path) -> tuple[Study, Path]:
    """A video, a sound with an odd name, and a clip whose file is gone."""
    video, sound = numbered_video(root / "a.mp4", 30), audio_file(root / "b & c.wav", tone(1.0))
    rows = [
        {**clip("a", has_picture=True, end=1.2), "path": str(video)},
        clip("b", recording_id=ODD, label=ODD, end=1.0, audio_path=str(sound)),
        clip("c", end=1.0, audio_path=str(root / "gone.wav")),
    ]
    corpus = corpus_of(rows, {"snr": {"a": 5.0, "b": 30.0, "c": 1.0}}, root / "measured")
    variant = variant_of(corpus, root / "variants", "strict", {"snr": {"min": 10}})
    return study_of(root / "study", {"strict": variant}), root / "study"
