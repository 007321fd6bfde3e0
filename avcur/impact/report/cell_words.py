"""What stands in the cells of the tables of effects, in the terminal and on the page."""

from __future__ import annotations

from avcur.impact.effect import Effect
from avcur.impact.sentences import interval, signed
from avcur.impact.study import Row


def effect_parts(effect: Effect | None) -> list[str]:
    """An effect as lines: estimate, interval, minimum detectable effect (MDE)."""
    if effect is None:
        return ["no runs"]
    lines = [signed(effect.estimate) + (" indicative" if effect.indicative else "")]
    if effect.low is None:
        return [*lines, effect.note or "no interval"]
    return [*lines, interval(effect.low, effect.high), f"MDE {effect.mde:.3f}"]


def detect_text(row: Row, detect: float) -> str:
    """How many control draws would find an effect of `detect`, or that no number would; "" without an interval."""
    if row.vs_control is None or row.vs_control.mde is None:
        return ""
    return f"{detect:g}: {row.runs_to_detect} draws" if row.runs_to_detect else f"{detect:g}: no number"
