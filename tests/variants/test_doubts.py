from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.defects.wrong_speaker import WrongSpeaker
from avcur.filters.filter import Filter
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS, Task
from avcur.variants.build import VariantBuilder
from avcur.variants.doubts import COLUMNS, CONFIDENCE, RANK, READS, SUSPECT, no_values, values
from tests.helpers.tables import speaker_corpus

TASK = TASKS["speaker_id"]
CONFIDENT = {"name": "confident", "rules": {SUSPECT: {"max": 0, "on_missing": "keep"}}}
STRICT = {"name": "strict", "rules": {"snr": {"min": 10}}}


class Suspicious:
    """Suspects every other training clip; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, pl.DataFrame]] = []

    def __call__(self, task: Task, rows: pl.DataFrame) -> pl.DataFrame:
        self.asked.append((task.name, rows))
        train = rows.filter(split="train").sort("clip_id").with_row_index()
        judged = train.select(
            "clip_id", (pl.col("index") / len(train)).alias(CONFIDENCE), (pl.col("index") / len(train)).alias(RANK),
            (pl.col("index") % 2).cast(pl.Float64).alias(SUSPECT),
        )  # fmt: skip
        return pl.concat([values(judged), no_values(rows.filter(pl.col("split") != "train")["clip_id"], "held out")])


@pytest.fixture
def doubts() -> Suspicious:
    return Suspicious()


@pytest.fixture
def builder(tmp_path: Path, doubts: Suspicious) -> VariantBuilder:
    known = {"snr": "sound", **READS}
    return VariantBuilder(speaker_corpus(), GroupDisjoint(), known, tmp_path, doubts=doubts)  # type: ignore[arg-type]


def parsed(body: dict[str, Any]) -> Filter:
    return Filter.parse(body)


def test_suspect_training_rows_are_rejected_and_keep_their_doubts(builder: VariantBuilder, doubts: Suspicious) -> None:
    raw, confident = (builder.build(parsed(b), TASK) for b in ({"name": "none"}, CONFIDENT))
    assert len(confident.rows("train")) == -(-len(raw.rows("train")) // 2)
    for split in ("val", "test"):
        assert confident.rows(split).equals(raw.rows(split))
    rejected = pl.read_parquet(confident.directory / "rejected.parquet")
    assert set(rejected["reason"]) == {"label_suspect > 0"}
    assert set(rejected[SUSPECT]) == {1.0}
    assert confident.card["histograms"][CONFIDENCE]["kept"]
    assert ("rejected", "label_suspect > 0") in {(r["stage"], r["reason"]) for r in confident.card["funnel"]}
    assert [name for name, _ in doubts.asked] == ["speaker_id"]


def test_labels_are_doubted_as_they_are_observed(builder: VariantBuilder, doubts: Suspicious) -> None:
    planted = replace(builder, label_planters={"wrong_speaker": WrongSpeaker(rate=1.0)})
    planted.build(parsed(CONFIDENT), TASK)
    ((_, rows),) = doubts.asked
    true = rows.select("clip_id", "split", "label").join(
        builder.corpus.clips.select("clip_id", "speaker"), on="clip_id"
    )
    wrong = true.with_columns(wrong=pl.col("label") != pl.col("speaker"))
    assert wrong.filter(split="train")["wrong"].all()
    assert not wrong.filter(pl.col("split") != "train")["wrong"].any()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_control_and_a_step_ask_too(builder: VariantBuilder, doubts: Suspicious, column: str) -> None:
    matched = {"name": "sure", "rules": {column: {"min": 0.5}}}
    control = builder.build(parsed(matched).control(True, 0), TASK)
    assert len(control.rows("train")) == len(builder.build(parsed(matched), TASK).rows("train"))
    top = {"_target_": "avcur.filters.select.Top", "signal": column, "count": 7}
    assert len(builder.build(parsed({"name": "top", "select": [top]}), TASK).rows("train")) == 7
    assert len(doubts.asked) == 3


def test_other_filters_do_not_ask(builder: VariantBuilder, doubts: Suspicious) -> None:
    builder.build(parsed(STRICT), TASK)
    builder.funnel_of_everything(parsed(STRICT))
    assert not doubts.asked


def test_no_label_is_doubted_without_a_task(builder: VariantBuilder, doubts: Suspicious) -> None:
    clips = builder.corpus.clips
    stern = {"name": "stern", "rules": {CONFIDENCE: {"min": 0.9}, "snr": {"min": 10}}}
    funnel = {(r["stage"], r["reason"]): r["clips"] for r in builder.funnel_of_everything(parsed(stern))}
    assert funnel == {("all", None): len(clips), ("rejected", "snr < 10"): 24, ("kept", None): len(clips) - 24}
    surest = {"_target_": "avcur.filters.select.Top", "signal": RANK, "count": 3}
    loudest = {**surest, "signal": "snr", "count": 30}
    for steps, kept in (([surest], len(clips)), ([surest, loudest], 30)):
        picky = {"name": "picky", "select": steps}
        for filter_ in (parsed(picky), parsed(picky).control(True, 0)):
            assert builder.funnel_of_everything(filter_)[-1]["clips"] == kept
    assert len(builder.build(parsed(CONFIDENT), None).clips) == len(clips)
    assert not len(builder.build(parsed(stern), None).clips)
    assert not doubts.asked
