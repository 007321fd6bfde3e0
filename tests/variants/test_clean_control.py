"""Sets as large as a filter's, drawn from clips without faults, and filters that are given a share of the clips."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.defects.wrong_speaker import WrongSpeaker
from avcur.filters.filter import Filter
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS
from avcur.variants.build import VariantBuilder
from avcur.variants.clean_control import on_the_same_side, stand_ins
from avcur.variants.train_share import OUTSIDE
from avcur.variants.variant import Variant
from tests.helpers.tables import speaker_corpus

TASK = TASKS["speaker_id"]
NONE, STRICT, ORACLE = (
    Filter.parse(body)
    for body in (
        {"name": "none"},
        {"name": "strict", "rules": {"snr": {"min": 10}}},
        {"name": "oracle", "arm": "oracle", "select": [{"_target_": "avcur.filters.select.Clean"}]},
    )
)


@pytest.fixture
def builder(tmp_path: Path) -> VariantBuilder:
    """Every fifth recording is noisy; the same media without noise is another corpus, of other bytes."""
    return VariantBuilder(speaker_corpus(), GroupDisjoint(), {"snr": "sound"}, tmp_path, clean=untouched)


def untouched() -> Corpus:
    noisy = speaker_corpus()
    changed = pl.col("recording_id").is_in(noisy.truth["recording_id"].to_list())  # type: ignore[index]
    clips = noisy.clips.with_columns(content_key=pl.when(changed).then(pl.lit("clean")))
    return replace(noisy, key="untouched", clips=clips, truth=None)


def trained(variant: Variant, *columns: str) -> list[Any]:
    return variant.rows("train").select(columns).rows()


def test_a_clean_control_draws_from_the_media_without_defects(builder: VariantBuilder) -> None:
    strict, raw = builder.build(STRICT, TASK), builder.build(NONE, TASK)
    drawn = [builder.build(STRICT.control("clean", k), TASK) for k in range(4)]
    for clean in drawn:
        assert (clean.arm, clean.filter_name, clean.card["control"]["variant_id"]) == (
            "clean",
            "clean_strict",
            strict.id,
        )
        assert (
            clean.rows("train")["label"]
            .value_counts()
            .sort("label")
            .equals(strict.rows("train")["label"].value_counts().sort("label"))
        )
        assert clean.card["control"]["residual"]["hours_share"] < 0.01
        assert set(clean.rows("train")["clip_id"]) <= set(raw.rows("train")["clip_id"])
        for split in ("val", "test"):
            assert clean.rows(split).equals(raw.rows(split)), "the test is that of the planted corpus for every arm"
        assert clean.clean_test == raw.clean_test
        groups = dict(raw.clips.select("recording_id", "group").iter_rows())
        assert all(groups[recording] == group for recording, group in trained(clean, "recording_id", "group"))
    noisy = set(builder.corpus.truth["recording_id"])  # type: ignore[index]
    bytes_of = dict(row for clean in drawn for row in trained(clean, "recording_id", "content_key"))
    spoilt_once = set(bytes_of) & noisy
    assert spoilt_once, "recordings that are noisy in the planted corpus are among them"
    assert {bytes_of[recording] for recording in spoilt_once} == {"clean"}
    assert len({clean.id for clean in drawn}) == 4
    assert builder.build(NONE.control("clean", 0), TASK).id == raw.id


def test_a_clean_control_of_a_label_defect_has_true_labels_of_all_clips(builder: VariantBuilder) -> None:
    faulty = replace(builder, clean=None, label_planters={"wrong_speaker": WrongSpeaker(rate=0.5)})
    oracle = faulty.build(ORACLE, TASK)
    spoken = dict(builder.corpus.clips.select("clip_id", "speaker").iter_rows())
    observed = dict(trained(faulty.build(NONE, TASK), "clip_id", "label"))
    restored = set()
    for k in range(5):
        clean = faulty.build(ORACLE.control("clean", k), TASK)
        labels = dict(trained(clean, "clip_id", "label"))
        assert all(spoken[clip] == label for clip, label in labels.items())
        assert len(labels) == len(oracle.rows("train"))
        restored |= {clip for clip, label in labels.items() if observed[clip] != label}
    assert restored, "clips whose label was falsified are drawn too, with the true one"


def test_a_share_of_the_training_rows_is_what_every_arm_is_given(builder: VariantBuilder) -> None:
    third = replace(builder, train_share=1 / 3, seed=2, condition={"train_share": 1 / 3})
    whole, raw, oracle = builder.build(NONE, TASK), third.build(NONE, TASK), third.build(ORACLE, TASK)
    control, clean = (third.build(ORACLE.control(kind, 0), TASK) for kind in (True, "clean"))
    inside = set(raw.rows("train")["clip_id"])
    assert len(inside) == pytest.approx(len(whole.rows("train")) / 3, abs=3)
    for arm in (oracle, control, clean):
        assert set(arm.rows("train")["clip_id"]) <= inside
        assert arm.rows("test").equals(whole.rows("test"))
        assert arm.classes == whole.classes
        rejected = pl.read_parquet(arm.directory / "rejected.parquet")
        assert len(rejected.filter(reason=OUTSIDE)) == len(whole.rows("train")) - len(inside)
        assert arm.card["funnel"][0]["clips"] == len(builder.corpus.clips)
        assert sum(row["clips"] for row in arm.card["funnel"][1:]) == len(builder.corpus.clips)
    assert control.card["control"]["filter"] == clean.card["control"]["filter"] == "oracle"
    assert raw.card["condition"] == {"train_share": 1 / 3}
    assert raw.id != replace(third, seed=3).build(NONE, TASK).id


def test_recordings_on_two_sides_or_of_no_clip_lend_nothing() -> None:
    rows = pl.DataFrame({
        "clip_id": ["a1", "b1", "b2", "c1", "d1"],
        "recording_id": ["a", "b", "b", "c", "d"],
        "split": ["train", "train", "test", "test", "train"],
        "group": ["ga", "gb", "gb", "gc", "gd"],
    })  # fmt: skip
    clean = pl.DataFrame({
        "clip_id": ["a1", "a2", "b1", "c1", "d1", "e1"], "recording_id": ["a", "a", "b", "c", "d", "e"],
        "split": ["test"] * 6, "group": ["x"] * 6,
    })  # fmt: skip
    found = on_the_same_side(clean, rows.filter(pl.col("clip_id").is_in(["a1", "b1"])), rows)
    assert found.select("clip_id", "split", "group").rows() == [("a1", "train", "ga"), ("a2", "train", "ga")]


def test_stand_ins_are_of_the_same_label_and_nearly_as_long() -> None:
    def clips(**seconds: tuple[str, float]) -> pl.DataFrame:
        return pl.DataFrame(
            [{"clip_id": c, "label": label, "start": 0.0, "end": s} for c, (label, s) in seconds.items()]
        )

    candidates = clips(p=("a", 1.0), q=("a", 2.0), r=("a", 3.0), s=("b", 2.1))
    assert stand_ins(candidates, clips(x=("a", 2.9), y=("a", 1.1)))["clip_id"].to_list() == ["p", "r"]
    short_of_b = stand_ins(candidates, clips(x=("b", 2.0), y=("b", 1.9)))
    assert short_of_b["clip_id"].to_list() == ["q", "s"], "of another label only where its own has none left"
    assert len(stand_ins(candidates, clips(**{f"x{n}": ("a", 1.0) for n in range(9)}))) == 4
