from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from avcur.impact.choice import chosen_on_validation
from avcur.impact.compare import compare_study
from avcur.impact.headlines import choice, headline
from avcur.impact.study import Comparison
from tests.impact.fake_study import FakeStudy, edit, result_of

NAMES = ("snr=2", "snr=10", "snr=20")


def compared(root: Path) -> Comparison:
    (comparison,) = compare_study(root, num_resamples=100).comparisons
    return comparison


def fake(root: Path, gains: tuple[float, float, float] = (0.1, 0.3, 0.9), task: str = "speaker_id") -> Path:
    named = {task: {"raw": 0.0, **dict(zip(NAMES, gains, strict=True))}}
    return FakeStudy((task,), NAMES, (0, 1, 2), groups=6, per_group=10, gains=named).write(root)


def set_val(root: Path, filter_: str, value: float | None) -> None:
    for path in root.glob("*/*/curated-*/seed*/result.json"):
        data = result_of(path)
        if data["variant_id"].startswith(filter_):
            edit(path, metrics={**data["metrics"], "val/accuracy": value})


def test_validation_chooses_and_test_only_reports(tmp_path: Path) -> None:
    root = fake(tmp_path)
    set_val(root, "snr=10", 0.99)  # on test snr >= 20 is far better
    comparison = compared(root)
    chosen, table = comparison.chosen, comparison.test
    assert chosen is not None
    assert table is not None
    assert (chosen.label, chosen.num_candidates) == ("snr >= 10", 3)
    assert chosen.val == pytest.approx(0.99)
    rows = {row.label: row for row in table.rows}
    assert chosen.effect == rows["snr >= 10"].vs_control
    best = max(rows.values(), key=lambda row: row.vs_control.estimate if row.vs_control else 0.0)
    assert best.label == "snr >= 20"
    assert "Chosen on validation among 3: snr >= 10 (accuracy 0.990, raw 0.500); on test " in choice(comparison)


def test_where_keeping_everything_is_as_good_on_validation_the_choice_says_so(tmp_path: Path) -> None:
    root = fake(tmp_path)
    for name in NAMES:
        set_val(root, name, 0.4)
    comparison = compared(root)
    assert "(accuracy 0.400, raw 0.500: no filter beats keeping everything)" in choice(comparison)
    set_val(root, "snr=2", 0.9)
    assert "no filter beats" not in choice(compared(root))


def test_of_equal_ones_the_first_by_name_is_chosen(tmp_path: Path) -> None:
    root = fake(tmp_path)
    for name in NAMES:
        set_val(root, name, 0.5)
    chosen = compared(root).chosen
    assert chosen is not None
    assert chosen.label == "snr >= 10"


def test_one_run_without_validation_and_nothing_is_chosen(tmp_path: Path) -> None:
    root = fake(tmp_path)
    path = next(root.glob("*/*/curated-*/seed1/result.json"))
    metrics = json.loads(path.read_text())["metrics"]
    del metrics["val/accuracy"]
    edit(path, metrics=metrics)
    assert compared(root).chosen is None
    assert choice(compared(root)) == ""


def test_one_filter_is_no_choice_and_the_oracle_is_no_candidate(tmp_path: Path) -> None:
    root = FakeStudy(("speaker_id",), ("strict", "oracle"), (0, 1, 2), groups=6, per_group=10).write(tmp_path)
    assert compared(root).chosen is None


def test_errors_are_better_where_they_are_fewer(tmp_path: Path) -> None:
    comparison = compared(fake(tmp_path))
    table = comparison.test
    assert table is not None
    vals = {"snr >= 2": 0.1, "snr >= 10": 0.2, "snr >= 20": 0.3}
    rows = tuple(replace(row, val=vals[row.label]) for row in table.rows)
    for metric, label in (("accuracy", "snr >= 20"), ("eer", "snr >= 2")):
        chosen = chosen_on_validation(replace(table, metric=metric, rows=rows))
        assert chosen is not None
        assert chosen.label == label


def test_the_headline_of_a_sweep_counts_and_names_no_winner(tmp_path: Path) -> None:
    said = headline(compared(fake(tmp_path, (0.0, 0.0, 1.5))))
    assert "of 3 filters" in said.lower()
    assert "snr" not in said
