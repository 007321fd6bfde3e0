from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from avcur.impact.report.groups import MOST_VALUES, removed
from tests.impact.report.rich_study import a_card, a_comparison, an_effect, rich_study, strata

ODD = '<img src=x onerror="alert(1)">'


def shown(**changes: object) -> str:
    return removed(rich_study(comparisons=(a_comparison(**changes),)))


def test_least_kept_comes_first_and_an_emptied_speaker_is_warned_of() -> None:
    text = shown()
    assert re.findall(r'class="name">(\w+)<', text)[:4] == ["bob", "cas", "ann", "dee"]
    assert "0 of 14 · 0%" in text
    assert "strict keeps none of 14 clips of label bob" in text
    assert "2 warnings" in text


def test_effects_stand_beside_what_was_kept_and_missing_ones_say_why() -> None:
    text = shown()
    assert "<b>+0.300</b>" in text
    assert "30 items, 5 groups" in text
    assert "no test items" in text
    assert text.count('class="mark"') == 3


def test_a_card_alone_tells_retention() -> None:
    text = shown(strata=())
    assert "By class" in text
    assert "3 of 17 · 18%" in text
    assert 'class="mark"' not in text


def test_columns_that_are_row_for_row_the_same_are_shown_once() -> None:
    speakers = strata()
    same = tuple(replace(s, column="label") for s in speakers)
    assert re.findall(r"<h4>By ([^<]+) <", shown(strata=(*speakers, *same))) == ["class (= speaker)"]
    other = (replace(same[0], kept=1), *same[1:])
    assert re.findall(r"<h4>By ([^<]+) <", shown(strata=(*speakers, *other))) == ["class", "speaker"]


@pytest.mark.parametrize("change", [{"num_groups": 2}, {"effect": an_effect(0.1, error=0.4)}])
def test_an_interval_that_says_nothing_is_not_drawn_and_does_not_set_the_axis(change: dict[str, Any]) -> None:
    first, *rest = strata()
    wild = replace(first, **{"effect": an_effect(0.1, error=0.2), **change})
    usual, text = shown(), shown(strata=(wild, *rest))
    assert usual.count('class="reach"') == 3
    assert text.count('class="reach"') == 2
    assert text.count("interval not drawn") == 1
    widest = max(float(tick) for tick in re.findall(r'text-anchor="middle">\+([\d.]+)', text))
    assert widest <= 0.3


def test_long_names_break_at_their_underscores() -> None:
    assert "without_<wbr>face_<wbr>presence" in shown(
        strata=strata("without_face_presence"), cards={"without_face_presence": a_card()}
    )


def test_many_values_are_counted_and_names_are_escaped() -> None:
    many = {ODD: (1, 9), **{f"s{i}": (9, 9) for i in range(30)}}
    text = shown(strata=strata(speakers=many))
    assert f"And {31 - MOST_VALUES} more." in text
    assert ODD not in text
    assert "&lt;img" in text


def test_a_value_that_is_not_in_training_is_said_to_be_so() -> None:
    gone = replace(strata()[0], kept=None, all=None)
    assert "not in training" in shown(strata=(gone,))


def test_nothing_is_shown_of_cards_that_count_nothing() -> None:
    assert shown(strata=(), cards={"strict": a_card(retention=None)}) == ""
