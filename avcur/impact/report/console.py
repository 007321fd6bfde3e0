"""The effects of a study in the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from avcur.impact.effect import Effect
from avcur.impact.sentences import answers, effect_parts, metric_of, notes, p_text, share_text, title
from avcur.impact.study import ArmScore, Comparison, Row, Study, Table

_LEGEND = (
    "control: random sets of the arm's size; [ ]: 95 % interval; MDE: the effect that 8 of 10 such studies would find; "
    "( ): p not corrected, outside the family of tests"
)


def print_study(console: Console, study: Study) -> None:
    """A table per task and test set, then the answers in words."""
    for comparison in study.comparisons:
        for table in comparison.tables:
            console.print(_rich(comparison, table))
        for note in notes(comparison):
            console.print(f"  note: {note}", style="dim", highlight=False)
        console.print()
    console.print(_LEGEND, style="dim", highlight=False)
    console.rule(f"What curation was worth in study {study.name}", align="left")
    for comparison in study.comparisons:
        for sentence in answers(comparison):
            console.print(f"• {sentence}", highlight=False)


def _rich(comparison: Comparison, table: Table) -> RichTable:
    heading = f"{title(comparison)} · {metric_of(table)} over {table.num_groups} test groups"
    rich = RichTable(title=heading, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    rich.add_column("arm")
    rich.add_column("filter", overflow="fold")
    for name in ("runs", table.metric, "effect vs control", "effect vs raw", "p (Holm)", "share recovered"):
        rich.add_column(name, justify="right")
    rows = {(row.role, row.variant_id): row for row in table.rows}
    for arm in table.arms:
        rich.add_row(*_cells(arm, rows.get((arm.role, arm.variant_id))), style="dim" if arm.role == "control" else None)
    return rich


def _cells(arm: ArmScore, row: Row | None) -> list[str]:
    first = [arm.role, "" if arm.role == "raw" else arm.label, str(len(arm.values)), f"{arm.mean:.3f}"]
    if row is None:
        return [*first, "", "", "", ""]
    return [*first, _cell(row.vs_control), _cell(row.vs_raw), p_text(row), share_text(row.share)]


def _cell(effect: Effect | None) -> str:
    return "\n".join(effect_parts(effect))
