"""The published test set is fixed; validation is carved from the published train in whole groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.errors import UserError
from avcur.records import Recording
from avcur.splits.published import Published
from avcur.tasks import TASKS
from tests.helpers.tables import clip, clips

TASK = TASKS["active_speaker"]


def table(train: int = 40, val: int = 10, test: int = 0) -> pl.DataFrame:
    """So many videos of each published side, each with three tracks, of which one speaks."""
    sides = ["train"] * train + ["val"] * val + ["test"] * test
    rows = [
        clip(f"c{n:02d}-{k}", recording_id=f"v{n:02d}", media=f"m{n:02d}", published_split=side)
        for n, side in enumerate(sides)
        for k in range(3)
    ]
    label = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("speaking")).otherwise(pl.lit("not_speaking"))
    return clips(rows).with_columns(label=label)


def sides_of(rows: pl.DataFrame) -> dict[str, set[str]]:
    return {side: set(own["recording_id"]) for (side,), own in rows.group_by("split")}  # type: ignore[misc]


def test_published_val_is_the_test_set_and_validation_comes_of_train() -> None:
    rows = Published(val=0.2)(table(), TASK)
    sides = sides_of(rows)
    assert sides["test"] == {f"v{n:02d}" for n in range(40, 50)}
    assert len(sides["val"]) == 8
    assert len(sides["train"]) == 32
    assert not sides["train"] & sides["val"]
    shares = rows.group_by("split").agg((pl.col("label") == "speaking").mean())["label"]
    assert shares.to_list() == pytest.approx([1 / 3] * 3, abs=0.02)


def test_the_same_seed_carves_the_same_videos_whatever_the_test_set() -> None:
    whole, few = sides_of(Published()(table(), TASK)), sides_of(Published()(table(val=2), TASK))
    shuffled = sides_of(Published()(table().sample(fraction=1.0, shuffle=True, seed=1), TASK))
    assert whole["val"] == few["val"] == shuffled["val"] != sides_of(Published(seed=1)(table(), TASK))["val"]


def test_groups_stay_whole_when_validation_is_carved() -> None:
    rows = table()
    actor = pl.col("recording_id").str.slice(1).cast(pl.Int64) // 4
    linked = rows.with_columns(entities=pl.concat_list(pl.format("face:{}", actor)))
    result = Published(val=0.3)(linked, TASK)
    assert result.group_by("group").agg(pl.col("split").n_unique())["split"].max() == 1
    assert result["group"].n_unique() == 13


def test_where_test_has_labels_each_side_is_what_it_is_called() -> None:
    rows = Published()(table(train=4, val=3, test=2), TASK)
    assert (rows["split"] == rows["published_split"]).all()
    without_val = sides_of(Published(val=0.5)(table(train=4, val=0, test=2), TASK))
    assert {side: len(own) for side, own in without_val.items()} == {"train": 2, "val": 2, "test": 2}


def test_validation_may_be_left_out() -> None:
    assert set(Published(val=0.0)(table(), TASK)["split"]) == {"train", "test"}


def test_rows_without_a_published_side_are_refused_by_name() -> None:
    rows = table(train=3, val=1).with_columns(
        published_split=pl.when(pl.col("recording_id") != "v01").then("published_split")
    )
    with pytest.raises(UserError, match="no split of 1 recordings, such as 'v01'"):
        Published()(rows, TASK)
    with pytest.raises(UserError, match="has only train"):
        Published()(table(val=0), TASK)
    with pytest.raises(UserError, match="has only val"):
        Published()(table(train=0), TASK)


def test_what_is_on_both_published_sides_is_refused_by_name() -> None:
    rows = table(train=3, val=2)
    side = {"v01": "a", "v04": "a"}
    shared = pl.col("recording_id").replace_strict(side, default=None, return_dtype=pl.String)
    copies = rows.with_columns(media=pl.coalesce(shared, "media"))
    alike = rows.with_columns(near_duplicates=shared)
    actors = rows.with_columns(
        entities=pl.when(shared.is_not_null()).then(pl.concat_list(pl.format("face:{}", shared))).otherwise("entities")
    )
    for faulty in (copies, alike, actors):
        with pytest.raises(UserError, match=r"'v01' \(published as train\) and 'v04' \(val\) are of one group"):
            Published()(faulty, TASK)
    assert set(Published()(alike.drop("near_duplicates"), TASK)["split"]) <= {"train", "val", "test"}


def test_near_duplicates_within_train_stay_together() -> None:
    pairs = pl.col("recording_id").str.slice(1).cast(pl.Int64) // 2
    marked = table().with_columns(
        near_duplicates=pl.when(pl.col("published_split") == "train").then(pl.format("set{}", pairs))
    )
    rows = Published(val=0.3)(marked, TASK).drop_nulls("near_duplicates")
    assert rows.group_by("near_duplicates").agg(pl.col("split").n_unique())["split"].max() == 1


@pytest.mark.parametrize("values", [{"unit": "speaker"}, {"val": 1.0}, {"val": -0.1}])
def test_impossible_settings_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"split\."):
        Published(**values)


def test_a_source_without_a_side_is_refused_before_it_is_measured() -> None:
    def recording(name: str, split: str | None) -> Recording:
        return Recording(name, Path(name), split=split)

    Published().check_source([recording("a", "train"), recording("b", "val")])
    with pytest.raises(UserError, match="has only train"):
        Published().check_source([recording("a", "train")])
    with pytest.raises(UserError, match="publishes no split of 1 recordings, such as 'b'"):
        Published().check_source([recording("a", "train"), recording("b", None)])
