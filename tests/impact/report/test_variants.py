from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from avcur.impact.report.variants import MOST_HISTOGRAMS, funnels, histograms, variants_of
from tests.impact.report.rich_study import a_card, a_comparison, a_row, a_table, rich_study

RULES = {"filter": {"rules": {"own": {"signal": "s39", "min": 1}, "s07": {"max": 2}}}}


def carded(number: int, signals: int = 40) -> dict[str, Any]:
    one = {"edges": [0.0, 1.0, 2.0], "kept": [1, 4], "rejected": [3, 0]}
    known = {f"s{i:02d}": one for i in range(signals)}
    return a_card(id=f"id{number}", histograms=known, recipe=RULES)


def names(text: str) -> list[str]:
    return re.findall("<figcaption>([^<]+)", text)


def test_a_few_filters_show_every_signal_those_of_their_rules_first() -> None:
    text = histograms(rich_study(comparisons=(a_comparison(cards={"strict": carded(0)}),)))
    assert names(text)[:3] == ["s39", "s07", "s00"]
    assert len(names(text)) == 40
    assert "more signals" not in text


def test_many_filters_share_what_the_page_can_hold() -> None:
    cards = {f"f{i}": carded(i) for i in range(60)}
    text = histograms(rich_study(comparisons=(a_comparison(cards=cards),)))
    assert len(names(text)) == MOST_HISTOGRAMS
    assert names(text)[:2] == names(text)[8:10] == ["s39", "s07"]
    assert text.count("And 32 more signals") == 60


def test_more_filters_than_histograms_are_counted() -> None:
    cards = {f"f{i}": carded(i, 1) for i in range(MOST_HISTOGRAMS + 5)}
    text = histograms(rich_study(comparisons=(a_comparison(cards=cards),)))
    assert len(names(text)) == MOST_HISTOGRAMS
    assert "And 5 more." in text


def test_equal_variants_of_two_filters_are_two_and_of_two_models_one() -> None:
    table = replace(a_table(), rows=(a_row("curated", "strict", 0.1), a_row("curated", "other", 0.1)))
    card = a_card(funnel=[{"stage": "all", "reason": None, "clips": 9, "hours": 0.1}])
    first = a_comparison(tables=(table,), cards={"strict": card, "other": card})
    study = rich_study(comparisons=(first, replace(first, model="forest")))
    assert [label for _, label, _, _ in variants_of(study)] == ["strict", "other"]
    assert funnels(study).count("<h4>") == 2


def test_one_filter_under_two_conditions_has_two_names() -> None:
    histogram = {"snr": {"edges": [0.0, 1.0], "kept": [1], "rejected": [3]}}
    funnel = [{"stage": "all", "reason": None, "clips": 9, "hours": 0.1}]
    study = rich_study(comparisons=tuple(
        a_comparison(condition={"defect": "noise", "rate": rate},
                     cards={"oracle": a_card(id=str(rate), funnel=funnel, histograms=histogram)})
        for rate in (0.0, 0.4)
    ))  # fmt: skip
    for heads in (re.findall("<h4>(.*?)</h4>", funnels(study)), re.findall("<summary>(.*?)<", histograms(study))):
        assert len(heads) == len(set(heads)) == 2
        assert "no noise planted" in heads[0]
        assert "40 %" in heads[1]
