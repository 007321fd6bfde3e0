from __future__ import annotations

import re
from dataclasses import replace

import pytest

from avcur.impact.report.curves import curves
from avcur.impact.study import Curve, Point, Series
from tests.impact.report.rich_study import curves as made
from tests.impact.report.rich_study import rich_study


def drawn(curve: Curve) -> str:
    return curves(rich_study(curves=(curve,)))


def test_every_kind_of_curve_says_what_it_asks_and_what_it_answers() -> None:
    text = curves(rich_study())
    for words in ("How much does the defect cost", "Where should the threshold lie", "How much raw data"):
        assert words in text
    assert "Raw falls by 0.40 from 0 to 60 %" in text
    assert text.count("<h4>Score (test/accuracy)") == 3
    assert text.count("<h4>Effect against controls") == 2, "shares of the data have none here"
    assert "noise (share of clips)" in text


def test_each_arm_is_a_line_with_its_points_and_a_band() -> None:
    text = drawn(replace(made()[0], effects=()))
    assert text.count('class="area"') == 4
    assert text.count('class="pin"') == 4 * 4
    assert set(re.findall(r'<g class="(\w+)">', text)) == {"raw", "oracle", "control", "clean"}
    assert "raw, 0.4: 0.550 [0.500, 0.600]; 24.0 min" in text, "a point says its numbers"


def test_higher_values_are_drawn_higher() -> None:
    series = Series("raw", "raw", (Point(0, None, 0.2, None, None), Point(1, None, 0.9, None, None)))
    text = drawn(replace(made()[0], series=(series,), effects=()))
    low, high = (float(y) for y in re.findall(r'class="pin" cx="[\d.]+%" cy="([\d.]+)"', text))
    assert high < low
    assert 'class="area"' not in text, "no band without intervals"


def test_lines_of_one_role_are_told_apart() -> None:
    one = made()[1].series[0]
    text = drawn(replace(made()[1], series=(one, replace(one, name="other")), effects=()))
    assert text.count("curveline dash0") == 2
    assert text.count("curveline dash1") == 2


@pytest.mark.parametrize("points", [(), (Point(0.2, 1.0, 0.5, 0.4, 0.6),)])
def test_curves_without_points_are_left_out_and_one_point_is_a_bar(points: tuple[Point, ...]) -> None:
    text = drawn(replace(made()[0], series=(Series("raw", "raw", points),), effects=()))
    assert bool(text) == bool(points)
    assert text.count('class="reach"') == len(points)
