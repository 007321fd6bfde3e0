from __future__ import annotations

from dataclasses import replace

from avcur.impact.report.effects import MOST_ROWS, first_rows, overview
from avcur.impact.report.headlines import choice, headline
from avcur.impact.study import Comparison
from tests.impact.report.rich_study import a_comparison, a_row, a_table, an_effect, rich_study


def of_rows(*estimates: float, p: float = 0.01, metric: str = "accuracy") -> Comparison:
    rows = tuple(a_row("curated", f"f{i}", value, p_holm=p) for i, value in enumerate(estimates))
    return a_comparison(tables=(replace(a_table(metric), rows=rows),))


def test_what_was_told_from_zero_is_named_with_its_size() -> None:
    said = headline(of_rows(0.2))
    assert said == "Better in accuracy than random sets of its size: f0 by +0.200 [+0.140, +0.260]."


def test_harm_is_told_as_harm_also_where_lower_is_better() -> None:
    assert headline(of_rows(-0.2)).startswith("Worse in accuracy")
    assert headline(of_rows(-0.2, metric="eer")).startswith("Better in eer")


def test_the_largest_of_many_are_named_and_the_others_counted() -> None:
    said = headline(of_rows(0.1, 0.5, 0.4, 0.3))
    assert "f1 by +0.500" in said
    assert "f0" not in said
    assert "and 1 more" in said


def test_an_effect_that_correction_takes_back_is_not_told() -> None:
    said = headline(of_rows(0.2, p=0.3))
    assert said.startswith("No effect of choosing clips could be told from zero once corrected for all tests")
    unclear = replace(of_rows(0.02, p=0.3))
    assert headline(unclear).startswith("No effect of choosing clips could be told from zero: f0 +0.020")


def test_without_controls_nothing_is_claimed() -> None:
    rows = (a_row("curated", "strict", 0.1, vs_control=None),)
    assert "is not known" in headline(a_comparison(tables=(replace(a_table(), rows=rows),)))


def test_the_choice_on_validation_is_reported_once() -> None:
    said = choice(a_comparison())
    assert "Of 3 filters strict is best on validation (0.710)" in said
    assert "+0.090 accuracy [+0.030, +0.150] (p = 0.030)" in said
    assert choice(a_comparison(chosen=None)) == ""


def test_a_long_sweep_keeps_the_chosen_arm_and_the_oracle_in_the_first_plot() -> None:
    rows = (*(a_row("curated", f"t{i}", 0.01 * i) for i in range(20)), a_row("oracle", "oracle", 0.3))
    sweep = a_comparison(tables=(replace(a_table(), rows=rows),))
    assert sweep.chosen is not None
    sweep = replace(sweep, chosen=replace(sweep.chosen, variant_id="curated-t17", effect=an_effect(0.17)))
    labels = [row.label for row in first_rows(sweep)]
    assert len(labels) == MOST_ROWS
    assert {"t17", "oracle"} <= set(labels)
    plot = overview(rich_study(comparisons=(sweep,)))
    assert plot.count('class="mark"') == MOST_ROWS
    assert "15 more arms below" in plot
