from __future__ import annotations

import json
from pathlib import Path

import pytest

from avcur.impact.arms import sort_arms
from avcur.impact.collect import collect
from avcur.impact.compare import compare_study
from avcur.impact.report.console import _rich
from avcur.impact.study import Study
from tests.impact.fake_study import FakeStudy, edit, result_of

RULES = ("face_presence", "laplacian_variance", "speech_ratio")
ARMS = ("strict", *(f"strict_{kind}_{rule}" for kind in ("only", "without") for rule in RULES))
SAME = {"strict", *(f"strict_without_{rule}" for rule in RULES)}
"""Filters that keep one set of clips; the other three keep another."""


def set_of(name: str) -> str:
    return "few" if name in SAME else "many"


def ablation(root: Path, seeds: tuple[int, ...] = (0, 1, 2)) -> Path:
    """The seven arms of an ablation of which only two sets of clips differ; so do their random draws."""
    gains = {"speaker_id": {"raw": 0.0} | {name: 0.1 * i for i, name in enumerate(ARMS)}}
    FakeStudy(("speaker_id",), ARMS, seeds, groups=6, per_group=8, gains=gains).write(root)
    for path in root.rglob("result.json"):
        data = result_of(path)
        if data["arm"] == "curated":
            edit(path, variant_id=set_of(data["filter"]), variant_directory=f"variants/{data['filter']}")
        elif data["arm"] == "control":
            matched = set_of(data["control"]["filter"])
            control = {**data["control"], "variant_id": matched}
            edit(path, variant_id=f"{matched}-draw{data['seed']}", control=control)
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ablation(tmp_path_factory.mktemp("ablation"))


@pytest.fixture(scope="module")
def study(root: Path) -> Study:
    return compare_study(root, num_resamples=100)


def test_filters_that_keep_the_same_clips_are_arms_of_their_own(study: Study) -> None:
    (table, _) = study.comparisons[0].tables
    assert {row.label for row in table.rows} == set(ARMS)
    assert [len(arm.seeds) for arm in table.arms] == [3] * (1 + 2 * len(ARMS))
    assert len({arm.arm_id for arm in table.arms}) == len(table.arms)
    assert {row.arm_id for row in table.rows} < {arm.arm_id for arm in table.arms}
    assert set(study.comparisons[0].cards) == set(ARMS)
    assert study.comparisons[0].folders == {name: f"variants/{name}" for name in ARMS}
    assert study.num_tests == len(ARMS)
    assert {stratum.arm_id for stratum in study.comparisons[0].strata} == {row.arm_id for row in table.rows}


def test_each_is_compared_with_its_own_draws_though_they_are_equal_sets(study: Study, root: Path) -> None:
    (runs,) = collect(root).values()
    for treatment in sort_arms(runs).treatments:
        assert treatment.control is not None
        assert {run.control.filter for run in treatment.control.runs if run.control} == {treatment.arm.label}
        assert treatment.control.seeds == (0, 1, 2)
    table = study.comparisons[0].tables[0]
    means = {arm.label: arm.mean for arm in table.arms}
    for row in table.rows:
        assert row.vs_control is not None
        assert row.vs_control.estimate == pytest.approx(means[row.label] - means[f"random, as {row.label}"])


def test_a_note_names_the_filters_that_make_no_difference(study: Study) -> None:
    notes = [note for note in study.comparisons[0].missing if "very same clips" in note]
    assert len(notes) == 2
    assert notes[0].startswith("strict_without_face_presence, strict_without_laplacian_variance, strict_without_speech")
    assert "keep the very same clips as strict: what they ask differently makes no difference here" in notes[0]


def test_a_filter_that_rejects_nothing_is_said_to_keep_what_raw_has(tmp_path: Path) -> None:
    FakeStudy(("speaker_id",), ("strict",), (0, 1), groups=4, per_group=6).write(tmp_path)
    for path in tmp_path.rglob("result.json"):
        data = result_of(path)
        if data["control"]:
            edit(path, control={**data["control"], "variant_id": "raw-speaker_id"})
        else:
            edit(path, variant_id="raw-speaker_id")
    (comparison,) = compare_study(tmp_path, num_resamples=100).comparisons
    assert comparison.missing == ("strict keeps the very same clips as raw: nothing is rejected",)


def test_every_table_has_a_line_of_its_own_for_each(study: Study) -> None:
    comparison = study.comparisons[0]
    shown = list(_rich(comparison, comparison.tables[0], 0.05).columns[1].cells)
    assert [shown.count(name) for name in ARMS] == [1] * len(ARMS)


def test_thresholds_of_one_name_that_keep_the_same_clips_are_points_of_one_curve(tmp_path: Path) -> None:
    gains = {"speaker_id": {"raw": 0.0, "snr=2": 0.1, "snr=3": 0.2}}
    FakeStudy(("speaker_id",), ("snr=2", "snr=3"), (0, 1), groups=4, per_group=6, gains=gains).write(tmp_path)
    for path in tmp_path.rglob("result.json"):
        data = result_of(path)
        if data["arm"] == "curated":
            edit(path, variant_id="both")
        elif data["control"]:
            edit(path, variant_id=f"draw{data['seed']}", control={**data["control"], "variant_id": "both"})
    study = compare_study(tmp_path, num_resamples=100)
    assert [row.label for row in study.comparisons[0].tables[0].rows] == ["snr >= 2", "snr >= 3"]
    (curve,) = study.curves
    table = study.comparisons[0].tables[0]
    means = {arm.label: arm.mean for arm in table.arms}
    for role, words in (("curated", "snr >= {}"), ("control", "random, as snr >= {}")):
        (line,) = [series for series in curve.series if series.role == role]
        assert [point.value for point in line.points] == [means[words.format(x)] for x in (2, 3)]


def test_one_filter_under_two_names_is_one_point_of_a_curve(tmp_path: Path) -> None:
    gains = {"speaker_id": {"raw": 0.0, "snr=2": 0.1, "snr=3": 0.2, "snr=4": 0.2}}
    FakeStudy(("speaker_id",), ("snr=2", "snr=3", "snr=4"), (0, 1), groups=4, per_group=6, gains=gains).write(tmp_path)
    for path in tmp_path.glob("*/*/*snr=4*/*/result.json"):
        data = result_of(path)
        data["card"]["recipe"]["filter"]["rules"]["threshold"]["min"] = 3
        control = data["control"] and {**data["control"], "filter": "again"}
        edit(path, filter="control" if control else "again", card=data["card"], control=control)
    study = compare_study(tmp_path, num_resamples=100)
    labels = [row.label for row in study.comparisons[0].tables[0].rows]
    assert sorted(labels) == ["snr >= 2", "snr >= 3 (snr=3-)", "snr >= 3 (snr=4-)"]
    (curve,) = study.curves
    assert {tuple(p.x for p in series.points) for series in curve.series} == {(2.0, 3.0)}


def test_two_filters_of_one_name_and_set_that_ask_alike_have_labels_of_their_own(tmp_path: Path) -> None:
    root = FakeStudy(("speaker_id",), ("strict", "oracle"), (0, 1), groups=4, per_group=6).write(tmp_path)
    for path in root.glob("*/*/oracle-*/*/result.json"):
        card = result_of(path)["card"]
        card["recipe"]["filter"] = {"name": "strict", "rules": {"speech_ratio": {"min": 0.9, "labels": ["speech"]}}}
        edit(path, arm="curated", filter="strict", variant_id="strict-speaker_id", card=card)
    (runs,) = collect(root).values()
    labels = [treatment.arm.label for treatment in sort_arms(runs).treatments]
    assert len(set(labels)) == 2
    assert all(label.startswith("strict (") for label in labels)


def test_arms_have_the_same_id_under_two_models_which_are_never_compared(tmp_path: Path) -> None:
    for model in ("ecapa", "xvector"):
        FakeStudy(("speaker_id",), ("strict",), (0, 1), groups=4, per_group=6, model={"speaker_id": model}).write(
            tmp_path
        )
    study = compare_study(tmp_path, num_resamples=100)
    assert [comparison.model for comparison in study.comparisons] == ["ecapa", "xvector"]
    assert study.num_tests == 2
    first, second = (comparison.tables[0] for comparison in study.comparisons)
    assert [arm.arm_id for arm in first.arms] == [arm.arm_id for arm in second.arms]
    assert [len(arm.values) for arm in first.arms] == [2, 2, 2]


def test_cards_are_shared_by_the_runs_of_a_filter_and_slim_in_random_sets(root: Path) -> None:
    (runs,) = collect(root).values()
    cards = {id(run.card) for run in runs if run.control is None}
    assert len(cards) == 1 + len(ARMS)
    for run in runs:
        assert ("funnel" in run.card) == (run.control is None)
        if run.control:
            assert set(run.card) == {"condition", "recipe"}
            assert json.loads(run.asks)[0] == run.control.filter
