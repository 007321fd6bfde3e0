from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest

from avcur.impact.report.gallery import chosen, shelves
from avcur.impact.report.gallery_page import gallery
from avcur.impact.study import Study
from tests.helpers.tables import clip
from tests.impact.report.fake_clips import ODD, corpus_of, playable, study_of, variant_of


@pytest.fixture
def graded(tmp_path: Path) -> tuple[Study, Path]:
    """60 sounds with an snr of 0 to 59; two filters reject those below 40 and below 20."""
    rows = [clip(f"c{n:03d}") for n in range(60)]
    corpus = corpus_of(rows, {"snr": {f"c{n:03d}": n for n in range(60)}}, tmp_path / "measured")
    variants = {
        "strict": variant_of(corpus, tmp_path / "variants", "strict", {"snr": {"min": 40}}),
        "lenient": variant_of(corpus, tmp_path / "variants", "lenient", {"snr": {"min": 20}}),
    }
    return study_of(tmp_path / "study", variants), tmp_path / "study"


def test_each_clip_is_shown_once_with_what_every_filter_made_of_it(graded: tuple[Study, Path]) -> None:
    found, gone = shelves(*graded)
    assert ([shelf.label for shelf in found], gone) == (["strict", "lenient"], [])
    sections = chosen(found, 40)
    ids = [shown.row["clip_id"] for section in sections for shown in section.clips]
    assert len(ids) == len(set(ids))
    assert 25 <= len(ids) <= 40
    assert {section.label for section in sections} == {"strict", "lenient"}
    middle = next(shown for s in sections for shown in s.clips if 20 <= int(shown.row["clip_id"][1:]) < 40)
    assert [(v.label, v.reason) for v in middle.verdicts] == [("strict", "snr < 40"), ("lenient", None)]


def test_rejected_clips_are_two_thirds_and_go_from_the_nearest_miss(graded: tuple[Study, Path]) -> None:
    kept, rejected = chosen(shelves(*graded)[0][:1], 30)
    assert (len(kept.clips), len(rejected.clips)) == (10, 20)
    assert rejected.reason == "snr < 40"
    numbers = [int(shown.row["clip_id"][1:]) for shown in rejected.clips]
    assert (numbers[0], numbers[-1]) == (39, 0)
    assert numbers == sorted(numbers, reverse=True)


def test_each_filters_rejections_are_read_as_often_whatever_the_number_of_filters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [clip(f"c{n:03d}") for n in range(60)]
    corpus = corpus_of(rows, {"snr": {f"c{n:03d}": n for n in range(60)}}, tmp_path / "measured")
    bounds = range(10, 50, 10)
    variants = {
        f"at {m}": variant_of(corpus, tmp_path / "variants", f"snr{m}", {"snr": {"min": m}}) for m in bounds
    }  # fmt: skip
    found, _ = shelves(study_of(tmp_path / "study", variants), tmp_path / "study")
    assert len({id(shelf.signals) for shelf in found}) == 1, "what was measured is read once"
    read = pl.read_parquet
    opened: list[str] = []

    def counting(path: Path, **given: Any) -> pl.DataFrame:
        opened.append(Path(path).name)
        return read(path, **given)

    monkeypatch.setattr(pl, "read_parquet", counting)
    reads = []
    for some in (found[:2], found):
        opened.clear()
        chosen(some, 40)
        reads.append(opened.count("rejected.parquet") / len(some))
    assert reads[0] == reads[1] <= 3


def test_filters_that_keep_the_very_same_clips_are_both_named(tmp_path: Path) -> None:
    rows = [clip(f"c{n:03d}") for n in range(20)]
    corpus = corpus_of(rows, {"snr": {f"c{n:03d}": n for n in range(20)}}, tmp_path / "measured")
    variants = {
        name: variant_of(corpus, tmp_path / "variants", name, {"snr": {"min": bound}})
        for name, bound in (("strict", 10), ("half", 9.5))
    }
    assert len({variant.id for variant in variants.values()}) == 1
    found, _ = shelves(study_of(tmp_path / "study", variants), tmp_path / "study")
    assert [shelf.label for shelf in found] == ["strict", "half"]
    shown = next(shown for section in chosen(found, 20) if section.reason for shown in section.clips)
    assert [(v.label, v.reason) for v in shown.verdicts] == [("strict", "snr < 10"), ("half", "snr < 9.5")]


def test_clips_under_two_conditions_are_judged_apart_and_headed_by_their_condition(graded: tuple[Study, Path]) -> None:
    study, study_dir = graded
    whole = study.comparisons[0]
    parts = [
        replace(whole, condition={"train_share": share}, cards={name: whole.cards[name]})
        for share, name in ((0.3, "strict"), (0.6, "lenient"))
    ]
    study = replace(study, comparisons=tuple(parts))
    for section in chosen(shelves(study, study_dir)[0], 40):
        assert all([v.label for v in shown.verdicts] == [section.label] for shown in section.clips)
    heads = re.findall("<summary><b>([^<]+)</b> ([^<]+)</summary>", gallery(study, study_dir, study_dir, 40))
    assert [(name, "30 %" in about, "60 %" in about) for name, about in heads] == [
        ("strict", True, False), ("lenient", False, True),
    ]  # fmt: skip


@pytest.mark.parametrize("most", [1, 2, 7])
def test_the_number_of_thumbnails_is_never_exceeded(graded: tuple[Study, Path], most: int) -> None:
    text = gallery(*graded, graded[1], most)
    assert 1 <= text.count("<figure>") <= most


def test_none_can_be_asked_for(graded: tuple[Study, Path]) -> None:
    assert "No clips were asked for" in gallery(*graded, graded[1], 0)


def test_variants_that_are_gone_are_named_and_the_others_shown(graded: tuple[Study, Path], tmp_path: Path) -> None:
    folder = next((tmp_path / "variants" / "unlabelled").glob("strict-*"))
    shutil.rmtree(folder)
    text = gallery(*graded, graded[1], 10)
    assert f"no longer where they were made: {folder}" in text
    assert "<figure>" in text
    shutil.rmtree(tmp_path / "variants")
    assert "<figure>" not in gallery(*graded, graded[1], 10)


def test_without_the_measured_clips_there_are_pictures_but_no_scores(
    graded: tuple[Study, Path], tmp_path: Path
) -> None:
    assert "<td>snr</td>" in gallery(*graded, graded[1], 10)
    shutil.rmtree(tmp_path / "measured")
    text = gallery(*graded, graded[1], 10)
    assert "<figure>" in text
    assert "<td>snr</td>" not in text


def test_files_that_are_there_can_be_played_and_names_are_escaped(
    tmp_path: Path,
) -> None:
    page_dir = tmp_path / "out"
    text = gallery(*playable(tmp_path), page_dir, 10)
    assert text.count("<figure>") == 3
    assert text.count('src="data:image/jpeg') == 1
    assert ODD not in text
    assert "&lt;img" in text
    players = re.findall(r'<(video|audio) controls preload="none" src="([^"]+)#t=0.00,(\d.\d\d)">', text)
    assert sorted((kind, end) for kind, _, end in players) == [("audio", "1.00"), ("video", "1.20")]
    assert all((page_dir / unquote(source)).resolve().is_file() for _, source, _ in players)
    assert '<tr class="why"><td>snr</td><td>5</td></tr>' in text
