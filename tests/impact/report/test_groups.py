from __future__ import annotations

import re
from dataclasses import replace

from avcur.impact.report.groups import MOST_VALUES, removed
from tests.impact.report.rich_study import a_card, a_comparison, rich_study, strata

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
