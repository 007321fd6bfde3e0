from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from avcur.impact.compare import Study, compare_study
from avcur.impact.sentences import answers, notes
from tests.impact.fake_study import GAINS, FakeStudy, edit


@pytest.fixture(scope="module")
def study(whole_study: Path) -> Study:
    return compare_study(whole_study)


def test_75_runs_and_1000_resamples_take_seconds(whole_study: Path) -> None:
    begin = time.perf_counter()
    assert compare_study(whole_study).num_runs == 75
    assert time.perf_counter() - begin < 15


def test_every_effect_is_there_on_both_test_sets(study: Study) -> None:
    assert study.num_tests == 6
    for comparison in study.comparisons:
        assert [table.name for table in comparison.tables] == ["test", "test_clean"]
        for table in comparison.tables:
            assert [row.label for row in table.rows] == ["strict", "oracle"]
            for row in table.rows:
                assert row.vs_control is not None
                assert row.vs_raw is not None
                assert (row.p_holm is not None) == (table.name == "test")
                assert (row.share is None) == (row.role == "oracle")


def test_planted_gains_come_out(study: Study) -> None:
    by_task = {c.task: {row.label: row for row in c.tables[0].rows} for c in study.comparisons}
    for task, rows in by_task.items():
        for label, row in rows.items():
            assert row.vs_control is not None
            assert row.vs_control.clear == (GAINS[task][label] > 0)
    strict = by_task["speaker_id"]["strict"].share
    assert strict is not None
    assert strict.value == pytest.approx(0.75, abs=0.2)


def test_effects_are_differences_of_the_arms_means(study: Study) -> None:
    for comparison in study.comparisons:
        table = comparison.tables[0]
        means = {arm.label: arm.mean for arm in table.arms}
        for row in table.rows:
            assert row.vs_control is not None
            assert row.vs_raw is not None
            assert row.vs_control.estimate == pytest.approx(means[row.label] - means[f"random, as {row.label}"])
            assert row.vs_raw.estimate == pytest.approx(means[row.label] - means["raw"])


def test_the_same_runs_give_the_same_numbers(whole_study: Path, study: Study) -> None:
    assert compare_study(whole_study) == study
    assert compare_study(whole_study, seed=1) != study


def test_words_say_what_was_found_and_what_could_not_be(study: Study) -> None:
    said = {comparison.task: " ".join(answers(comparison)) for comparison in study.comparisons}
    assert "strict could not be told from random sets" in said["audio_type"]
    assert "8 of 10 such studies" in said["audio_type"]
    assert "strict is better than random sets of its size" in said["speaker_id"]
    assert "of the oracle's gain over raw" in said["speaker_id"]


def test_without_any_effect_the_answer_is_no(tmp_path: Path) -> None:
    none = {"speaker_id": {"raw": 0.0, "strict": 0.0, "oracle": 0.0}}
    root = FakeStudy(tasks=("speaker_id",), cost=0.0, gains=none).write(tmp_path)
    (comparison,) = compare_study(root).comparisons
    assert answers(comparison)[0] == "speaker_id: no effect of choosing clips could be told from zero."
    (strict, _) = comparison.tables[0].rows
    assert strict.share is not None
    assert strict.share.value is None
    assert "not told" in (strict.share.reason or "")


def test_few_controls_are_indicative_and_one_has_no_interval(small_study: Path) -> None:
    (comparison,) = compare_study(small_study).comparisons
    assert "indicative" in " ".join(answers(comparison))
    for seed in (1, 2):
        for path in small_study.glob(f"*/*/control-*/seed{seed}"):
            shutil.rmtree(path)
    (comparison,) = compare_study(small_study).comparisons
    (row,) = comparison.tables[0].rows
    assert row.vs_control is not None
    assert row.vs_control.low is None
    assert row.p_holm is None
    assert "no interval from one reference run" in answers(comparison)[0]


def test_without_controls_the_answer_is_unknown(small_study: Path) -> None:
    for path in small_study.glob("*/*/control-*"):
        shutil.rmtree(path)
    (comparison,) = compare_study(small_study).comparisons
    assert "no arm has matched controls" in answers(comparison)[0]
    assert any("no control runs" in note for note in notes(comparison))


def test_only_one_budget_of_a_model_is_in_the_family(small_study: Path) -> None:
    for path in small_study.glob("speaker_id/ecapa/*/*"):
        copy = small_study / "speaker_id" / "ecapa-epochs" / path.parent.name / path.name
        shutil.copytree(path, copy)
        edit(copy / "result.json", budget={"kind": "epochs", "value": 9})
    study = compare_study(small_study)
    assert study.num_tests == 1
    assert {c.budget[0]: c.primary for c in study.comparisons} == {"epochs": False, "steps": True}
    swapped = compare_study(small_study, primary_budget="epochs")
    assert {c.budget[0]: c.primary for c in swapped.comparisons} == {"epochs": True, "steps": False}


def test_emptied_classes_and_residual_mismatch_are_said(small_study: Path) -> None:
    for path in small_study.glob("*/*/curated-*/*/result.json"):
        edit(path, emptied_classes=["speaker-3"])
    (comparison,) = compare_study(small_study).comparisons
    said = "; ".join(notes(comparison))
    assert "no training clips left of speaker-3" in said
    assert "controls of strict, against it: clips +0 to +0" in said


def test_an_undefined_metric_is_said_and_does_not_crash(tmp_path: Path) -> None:
    import polars as pl

    root = FakeStudy(tasks=("active_speaker",), arms=("strict",), seeds=(0, 1), groups=5, per_group=6).write(tmp_path)
    for path in root.rglob("result.json"):
        table = pl.read_parquet(path.parent / "predictions.parquet")
        table.with_columns(target=pl.lit(0, pl.Int64)).write_parquet(path.parent / "predictions.parquet")
        data = json.loads(path.read_text())
        edit(path, metrics=dict.fromkeys(data["metrics"]))
    (comparison,) = compare_study(root).comparisons
    assert comparison.tables == ()
    assert "undefined" in answers(comparison)[0]
