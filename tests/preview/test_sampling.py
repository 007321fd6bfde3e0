from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.filters.filter import Filter
from avcur.preview.sampling import MOST_KEPT, MOST_PER_REASON, MOST_REASONS, groups
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.store.commit import write_parquet
from avcur.variants.build import VariantBuilder
from avcur.variants.variant import Variant
from tests.helpers.tables import clip, clips, measured, speaker_corpus


def corpus_of(values: dict[str, dict[str, Any]]) -> Corpus:
    ids = sorted({clip_id for by_clip in values.values() for clip_id in by_clip})
    return replace(speaker_corpus(), clips=clips([clip(i) for i in ids]), signals=measured(values), truth=None)


def variant_of(corpus: Corpus, root: Path, rules: dict[str, Any]) -> Variant:
    body = {"name": "strict", "rules": rules}
    builder = VariantBuilder(corpus, GroupDisjoint(), dict.fromkeys(rules, "sound"), root, recipe={"filter": body})
    return builder.build(Filter.parse(body), None)


@pytest.fixture
def graded(tmp_path: Path) -> tuple[Variant, Corpus]:
    """200 clips with an snr of 0 to 99.5, of which those below 40 are rejected."""
    corpus = corpus_of({"snr": {f"c{n:03d}": n / 2 for n in range(200)}})
    return variant_of(corpus, tmp_path, {"snr": {"min": 40}}), corpus


def test_kept_clips_come_first_and_all_are_counted(graded: tuple[Variant, Corpus]) -> None:
    kept, rejected = groups(*graded)
    assert (kept.reason, kept.count, len(kept.rows)) == (None, 120, MOST_KEPT)
    assert (rejected.reason, rejected.count, len(rejected.rows)) == ("snr < 40", 80, MOST_PER_REASON)
    assert rejected.signal == "snr"


def test_rejected_clips_go_from_the_nearest_miss_to_the_farthest(graded: tuple[Variant, Corpus]) -> None:
    ids = groups(*graded)[1].rows["clip_id"].to_list()
    assert ids[0] == "c079"
    assert ids[-1] == "c000"
    assert ids == sorted(ids, reverse=True)
    gaps = [int(a[1:]) - int(b[1:]) for a, b in itertools.pairwise(ids)]
    assert max(gaps) - min(gaps) <= 1, "evenly spread"


def test_a_maximum_is_missed_from_above(tmp_path: Path) -> None:
    corpus = corpus_of({"noise": {f"c{n}": n for n in range(9)}})
    (_, rejected) = groups(variant_of(corpus, tmp_path, {"noise": {"max": 3}}), corpus)
    assert rejected.rows["clip_id"].to_list() == ["c4", "c5", "c6", "c7", "c8"]


def test_failures_have_a_group_of_their_own(tmp_path: Path) -> None:
    corpus = corpus_of({"snr": {"a": 50, "b": ("failed", "broken"), "c": ("not_applicable", "no sound")}})
    found = groups(variant_of(corpus, tmp_path, {"snr": {"min": 40}}), corpus)
    assert [(g.reason, g.count, g.signal) for g in found] == [
        (None, 1, None), ("snr failed", 1, "snr"), ("snr not applicable", 1, "snr"),
    ]  # fmt: skip


def test_rare_reasons_are_counted_and_not_shown(graded: tuple[Variant, Corpus]) -> None:
    variant, corpus = graded
    path = variant.directory / "rejected.parquet"
    table = pl.read_parquet(path)
    reasons = [f"reason {n % 30:02d}" if n % 30 else "common" for n in range(len(table))]
    write_parquet(path, table.with_columns(reason=pl.Series(reasons)))
    found = groups(variant, corpus)
    assert sum(group.count for group in found) == 200
    assert sum(len(group.rows) > 0 for group in found) == 1 + MOST_REASONS
    assert len(found) == 31


def test_equal_variants_show_equal_clips(graded: tuple[Variant, Corpus]) -> None:
    first, second = (groups(*graded) for _ in range(2))
    assert [g.rows["clip_id"].to_list() for g in first] == [g.rows["clip_id"].to_list() for g in second]


def test_everything_kept_has_no_rejected_group(tmp_path: Path) -> None:
    corpus = corpus_of({"snr": {"a": 50, "b": 60}})
    assert [g.count for g in groups(variant_of(corpus, tmp_path, {"snr": {"min": 1}}), corpus)] == [2]


def test_nothing_kept_is_said_too(tmp_path: Path) -> None:
    corpus = corpus_of({"snr": {"a": 5, "b": 6}})
    assert [g.count for g in groups(variant_of(corpus, tmp_path, {"snr": {"min": 50}}), corpus)] == [0, 2]
