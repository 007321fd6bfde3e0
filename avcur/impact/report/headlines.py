"""What curation did, in one sentence per comparison: the first thing that the page says."""

from __future__ import annotations

from collections.abc import Sequence

from avcur.impact.report.effects import first_rows
from avcur.impact.sentences import answers, interval, is_told, p_words, signed, subject
from avcur.impact.study import Comparison, Row, Table
from avcur.metrics.primary import LOWER_IS_BETTER

_MOST_NAMED = 3
"""Arms in one sentence; the others stand in the plot beside it."""


def headline(comparison: Comparison) -> str:
    """The one sentence: what was told from zero and how large it is, or that nothing was."""
    table = comparison.test
    rows = [row for row in table.rows if row.vs_control] if table else []
    if table is None or not rows:
        return _begun(answers(comparison)[0].removeprefix(f"{subject(comparison)}: "))
    told = [row for row in rows if is_told(row)]
    if told:
        better = [row for row in told if _is_better(row, table)]
        worse = [row for row in told if not _is_better(row, table)]
        parts = [_named(group, table, word) for group, word in ((better, "better"), (worse, "worse")) if group]
        rest = len(rows) - len(told)
        return _begun("; ".join(parts)) + (f"; {_others(rest)} could not be told from them." if rest else ".")
    shown = _shown(first_rows(comparison))
    sizes = "; ".join(f"{row.label} {_size(row)}" for row in shown)
    corrected = " once corrected for all tests of the study" if any(_is_clear(row) for row in rows) else ""
    return f"No effect of choosing clips could be told from zero{corrected}: {sizes} ({table.metric})."


def _named(rows: Sequence[Row], table: Table, word: str) -> str:
    shown = _shown(rows)
    sizes = ", ".join(f"{row.label} by {_size(row)}" for row in shown)
    more = f" and {len(rows) - len(shown)} more" if len(rows) > len(shown) else ""
    return f"{word} in {table.metric} than random sets of {'its' if len(rows) == 1 else 'their'} size: {sizes}{more}"


def _shown(rows: Sequence[Row]) -> list[Row]:
    """Of many the largest."""
    by_size = sorted(rows, key=lambda row: -abs(row.vs_control.estimate) if row.vs_control else 0.0)[:_MOST_NAMED]
    return [row for row in rows if row in by_size]


def _size(row: Row) -> str:
    effect = row.vs_control
    return "" if effect is None else f"{signed(effect.estimate)} {interval(effect.low, effect.high)}"


def _others(count: int) -> str:
    return "the other arm" if count == 1 else f"the other {count} arms"


def _is_clear(row: Row) -> bool:
    return row.vs_control is not None and row.vs_control.clear


def _is_better(row: Row, table: Table) -> bool:
    effect = row.vs_control
    return effect is not None and (effect.estimate > 0) != (table.metric in LOWER_IS_BETTER)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def choice(comparison: Comparison) -> str:
    """What was chosen on validation, and what it is worth on test; "" where there was no choice."""
    chosen, table = comparison.chosen, comparison.test
    if chosen is None or table is None:
        return ""
    picked = f"Of {chosen.num_candidates} filters {chosen.label} is best on validation ({chosen.val:.3f})"
    effect = chosen.effect
    if effect is None:
        return f"{picked}; it has no controls, so that what it is worth on test is not known."
    p = "" if effect.p is None else f" ({p_words(effect.p)})"
    size = f"{signed(effect.estimate)} {table.metric} {interval(effect.low, effect.high)}{p}"
    return f"{picked}; on test, looked at once, it is worth {size} against random sets of its size."
