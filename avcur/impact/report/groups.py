"""Who was removed: for every filter, what it kept of each speaker, class and source column, and what that was worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape

from avcur.impact.effect import Effect
from avcur.impact.findings import Stratum
from avcur.impact.report.axes import EFFECTS, ROW, Axis, axis_row, svg
from avcur.impact.report.effects import effect_marks
from avcur.impact.report.names import breakable
from avcur.impact.sentences import interval, signed, title
from avcur.impact.study import Comparison, Study
from avcur.variants.removed import warnings

MOST_VALUES = 16
"""Values of one column that are shown: those of which least was kept; more of them are counted."""
_NAMES = {"label": "class", "group": "group"}
_FEW_GROUPS = 3
"""With fewer test groups an interval says so little that it is not drawn."""
_WIDEST = 1.0
"""The whole range of a share: a wider interval says nothing of it."""


def removed(study: Study) -> str:
    """Every filter's retention and effect by group, the first one open; "" where no card counts any."""
    parts: list[str] = []
    for comparison in study.comparisons:
        for label, card in comparison.cards.items():
            strata = [stratum for stratum in comparison.strata if stratum.label == label] or _counted(label, card)
            if strata:
                parts.append(_filter(comparison, label, card, strata, is_open=not parts))
    return "".join(parts)


def _filter(
    comparison: Comparison, label: str, card: Mapping[str, object], strata: Sequence[Stratum], *, is_open: bool
) -> str:
    said = [f"<li>{escape(text)}</li>" for text in _warnings(label, card)]
    tables = "".join(_column(name, rows) for name, rows in _columns(strata))
    count = f" · {len(said)} warning{'s' if len(said) > 1 else ''}" if said else ""
    return (
        f"<details{' open' if is_open else ''}><summary><b>{breakable(label)}</b> {escape(title(comparison))}{count}"
        f"</summary>{f'<ul class=warnings>{chr(10).join(said)}</ul>' if said else ''}{tables}</details>"
    )


def _columns(strata: Sequence[Stratum]) -> list[tuple[str, list[Stratum]]]:
    """Columns with their values, those that are row for row the same as one: "class (= speaker)"."""
    found: dict[str, list[Stratum]] = {}
    for stratum in strata:
        found.setdefault(stratum.column, []).append(stratum)
    alike: dict[frozenset[Stratum], list[str]] = {}
    for column, rows in sorted(found.items(), key=lambda item: item[0] != "label"):
        alike.setdefault(frozenset(replace(row, column="") for row in rows), []).append(column)
    shown = [(" = ".join(map(_name, columns)), found[columns[0]]) for columns in alike.values()]
    return [(name.replace(" = ", " (= ", 1) + ")" if " = " in name else name, rows) for name, rows in shown]


def _name(column: str) -> str:
    return _NAMES.get(column, column.replace("_", " "))


def _warnings(label: str, card: Mapping[str, object]) -> list[str]:
    retention = card.get("retention")
    return warnings(retention, label) if isinstance(retention, Mapping) else []


def _counted(label: str, card: Mapping[str, object]) -> list[Stratum]:
    """What the card alone says, where no effects by group are known."""
    retention = card.get("retention")
    if not isinstance(retention, Mapping):
        return []
    return [
        Stratum(column, str(value), label, "", "curated", int(kept), int(whole), 0, 0, "", None)
        for column, values in retention.items()
        if column != "group" or len(retention) == 1
        for value, (kept, whole) in values.items()
    ]


def _column(name: str, strata: Sequence[Stratum]) -> str:
    """Values by the share that was kept, least first, on one axis of effects; what is not drawn does not set it."""
    by_share = sorted(strata, key=lambda s: (_share(s) is None, _share(s) or 0.0, s.value))
    shown = by_share[:MOST_VALUES]
    effects = [_drawn(stratum, stratum.effect) for stratum in shown if stratum.effect]
    ends = [0.0, *(v for e in effects for v in (e.estimate, e.low, e.high) if v is not None)]
    axis = Axis.over(ends, within=EFFECTS)
    lines = "".join(_line(axis, stratum, bool(effects)) for stratum in shown)
    metric = next((f": effect on test/{s.metric} against control" for s in shown if s.effect), "")
    more = len(by_share) - len(shown)
    rest = f'<p class="small">And {more} more.</p>' if more else ""
    ticks = f'<div class="strata">{axis_row(axis, signs=True)}</div>' if effects else ""
    head = f'<h4>By {escape(name)} <span class="small">kept of training clips{escape(metric)}</span></h4>'
    look = "" if effects else " counted"
    return f'{head}<div class="values{look}">{lines}</div>{ticks}{rest}'


def _share(stratum: Stratum) -> float | None:
    return None if stratum.kept is None or not stratum.all else stratum.kept / stratum.all


def _line(axis: Axis, stratum: Stratum, has_effects: bool) -> str:
    share = _share(stratum)
    size = "not in training" if share is None else f"{stratum.kept} of {stratum.all} · {share:.0%}"
    width = 0.0 if share is None else 100 * share
    bar = f'<div class="keep"><div style="width:{width:.1f}%"></div><small>{size}</small></div>'
    drawing, value = _effect(axis, stratum) if has_effects else ("", "")
    look = " removed" if share == 0 else ""
    return (
        f'<div class="row stratum {escape(stratum.role)}{look}"><div class="name">{breakable(stratum.value)}</div>{bar}'
        f'<div class="track">{drawing}</div><div class="value">{value}</div></div>'
    )


def _effect(axis: Axis, stratum: Stratum) -> tuple[str, str]:
    effect: Effect | None = stratum.effect
    if effect is None:
        return "", f"<small>{escape(stratum.note)}</small>"
    tests = f"{stratum.num_items} items, {stratum.num_groups} groups"
    label = f"{stratum.value}: {signed(effect.estimate)} {interval(effect.low, effect.high)}; {tests}"
    drawn = _drawn(stratum, effect)
    left_out = "; interval not drawn" if drawn.low is None and effect.low is not None else ""
    value = f"<b>{signed(effect.estimate)}</b> {interval(effect.low, effect.high)}<small>{tests}{left_out}</small>"
    return svg(effect_marks(axis, drawn), label, ROW), value


def _drawn(stratum: Stratum, effect: Effect) -> Effect:
    """An effect without its interval where that rests on few groups or is wider than all that can be."""
    wide = effect.low is not None and effect.high is not None and effect.high - effect.low > _WIDEST
    if wide or stratum.num_groups < _FEW_GROUPS:
        return replace(effect, low=None, high=None, mde=None)
    return effect
