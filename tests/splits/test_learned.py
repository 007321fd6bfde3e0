"""A checkpoint that was trained on what a study tests is refused as a signal."""

from pathlib import Path

import polars as pl
import pytest

from avcur.errors import UserError
from avcur.splits.leakage import check_learned, scope_of
from avcur.weights import LearnedFrom
from tests.helpers.tables import clip, clips

HERE = scope_of({"source": {"_target_": "a.Folder", "root": "x"}})


def rows() -> pl.DataFrame:
    table = clips([clip(c) for c in "abcd"])
    sides = {"a": ("g1", "train"), "b": ("g2", "val"), "c": ("g3", "test"), "d": ("g3", "test")}
    return table.with_columns(
        group=pl.Series([sides[c][0] for c in "abcd"]), split=pl.Series([sides[c][1] for c in "abcd"])
    )


def learned(scope: str = HERE, groups: str = "", recordings: str = "", media: str = "") -> LearnedFrom:
    return LearnedFrom(scope, *(frozenset(names.split()) for names in (groups, recordings, media)))


@pytest.mark.parametrize(
    "of", [learned(groups="g2"), learned(recordings="r-c"), learned(media="m-d"), learned("elsewhere", media="m-d")]
)
def test_what_meets_val_or_test_is_refused(of: LearnedFrom) -> None:
    with pytest.raises(UserError, match="Signal 'sync' comes of a checkpoint that was trained on 1 groups"):
        check_learned(rows(), "Signal 'sync'", of, HERE)


@pytest.mark.parametrize(
    "of", [learned(groups="g1 g9", recordings="r-a", media="m-a m-z"), learned("elsewhere", groups="g2 g3")]
)
def test_training_groups_and_names_of_other_sources_are_fine(of: LearnedFrom) -> None:
    check_learned(rows(), "Signal 'sync'", of, HERE)


def test_names_mean_the_same_in_sources_of_one_class_seed_and_root(tmp_path: Path) -> None:
    assert scope_of({"source": {"_target_": "a.Folder", "root": str(Path("x").resolve()), "label": "z"}}) == HERE
    assert scope_of({"source": {"_target_": "a.Folder", "root": str(tmp_path)}}) != HERE
    assert scope_of({"source": {"_target_": "s.Synthetic", "seed": 0}}) != scope_of(
        {"source": {"_target_": "s.Synthetic", "seed": 1}}
    )


def test_names_mean_the_same_where_the_publisher_gave_them_or_a_seed_made_them() -> None:
    def scope(target: str, **source: object) -> str:
        return scope_of({"source": {"_target_": target, **source}})

    ava = "avcur.sources.ava.source.AvaSource"
    assert scope(ava, root="/disk1") == scope(ava, root="/disk2", video_start=900)
    assert scope("a.Rendered", root="/a", seed=1) == scope("a.Rendered", root="/b", seed=1)
    assert scope("a.Rendered", root="/a", seed=1) != scope("a.Rendered", root="/a", seed=2)
    assert scope("a.Folder", root="/a") != scope("a.Folder", root="/b")
