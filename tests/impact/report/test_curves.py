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
    assert text.count("<h4>Effect against random sets<") == 2, "shares of the data have none here"
    assert "noise (share of clips)" in text


def test_each_arm_is_a_line_with_its_points_and_whiskers_apart_from_each_other() -> None:
    text = drawn(replace(made()[0], effects=()))
    assert text.count('class="whisker"') == 4 * 4
    assert text.count('class="pin"') == 4 * 4
    moved = re.findall(r'<g class="(\w+)" transform="translate\(([-\d.]+) 0\)">', text)
    assert {role for role, _ in moved} == {"raw", "oracle", "control", "clean"}
    assert len(set(moved)) == len({x for _, x in moved}) == 4, "a line and its points at one place of its own"
    assert "raw, 0.4: 0.550 [0.500, 0.600]; 24.0 min" in text, "a point says its numbers"


def test_higher_values_are_drawn_higher() -> None:
    series = Series("raw", "raw", (Point(0, None, 0.2, None, None), Point(1, None, 0.9, None, None)))
    text = drawn(replace(made()[0], series=(series,), effects=()))
    low, high = (float(y) for y in re.findall(r'class="pin" cx="[\d.]+%" cy="([\d.]+)"', text))
    assert high < low
    assert 'class="whisker"' not in text, "none without intervals"


def test_lines_of_one_role_are_told_apart() -> None:
    one = made()[1].series[0]
    text = drawn(replace(made()[1], series=(one, replace(one, name="other")), effects=()))
    assert text.count("curveline dash0") == 2
    assert text.count("curveline dash1") == 2


@pytest.mark.parametrize("points", [(), (Point(0.2, 1.0, 0.5, 0.4, 0.6),)])
def test_curves_without_points_are_left_out_and_one_point_is_a_bar(points: tuple[Point, ...]) -> None:
    text = drawn(replace(made()[0], series=(Series("raw", "raw", points),), effects=()))
    assert bool(text) == bool(points)
    assert text.count('class="whisker"') == len(points)


def ticks(text: str) -> list[float]:
    return [float(tick.replace("−", "-")) for tick in re.findall(r'text-anchor="end">([^<]+)', text)]


def test_axes_end_where_no_score_or_effect_can_be() -> None:
    wide = Series("raw", "raw", (Point(0, None, 0.9, 0.4, 1.7), Point(1, None, 0.1, -1.6, 0.8)))
    text = drawn(replace(made()[0], series=(wide,), effects=(wide,)))
    scores, effects = text.split("<h4>")[1:]
    assert (min(ticks(scores)), max(ticks(scores))) == (0.0, 1.0)
    assert (min(ticks(effects)), max(ticks(effects))) == (-1.0, 1.0)
    ends = [float(y) for y in re.findall(r'class="whisker"[^>]* y1="([-\d.]+)" y2="[-\d.]+"', scores)]
    assert ends == [138.0, 230.0], "cut at the axis"


def test_points_of_few_runs_are_dots_alone_and_it_is_said() -> None:
    points = (Point(0, None, 0.5, 0.1, 0.9, indicative=True), Point(1, None, 0.6, 0.5, 0.7))
    text = drawn(replace(made()[0], series=(Series("raw", "raw", points),), effects=()))
    assert text.count('class="whisker"') == 1
    assert "fewer than 5 runs" in text
    assert "0.500 [0.100, 0.900]" in text, "the numbers are still told on hovering"
    assert "fewer than 5 runs" not in curves(rich_study())


def test_effects_say_what_they_are_against() -> None:
    one = made()[0].effects[0]
    others = (one, replace(one, name="oracle, against clean sets"), replace(one, name="oracle, against raw"))
    text = drawn(replace(made()[0], effects=others))
    assert "<h4>Effect against random sets, clean sets, raw<" in text
    assert "oracle, against random sets<" in text
    assert "<h4>Effect against raw<" in drawn(replace(made()[0], effects=others[2:]))
