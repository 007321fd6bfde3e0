from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from avcur.errors import UserError
from avcur.impact.arms import sort_arms
from avcur.impact.collect import collect
from tests.impact.fake_study import edit


def results(study: Path, arm: str) -> list[Path]:
    return sorted(study.glob(f"*/*/{arm}-*/seed*/result.json"))


def test_runs_are_grouped_by_task_model_and_budget(whole_study: Path) -> None:
    found = collect(whole_study)
    assert [(key.task, key.model) for key in found] == [
        ("active_speaker", "light_asd"),
        ("audio_type", "log_mel_cnn"),
        ("speaker_id", "ecapa"),
    ]
    assert [len(runs) for runs in found.values()] == [25, 25, 25]


def test_each_arm_has_its_own_controls(whole_study: Path) -> None:
    for runs in collect(whole_study).values():
        arms = sort_arms(runs)
        assert arms.missing == ()
        assert [arm.role for arm in arms.all()] == ["raw", "curated", "control", "oracle", "control"]
        for treatment in arms.treatments:
            assert treatment.control is not None
            controls = [run.control for run in treatment.control.runs if run.control]
            assert {control.variant_id for control in controls} == {treatment.arm.variant_id}
            assert [control.draw for control in controls] == [0, 1, 2, 3, 4]


def test_an_empty_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="train first"):
        collect(tmp_path)


def test_mixed_recipes_name_the_run_that_differs(small_study: Path) -> None:
    odd = results(small_study, "curated")[1]
    edit(odd, recipe="another")
    with pytest.raises(UserError, match="mixes recipes") as error:
        collect(small_study)
    assert odd.parent.as_posix() in str(error.value)


@pytest.mark.parametrize("arm", ["raw", "control"])
def test_duplicate_runs_are_refused(small_study: Path, arm: str) -> None:
    first = results(small_study, arm)[0].parent
    shutil.copytree(first, first.with_name("again"))
    with pytest.raises(UserError, match="the same"):
        collect(small_study)


def test_a_control_draw_trains_once(small_study: Path) -> None:
    first, second = results(small_study, "control")[:2]
    control = json.loads(second.read_text())["control"]
    edit(second, control=control, seed=0)
    with pytest.raises(UserError, match="same control run") as error:
        collect(small_study)
    assert first.parent.as_posix() in str(error.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, "schema 2"),
        ({"control": {"draw": 1}}, "lacks a field"),
        ({"budget": None}, "lacks a field"),
        ({"arm": "control"}, "does not go with"),
        ({"arm": "best"}, "does not go with"),
        ({"predictions": "gone.parquet"}, "missing"),
        ({"study": "other"}, "the folder of one"),
        ({"seed": "x"}, "cannot be read"),
    ],
)
def test_a_wrong_result_is_named(small_study: Path, changes: dict[str, object], words: str) -> None:
    edit(results(small_study, "raw")[0], **changes)
    with pytest.raises(UserError, match=words):
        collect(small_study)


def test_a_torn_result_is_named(small_study: Path) -> None:
    results(small_study, "raw")[0].write_text('{"schema": 1,')
    with pytest.raises(UserError, match="cannot be read"):
        collect(small_study)


def test_one_draw_under_many_seeds_is_reported(small_study: Path) -> None:
    for path in results(small_study, "control"):
        edit(path, variant_id="one-set")
    (runs,) = collect(small_study).values()
    assert any("3 runs on only 1 different sets" in line for line in sort_arms(runs).missing)


def test_missing_runs_are_reported(small_study: Path) -> None:
    shutil.rmtree(results(small_study, "control")[2].parent)
    for path in results(small_study, "raw"):
        shutil.rmtree(path.parent)
    (runs,) = collect(small_study).values()
    missing = sort_arms(runs).missing
    assert any("no raw runs" in line for line in missing)
    assert any("random, as strict: 2 of 3 runs; no draws with seeds 2" in line for line in missing)


def test_controls_of_nothing_are_left_out_and_reported(small_study: Path) -> None:
    for path in results(small_study, "curated"):
        shutil.rmtree(path.parent)
    (runs,) = collect(small_study).values()
    missing = sort_arms(runs).missing
    assert any("nothing to compare" in line for line in missing)
    assert any("controls matched to strict are left out" in line for line in missing)


def test_thresholds_of_one_filter_are_arms_of_their_own(small_study: Path) -> None:
    paths = results(small_study, "curated")
    edit(paths[2], variant_id="abcdef0123")
    (runs,) = collect(small_study).values()
    arms = sort_arms(runs)
    assert [t.arm.label for t in arms.treatments] == ["strict (abcdef)", "strict (strict)"]
    assert any("strict (abcdef): no control runs" in line for line in arms.missing)


def test_two_raw_variants_are_refused(small_study: Path) -> None:
    edit(results(small_study, "raw")[0], variant_id="older")
    (runs,) = collect(small_study).values()
    with pytest.raises(UserError, match="Two different raw variants"):
        sort_arms(runs)
