"""Label defects: training rows alone, true label kept as truth, no class favoured."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from avcur.defects.labels import LabelPlanter
from avcur.defects.plant import plant_labels
from avcur.defects.wrong_audio_type import WrongAudioType
from avcur.defects.wrong_speaker import WrongSpeaker
from avcur.defects.wrong_speaking import WrongSpeaking
from avcur.errors import UserError

PLANTERS: dict[str, LabelPlanter] = {
    "wrong_speaker": WrongSpeaker(rate=0.3),
    "wrong_audio_type": WrongAudioType(rate=0.3),
    "wrong_speaking": WrongSpeaking(rate=0.3),
}


def rows(count: int = 1200) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "clip_id": [f"c{k}" for k in range(count)],
            "split": [("train", "train", "val", "test")[k % 4] for k in range(count)],
            "label": [f"spk{k % 5}" for k in range(count)],
            "speaking": [[True, False, True] if k % 3 else None for k in range(count)],
            "duration": [float(k) for k in range(count)],
        },
        schema_overrides={"speaking": pl.List(pl.Boolean)},
    )


def test_only_training_labels_change_and_the_truth_restores_them() -> None:
    clean = rows()
    planted, truth = plant_labels(clean, "speaker_id", PLANTERS, seed=0)
    assert planted.schema == clean.schema
    assert planted.drop("label").equals(clean.drop("label"))
    changed = clean.filter(planted["label"] != clean["label"])
    assert set(changed["split"]) == {"train"}
    assert changed["clip_id"].to_list() == truth["clip_id"].to_list()
    assert changed["label"].to_list() == truth["detail"].to_list()
    assert set(truth["defect"]) == {"wrong_speaker"}
    assert len(truth) == pytest.approx(180, abs=40)


def test_wrong_labels_are_spread_over_the_other_classes() -> None:
    clean = rows(6000)
    planted, _ = plant_labels(clean, "speaker_id", {"wrong_speaker": WrongSpeaker(rate=1.0)}, seed=0)
    table = clean.with_columns(planted["label"].alias("given")).filter(pl.col("split") == "train")
    counts = table.group_by("label", "given").len()
    assert len(counts) == 5 * 4
    assert not table.filter(pl.col("label") == pl.col("given")).height
    assert counts["len"].min() > 0.7 * counts["len"].max()  # type: ignore[operator]


def test_speaking_labels_are_inverted_and_null_ones_left() -> None:
    planted, truth = plant_labels(rows(), "active_speaker", {"wrong_speaking": WrongSpeaking(rate=1.0)}, seed=0)
    train = planted.filter(pl.col("split") == "train")
    assert {tuple(s) if s is not None else None for s in train["speaking"].to_list()} == {(False, True, False), None}
    assert set(truth["detail"]) == {"101"}
    assert len(truth) == train["speaking"].is_not_null().sum()


def test_pure_and_seeded_by_clip() -> None:
    whole, _ = plant_labels(rows(), "speaker_id", PLANTERS, seed=0)
    again, _ = plant_labels(rows(), "speaker_id", PLANTERS, seed=0)
    other, _ = plant_labels(rows(), "speaker_id", PLANTERS, seed=1)
    part, _ = plant_labels(rows()[400:800], "speaker_id", PLANTERS, seed=0)
    assert whole.equals(again)
    assert not whole.equals(other)
    assert part.equals(whole[400:800])


@pytest.mark.parametrize("planters", [{}, {"wrong_audio_type": WrongAudioType(rate=1.0)}])
def test_planters_of_other_tasks_do_nothing(planters: dict[str, Any]) -> None:
    planted, truth = plant_labels(rows(), "speaker_id", planters, seed=0)
    assert planted.equals(rows())
    assert not len(truth)


def test_two_planters_for_one_task_are_refused() -> None:
    with pytest.raises(UserError, match="speaker_id"):
        plant_labels(rows(), "speaker_id", {"a": WrongSpeaker(rate=0.1), "b": WrongSpeaker(rate=0.2)}, seed=0)
