from __future__ import annotations

from dataclasses import replace

import pytest

from avcur.impact.report.first_screen import first_screen
from avcur.impact.study import Row, Table
from tests.impact.report.rich_study import a_comparison, a_row, a_table, an_effect, rich_study


def shown(row: Row, table: Table) -> str:
    return first_screen(rich_study(comparisons=(a_comparison(tables=(replace(table, rows=(row,)),), chosen=None),)))


@pytest.mark.parametrize(
    ("change", "look"),
    [
        ({"vs_control": an_effect(0.2), "vs_raw": an_effect(0.2)}, " class=told"),
        ({"vs_control": an_effect(0.0), "vs_raw": an_effect(0.0), "p_holm": 1.0}, ""),
        ({"vs_control": an_effect(0.0), "vs_raw": an_effect(-0.3), "p_holm": 1.0}, " class=warned"),
        ({"vs_control": an_effect(-0.3), "vs_raw": None}, " class=warned"),
    ],
)
def test_a_card_warns_of_harm_and_shows_what_is_told(change: dict[str, object], look: str) -> None:
    assert f"<li{look}><h3>" in shown(a_row("curated", "strict", 0.0, **change), a_table())


def test_classes_without_training_clips_are_warned_of_in_the_card() -> None:
    table = a_table()
    arms = tuple(replace(arm, emptied_classes=("bob",)) if arm.label == "strict" else arm for arm in table.arms)
    text = shown(a_row("curated", "strict", 0.2, vs_raw=an_effect(0.2)), replace(table, arms=arms))
    assert "<li class=warned>" in text
    assert 'class="caution">strict leaves no training clips of bob' in text
