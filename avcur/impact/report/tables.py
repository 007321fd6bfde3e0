"""The table of scores and effects, for those who want every number."""

from __future__ import annotations

from html import escape

from avcur.impact.effect import Effect
from avcur.impact.report.cell_words import detect_text, effect_parts
from avcur.impact.sentences import p_text, share_text
from avcur.impact.study import ArmScore, Row, Table


def table_html(table: Table, detect: float) -> str:
    """Every arm of a table with its scores, size, effects, p with the draws that would find `detect`, and its share."""
    has_clean = any(row.vs_clean for row in table.rows)
    versus = ("vs control", "vs clean", "vs raw") if has_clean else ("vs control", "vs raw")
    names = ("runs", f"{table.name}/{table.metric}", "clips", *versus, "p (Holm)", "share recovered")
    heads = '<th class="text">arm</th>' + "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = {row.arm_id: row for row in table.rows}
    lines = "".join(_line(arm, rows.get(arm.arm_id), has_clean, detect) for arm in table.arms)
    what = "all test clips" if table.name == "test" else "test clips without a planted defect"
    head = f"<caption>{table.name}: {what}, {table.num_groups} groups</caption><thead><tr>{heads}</tr></thead>"
    return f'<div class="scroll"><table>{head}<tbody>{lines}</tbody></table></div>'


def _line(arm: ArmScore, row: Row | None, has_clean: bool, detect: float) -> str:
    role = "" if arm.role == arm.label else f"<span>{escape(arm.role)}</span>"
    name = f'<td class="text"><b>{escape(arm.label)}</b>{role}</td>'
    size = "" if arm.kept_clips is None else f"{arm.kept_clips:.0f}"
    if arm.kept_hours is not None:
        size += f"<span>{60 * arm.kept_hours:.1f} min</span>"
    cells = f"{name}<td>{len(arm.values)}</td><td>{_score(arm)}</td><td>{size}</td>"
    look = escape(arm.role)
    if row is None:
        return f'<tr class="{look}">{cells}{"<td></td>" * (5 if has_clean else 4)}</tr>'
    versus = [row.vs_control, *([row.vs_clean] if has_clean else []), row.vs_raw]
    cells += "".join(f"<td>{_effect(effect)}</td>" for effect in versus)
    share, _, rest = share_text(row.share).partition("\n")
    cells += f"<td>{escape(p_text(row))}<span>{escape(detect_text(row, detect))}</span></td>"
    return f'<tr class="{look}">{cells}<td class="why">{escape(share)}<span>{escape(rest)}</span></td></tr>'


def _score(arm: ArmScore) -> str:
    spread = "" if arm.sd is None else f"<span>± {arm.sd:.3f}</span>"
    val = "" if arm.val is None else f"<span>val {arm.val:.3f}</span>"
    return f"{arm.mean:.3f}{spread}{val}"


def _effect(effect: Effect | None) -> str:
    first, *rest = effect_parts(effect)
    return f"<b>{escape(first)}</b>" + "".join(f"<span>{escape(line)}</span>" for line in rest)
