"""Effects with their intervals against zero: all tasks in one plot, and every contrast of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from avcur.impact.effect import Effect
from avcur.impact.report.axes import EFFECTS, ROW, Axis, axis_row, grid, plot_row, svg, upright
from avcur.impact.sentences import interval, metric_of, signed, title
from avcur.impact.study import Comparison, Row, Study, Table

_MIDDLE = ROW // 2
MOST_ROWS = 6
"""Arms of one comparison in the first plot; those of a long sweep stand in its curve and below."""
MOST_BLOCKS = 8
"""Comparisons in the first plot, so that it stays the first screen."""
AGAINST = {
    "control": "random sets of its size", "clean": "clean random sets of its size", "raw": "the whole pool (raw)",
}  # fmt: skip


def overview(study: Study) -> str:
    """Every arm against its controls, all tasks of the primary budgets on one axis."""
    told = [(c, c.test, first_rows(c)) for c in study.comparisons if c.primary]
    blocks = [(c, table, rows) for c, table, rows in told if table is not None and rows]
    shown = blocks[:MOST_BLOCKS]
    effects = [row.vs_control for _, _, rows in shown for row in rows if row.vs_control]
    if not effects:
        return ""
    axis = Axis.over(_ends(effects), within=EFFECTS)
    parts = [_block(axis, comparison, table, rows) for comparison, table, rows in shown]
    more = len(blocks) - len(shown)
    rest = f'<p class="small">And {more} more comparisons under <a href="#effects">Effects</a>.</p>' if more else ""
    return "".join(parts) + axis_row(axis, signs=True) + rest


def first_rows(comparison: Comparison) -> list[Row]:
    """The arms that have controls: of many the one chosen on validation, the oracle, and the first of the others."""
    rows = [row for row in comparison.test.rows if row.vs_control] if comparison.test else []
    if len(rows) <= MOST_ROWS:
        return rows
    chosen = comparison.chosen.arm_id if comparison.chosen else None
    by_weight = sorted(rows, key=lambda row: (row.arm_id != chosen, row.role != "oracle"))
    wanted = {id(row) for row in by_weight[:MOST_ROWS]}
    return [row for row in rows if id(row) in wanted]


def _block(axis: Axis, comparison: Comparison, table: Table, rows: Sequence[Row]) -> str:
    lines = "".join(effect_row(axis, row.role, row.label, "control", row.vs_control) for row in rows if row.vs_control)
    left = sum(1 for row in table.rows if row.vs_control) - len(rows)
    more = f" · {left} more arms below" if left else ""
    head = f"<b>{escape(title(comparison))}</b> <span>{escape(metric_of(table) + more)}</span>"
    return f'<div class="block"><div class="blockhead">{head}</div>{lines}</div>'


def effect_plot(table: Table) -> str:
    """Every effect of a table with its interval against zero, over a band of what could not have been found."""
    arms = [(row, contrasts(row)) for row in table.rows]
    axis = Axis.over(_ends(effect for _, pairs in arms for _, effect in pairs), within=EFFECTS)
    blocks = [
        "".join(effect_row(axis, row.role, row.label, kind, effect) for kind, effect in pairs) for row, pairs in arms
    ]
    return "".join(f'<div class="block">{block}</div>' for block in blocks) + axis_row(axis, signs=True)


def contrasts(row: Row) -> list[tuple[str, Effect]]:
    """What an arm is compared with, as far as it was run."""
    pairs = [("control", row.vs_control), ("clean", row.vs_clean), ("raw", row.vs_raw)]
    return [(kind, effect) for kind, effect in pairs if effect is not None]


def _ends(effects: Iterable[Effect]) -> list[float]:
    ends = [0.0]
    for effect in effects:
        ends += [effect.estimate, *(v for v in (effect.low, effect.high) if v is not None)]
        ends += [-effect.mde, effect.mde] if effect.mde is not None else []
    return ends


def effect_row(axis: Axis, role: str, name: str, kind: str, effect: Effect) -> str:
    """One effect: its band, its interval, its point; open where the reference is not a random set of its size."""
    label = f"{name} against {AGAINST[kind]}: {signed(effect.estimate)} {interval(effect.low, effect.high)}"
    value = f"<b>{signed(effect.estimate)}</b> {interval(effect.low, effect.high)}"
    return plot_row(role, name, f"vs {kind}", svg(effect_marks(axis, effect, kind != "control"), label), value)


def effect_marks(axis: Axis, effect: Effect, is_open: bool = False) -> list[str]:
    """The drawing of an effect on an axis, in a row's height."""
    look = " open" if is_open else ""
    parts = []
    if effect.mde is not None:
        left, width = 100 * axis.share(-effect.mde), 100 * (axis.share(effect.mde) - axis.share(-effect.mde))
        parts.append(f'<rect class="band" x="{left:.2f}%" width="{width:.2f}%" y="5" height="{ROW - 10}" rx="2"/>')
    parts += [*grid(axis), upright(axis.at(0.0), "zero")]
    if effect.low is not None and effect.high is not None:
        y = f'y1="{_MIDDLE}" y2="{_MIDDLE}"'
        parts.append(f'<line class="reach{look}" x1="{axis.at(effect.low)}" x2="{axis.at(effect.high)}" {y}/>')
    parts.append(f'<circle class="mark{look}" cx="{axis.at(effect.estimate)}" cy="{_MIDDLE}" r="5.5"/>')
    return parts
