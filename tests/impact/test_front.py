from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from avcur.impact.compare import compare_study
from avcur.impact.front import front
from avcur.impact.study import Comparison
from tests.impact.fake_study import FakeStudy


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    root = FakeStudy(("speaker_id",), ("strict", "oracle"), (0, 1), groups=5, per_group=8).write(tmp_path)
    return compare_study(root, num_resamples=100).comparisons[0]


def placed(comparison: Comparison, metric: str, hours: dict[str, float | None], means: dict[str, float]) -> Comparison:
    table = comparison.tables[0]
    arms = tuple(
        replace(arm, kept_hours=hours[arm.label], mean=means[arm.label]) for arm in table.arms if arm.label in hours
    )
    return replace(comparison, tables=(replace(table, metric=metric, arms=arms), *comparison.tables[1:]))


def test_an_arm_is_on_the_front_unless_another_is_as_good_with_as_few_hours(comparison: Comparison) -> None:
    hours = {"raw": 4.0, "strict": 2.0, "oracle": 3.0, "random, as strict": 2.0}
    means = {"raw": 0.9, "strict": 0.6, "oracle": 0.8, "random, as strict": 0.5}
    points = front(placed(comparison, "accuracy", hours, means))
    assert [(p.label, p.on_front) for p in points] == [
        ("strict", True), ("random, as strict", False), ("oracle", True), ("raw", True),
    ]  # fmt: skip
    points = front(placed(comparison, "eer", hours, means))  # errors: the fewer, the better
    assert [p.label for p in points if p.on_front] == ["random, as strict"]


def test_arms_of_unknown_hours_are_left_out_and_seconds_are_means(comparison: Comparison) -> None:
    points = front(placed(comparison, "accuracy", {"raw": None, "strict": 2.0}, {"raw": 0.9, "strict": 0.6}))
    assert [(p.label, p.wall) for p in points] == [("strict", 2.5)]
    assert front(replace(comparison, tables=())) == ()
