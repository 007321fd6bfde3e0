"""The effects of a study in the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from avcur.impact.collect import DRAWN
from avcur.impact.effect import Effect
from avcur.impact.front import front
from avcur.impact.headlines import cautions, choice, headline
from avcur.impact.report.cell_words import detect_text, effect_parts
from avcur.impact.sentences import (
    answers,
    metric_of,
    notes,
    p_text,
    share_text,
    subject,
    title,
)
from avcur.impact.study import ArmScore, Comparison, Row, Study, Table
from avcur.variants.removed import warnings

_LEGEND = (
    "control: random sets of the arm's size; clean: such sets of clean clips; [ ]: 95 % interval; MDE: the effect that "
    "8 of 10 such studies would find, and below it how many control draws would find {detect:g}; "
    "( ): p not corrected, outside the family of tests"
)


def print_study(console: Console, study: Study) -> None:
    """A table per task and test set, what it costs, then the answers in words."""
    for comparison in study.comparisons:
        for table in comparison.tables:
            console.print(_rich(comparison, table, study.detect))
        for note in (*_cost(comparison), *_removed(comparison)):
            console.print(f"  {note}", style="dim", highlight=False)
        for note in notes(comparison):
            console.print(f"  note: {note}", style=None if note.startswith("warning") else "dim", highlight=False)
        console.print()
    console.print(_LEGEND.format(detect=study.detect), style="dim", highlight=False)
    console.rule(f"What curation was worth in study {study.name}", align="left")
    for comparison in study.comparisons:
        for sentence in filter(None, (headline(comparison), choice(comparison))):
            console.print(f"• {subject(comparison)}: {sentence}", highlight=False)
        for caution in cautions(comparison):
            console.print(f"  caution: {caution}", highlight=False)
    for curve in study.curves:
        for sentence in curve.answers:
            console.print(f"• {curve.task}, {curve.x_name}: {sentence}", highlight=False)
    console.print("\nArm by arm", style="bold")
    for comparison in study.comparisons:
        for sentence in answers(comparison):
            console.print(f"• {sentence}", highlight=False)


def _cost(comparison: Comparison) -> list[str]:
    """The front of score against hours, and how long an arm trained."""
    points = front(comparison)
    best = [f"{p.label} {p.value:.3f} with {60 * p.hours:.1f} min" for p in points if p.on_front]
    walls = [f"{p.label} {p.wall:.1f}" for p in points if p.wall is not None and p.role not in DRAWN]
    found = [f"no arm scores as well with as few hours: {'; '.join(best)}"] if best else []
    return [*found, f"seconds of training: {', '.join(walls)}"] if walls else found


def _removed(comparison: Comparison) -> list[str]:
    """Warnings of groups that a filter empties or skews, and where the effects by group are."""
    cards = {label: card.get("retention") or {} for label, card in comparison.cards.items()}
    found = [f"warning: {line}" for label, retention in cards.items() for line in warnings(retention, label)]
    if comparison.strata:
        columns = ", ".join(dict.fromkeys(stratum.column for stratum in comparison.strata))
        found.append(f"effects by {columns}: in the report (exploratory, outside the family of tests)")
    return found


def _rich(comparison: Comparison, table: Table, detect: float) -> RichTable:
    heading = f"{title(comparison)} · {metric_of(table)} over {table.num_groups} test groups"
    rich = RichTable(title=heading, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    rich.add_column("arm")
    rich.add_column("filter", overflow="fold")
    against = ["control", *(["clean"] if any(row.vs_clean for row in table.rows) else []), "raw"]
    for name in ("runs", table.metric, *(f"effect vs {name}" for name in against), "p (Holm)", "share recovered"):
        rich.add_column(name, justify="right")
    rows = {row.arm_id: row for row in table.rows}
    for arm in table.arms:
        row = rows.get(arm.arm_id)
        rich.add_row(*_cells(arm, row, against, detect), style="dim" if arm.role in DRAWN else None)
    return rich


def _cells(arm: ArmScore, row: Row | None, against: list[str], detect: float) -> list[str]:
    first = [arm.role, "" if arm.role == "raw" else arm.label, str(len(arm.values)), f"{arm.mean:.3f}"]
    if row is None:
        return [*first, *("" for _ in against), "", ""]
    effects = {"control": row.vs_control, "clean": row.vs_clean, "raw": row.vs_raw}
    cells = [_cell(effects[name], detect_text(row, detect) if name == "control" else "") for name in against]
    return [*first, *cells, p_text(row), share_text(row.share)]


def _cell(effect: Effect | None, below: str) -> str:
    return "\n".join([*effect_parts(effect), *([below] if below else [])])
