from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from avcur.impact import strata as strata_module
from avcur.impact.cells import Cell
from avcur.impact.compare import compare_study
from avcur.impact.findings import Stratum
from avcur.impact.strata import MOST
from avcur.impact.study import Comparison
from avcur.metrics.primary import PRIMARY
from tests.impact.fake_study import FakeStudy, edit, result_of


def compared(root: Path) -> Comparison:
    (comparison,) = compare_study(root, num_resamples=100).comparisons
    return comparison


def by_value(comparison: Comparison, column: str) -> dict[str, Stratum]:
    return {stratum.value: stratum for stratum in comparison.strata if stratum.column == column}


def predictions(root: Path) -> list[Path]:
    return sorted(root.rglob("predictions.parquet"))


def rewrite(root: Path, *columns: pl.Expr) -> None:
    for path in predictions(root):
        pl.read_parquet(path).with_columns(*columns).write_parquet(path)


def score_of(path: Path, task: str, **only: str) -> float:
    table = pl.read_parquet(path).filter(*(pl.col(name.replace("_", ":")) == value for name, value in only.items()))
    return PRIMARY[task][1](table["target"].to_numpy(), np.stack(table["scores"].to_list()))


@pytest.mark.parametrize("task", ["speaker_id", "active_speaker", "audio_type"])
def test_the_effect_of_a_value_is_that_of_the_metric_on_its_items(tmp_path: Path, task: str) -> None:
    root = FakeStudy((task,), ("strict",), (0, 1, 2), groups=7, per_group=30).write(tmp_path)
    found = by_value(compared(root), "sex")
    assert list(found) == ["f", "m", "d"]  # by size
    for value in ("f", "m"):
        arms = [
            [
                score_of(path, task, by_sex=value)
                for path in predictions(root)
                if path.parent.parent.name.startswith(arm)
            ]
            for arm in ("curated-", "control-")
        ]
        stratum = found[value]
        assert stratum.effect is not None
        assert stratum.effect.estimate == pytest.approx(np.mean(arms[0]) - np.mean(arms[1]))
        assert stratum.effect.low is not None
        assert (stratum.label, stratum.metric) == ("strict", PRIMARY[task][0])
        assert (stratum.num_items, stratum.num_groups) == {"f": (90, 3), "m": (60, 2)}[value]
    assert [(s.kept, s.all) for s in found.values()] == [(90, 100), (70, 150), (1, 5)]
    assert found["d"].effect is None
    assert "no test items" in found["d"].note


def test_one_class_alone_is_judged_by_the_share_that_is_right_or_not_at_all(tmp_path: Path) -> None:
    for task, metric in (("audio_type", "accuracy"), ("active_speaker", None)):
        root = FakeStudy((task,), ("strict",), (0, 1, 2), groups=6, per_group=16).write(tmp_path / task)
        found = by_value(compared(root), "label")
        assert len(found) > 1
        for stratum in found.values():
            assert stratum.num_items > 0
            assert (stratum.kept, stratum.all) == (None, None)
            if metric is None:
                assert stratum.effect is None
                assert "all of one kind" in stratum.note
            else:
                assert stratum.effect is not None
                assert stratum.metric == metric
                assert abs(stratum.effect.estimate) <= 1


def test_one_test_group_gives_an_estimate_without_an_interval(tmp_path: Path) -> None:
    root = FakeStudy(("speaker_id",), ("strict",), (0, 1, 2), groups=5, per_group=8).write(tmp_path)
    rewrite(root, pl.col("group").alias("by:group_name"))
    for stratum in by_value(compared(root), "group_name").values():
        assert stratum.num_groups == 1
        assert stratum.effect is not None
        assert stratum.effect.low is None
        assert "one test group" in (stratum.effect.note or "")


def test_many_values_are_bounded_and_the_rest_is_counted(tmp_path: Path) -> None:
    root = FakeStudy(("speaker_id",), ("strict",), (0, 1), groups=8, per_group=20).write(tmp_path)
    rewrite(root, (pl.col("item_id").rank("ordinal") % (MOST + 9)).cast(pl.String).alias("by:many"))
    found = by_value(compared(root), "many")
    assert len(found) == MOST + 1
    last = found["(9 others)"]
    assert last.effect is None
    assert sum(stratum.num_items for stratum in found.values()) == 160
    assert last.num_items <= min(s.num_items for s in found.values() if s is not last) * 9


def test_only_curated_arms_and_never_the_splits_groups(tmp_path: Path) -> None:
    root = FakeStudy(("speaker_id",), ("strict", "oracle"), (0, 1), groups=5, per_group=8).write(tmp_path)
    strata = compared(root).strata
    assert {stratum.role for stratum in strata} == {"curated"}
    assert "group" not in {stratum.column for stratum in strata}


def test_runs_from_before_there_were_such_columns_have_retention_alone(tmp_path: Path) -> None:
    root = FakeStudy(("speaker_id",), ("strict",), (0, 1), groups=5, per_group=8).write(tmp_path)
    for path in predictions(root):
        pl.read_parquet(path).drop("by:sex", "by:label").write_parquet(path)
    found = by_value(compared(root), "sex")
    assert {value: (s.kept, s.all, s.effect) for value, s in found.items()} == {
        "f": (90, 100, None), "m": (70, 150, None), "d": (1, 5, None),
    }  # fmt: skip


def test_without_controls_and_without_a_card_it_says_so(tmp_path: Path) -> None:
    root = FakeStudy(("speaker_id",), ("strict",), (0, 1), groups=5, per_group=8).write(tmp_path)
    for path in root.glob("*/*/*/*/result.json"):
        edit(path, card={})
        if result_of(path)["control"]:
            path.unlink()
    strata = compared(root).strata
    assert {stratum.note for stratum in strata} == {"no controls"}


def unique_columns(root: Path) -> Path:
    """A name per clip (of four items each) and per training clip: nobody's group; a label per clip is kept."""
    FakeStudy(("speaker_id",), ("strict",), (0, 1), groups=5, per_group=8).write(root)
    rewrite(root, pl.col("clip_id").alias("by:title"), pl.col("clip_id").alias("by:label"))
    for path in root.rglob("result.json"):
        card = result_of(path)["card"]
        card["retention"]["note"] = {f"note {i}": [1, 1] for i in range(50)}
        edit(path, card=card)
    return root


def test_what_hardly_two_clips_share_is_no_stratum(tmp_path: Path) -> None:
    columns = {stratum.column for stratum in compared(unique_columns(tmp_path)).strata}
    assert columns == {"sex", "label"}


def test_only_the_largest_values_are_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = FakeStudy(("speaker_id",), ("strict",), (0, 1), groups=8, per_group=40).write(tmp_path)
    rewrite(root, (pl.col("item_id").rank("ordinal") % (MOST + 9)).cast(pl.String).alias("by:many"))
    seen: list[tuple[str, str]] = []
    whole = strata_module.score_cells

    def spied(runs: object, found: dict[tuple[str, str], Cell], seed: int) -> object:
        seen.extend(found)
        return whole(runs, found, seed)  # type: ignore[arg-type]

    monkeypatch.setattr(strata_module, "score_cells", spied)
    found = by_value(compared(root), "many")
    assert len([value for column, value in seen if column == "many"]) == MOST
    assert len(found) == MOST + 1
    assert sum(stratum.num_items for stratum in found.values()) == 320
