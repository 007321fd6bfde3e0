from __future__ import annotations

import re
from dataclasses import replace

from avcur.impact.report.cost import cost
from tests.impact.report.rich_study import a_comparison, a_table, rich_study


def test_what_is_on_the_front_is_drawn_last_and_larger() -> None:
    table = a_table()
    alike = tuple(replace(arm, mean=0.7, kept_hours=0.3 + 0.01 * i) for i, arm in enumerate(table.arms))
    text = cost(rich_study(comparisons=(a_comparison(tables=(replace(table, arms=alike),)),)))
    marks = re.findall(r'<circle class="mark([^"]*)" cx="[^"]+" cy="[^"]+" r="(\d+)"', text)
    assert [look for look, _ in marks] == [" open"] * (len(alike) - 1) + [""]
    assert int(marks[-1][1]) > int(marks[0][1])
