from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from avcur.impact.compare import compare_study
from avcur.impact.headlines import cautions, headline
from avcur.impact.sentences import Verdict, answers, verdict
from avcur.impact.study import Comparison, Row
from tests.impact.fake_study import FakeStudy


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    root = FakeStudy(("speaker_id",), ("strict",), (0, 1, 2), groups=6, per_group=10).write(tmp_path / "fake")
    return compare_study(root, num_resamples=100).comparisons[0]


def changed(
    comparison: Comparison, estimate: float, p_holm: float, metric: str = "accuracy", count: int = 1
) -> Comparison:
    """Where the first row is repeated with another effect."""
    table = comparison.tables[0]
    row = table.rows[0]
    assert row.vs_control is not None
    effect = replace(row.vs_control, estimate=estimate, low=estimate - 0.01, high=estimate + 0.01, p=0.01)
    rows: tuple[Row, ...] = (replace(row, vs_control=effect, p_holm=p_holm),) * count
    return replace(comparison, tables=(replace(table, metric=metric, rows=rows),))


def told(comparison: Comparison, estimate: float, p_holm: float, metric: str = "accuracy", count: int = 1) -> str:
    return headline(changed(comparison, estimate, p_holm, metric, count))


def test_one_filter_is_told_with_its_size_its_cost_and_its_p(comparison: Comparison) -> None:
    assert told(comparison, 0.1, 0.02) == (
        "strict (65 % of the hours) is better than random sets of its size: "
        "+0.100 accuracy [+0.090, +0.110] (p = 0.020 after Holm)."
    )
    assert "is worse than" in told(comparison, -0.1, 0.02)
    assert "is better than" in told(comparison, -0.1, 0.02, metric="eer")


def test_what_correction_takes_back_is_not_claimed(comparison: Comparison) -> None:
    assert "could not be told from random sets of its size, once corrected" in told(comparison, 0.1, 0.2)


def test_several_filters_are_counted_and_none_is_named(comparison: Comparison) -> None:
    assert told(comparison, 0.1, 0.02, count=3) == "Of 3 filters 3 are better than random sets of their size."
    assert told(comparison, 0.1, 0.2, count=3) == "None of 3 filters could be told from random sets of their size."


def test_what_is_told_from_keeping_everything_is_said_too(comparison: Comparison) -> None:
    table = comparison.tables[0]
    (row,) = table.rows
    assert row.vs_control is not None
    harm = replace(row.vs_control, estimate=-0.36, low=-0.72, high=-0.01)
    worse = replace(comparison, tables=(replace(table, rows=(replace(row, vs_raw=harm),)),))
    assert headline(worse).endswith("; strict against keeping everything −0.360 accuracy [−0.720, −0.010].")
    many = replace(comparison, tables=(replace(table, rows=(replace(row, vs_raw=harm),) * 3),))
    assert headline(many).endswith("; of the arms told from keeping everything 3 do worse and 0 better.")


def test_emptied_classes_and_sets_that_are_hardly_random_are_cautions(comparison: Comparison) -> None:
    assert cautions(comparison) == []
    table = comparison.tables[0]
    arms = tuple(replace(arm, emptied_classes=("s1", "s2")) for arm in table.arms)
    rows = tuple(replace(row, residual={"overlap": (0.94, 1.0)}) for row in table.rows)
    found = cautions(replace(comparison, tables=(replace(table, arms=arms, rows=rows),)))
    assert found == [
        "strict leaves no training clips of s1, s2: their test clips count as errors",
        "strict: its random sets share 94% to 100% of its clips, so that they hardly differ and an effect can hardly "
        "show",
    ]


def test_without_controls_nothing_is_claimed(tmp_path: Path) -> None:
    root = FakeStudy(("speaker_id",), ("strict",), (0, 1), groups=4, per_group=6).write(tmp_path)
    for path in root.glob("*/*/control-*"):
        shutil.rmtree(path)
    (comparison,) = compare_study(root, num_resamples=100).comparisons
    assert headline(comparison).startswith("No arm has matched controls")


@pytest.mark.parametrize(
    ("estimate", "p_holm", "metric", "expected", "in_headline", "in_answer"),
    [
        (0.1, 0.02, "accuracy", "better", "is better than", "is better than"),
        (-0.1, 0.02, "accuracy", "worse", "is worse than", "is worse than"),
        (0.1, 0.02, "eer", "worse", "is worse than", "is worse than"),
        (0.1, 0.2, "accuracy", "taken back", "could not be told", "but not after the correction"),
        (0.001, 0.9, "accuracy", "not told", "could not be told", "could not be told"),
    ],
)
def test_headline_and_answer_claim_the_same(
    comparison: Comparison, estimate: float, p_holm: float, metric: str, expected: Verdict, in_headline: str,
    in_answer: str,
) -> None:  # fmt: skip
    other = changed(comparison, estimate, p_holm, metric)
    table = other.tables[0]
    assert verdict(table.rows[0], table) == expected
    assert in_headline in headline(other)
    assert in_answer in answers(other)[-1]


def test_without_a_test_the_verdict_is_unknown(comparison: Comparison) -> None:
    table = comparison.tables[0]
    assert verdict(replace(table.rows[0], vs_control=None), table) == "unknown"
