"""Scores and effects over one number that a study varies: a threshold, a defect's rate, the share of the data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from avcur.impact.arms import drawn_id
from avcur.impact.conditions import WHOLE, without
from avcur.impact.curve_words import AGAINST_CLEAN, AGAINST_RAW, answers, other_tests
from avcur.impact.effect import ENOUGH_RUNS, Effect
from avcur.impact.study import ArmScore, Comparison, Condition, Curve, Point, Row, Series, Table
from avcur.variants.asked import rule_names, rules

_BOUNDS = ("min", "max")
_SIDES = {"min": "at least", "max": "at most"}
_Placed = tuple[float, Comparison, Table]
"""A comparison's test table and where it lies on a curve."""


def curves(comparisons: Sequence[Comparison]) -> tuple[Curve, ...]:
    """All curves of a study: those of thresholds within each comparison, then those from one to another."""
    found = [curve for comparison in comparisons for curve in _thresholds(comparison)]
    found += _across(comparisons, "dose", "rate", "rate", None)
    found += _across(comparisons, "train_share", "train_share", "", WHOLE)
    return tuple(found)


def _thresholds(comparison: Comparison) -> list[Curve]:
    """One curve per bound of a rule in which two or more curated arms differ, and in nothing else."""
    table = comparison.test
    if table is None:
        return []
    lines: dict[tuple[str, str, str], dict[float, Row]] = {}  # of two names for one filter the first
    for row in table.rows:
        body = _body(comparison.cards[row.label]) if row.role == "curated" else {}
        for (signal, bound), (value, rest) in _single_bounds(body).items():
            lines.setdefault((signal, bound, rest), {}).setdefault(value, row)
    return [
        _threshold_curve(comparison, table, signal, bound, sorted(line.items(), key=lambda placed: placed[0]))
        for (signal, bound, _), line in sorted(lines.items())
        if len(line) > 1
    ]


def _body(card: Mapping[str, Any]) -> dict[str, Any]:
    """What a card's filter does: its rules and steps, without its name."""
    found = (card.get("recipe") or {}).get("filter") or {}
    return {"rules": rules(card), "select": found.get("select") or []}


def _single_bounds(body: Mapping[str, Any]) -> dict[tuple[str, str], tuple[float, str]]:
    """(signal, bound) -> its value, and the filter's body without it as text: what arms of one curve have in common."""
    found, called = {}, rule_names(body.get("rules") or {})
    for name, rule in (body.get("rules") or {}).items():
        for bound in _BOUNDS:
            if rule.get(bound) is not None:
                others = {**body["rules"], name: {key: value for key, value in rule.items() if key != bound}}
                rest = json.dumps({**body, "rules": others}, sort_keys=True)
                found[called[name], bound] = (float(rule[bound]), rest)
    return found


def _threshold_curve(
    comparison: Comparison, table: Table, signal: str, bound: str, line: Sequence[tuple[float, Row]]
) -> Curve:
    arms = {arm.arm_id: arm for arm in table.arms}
    of_role = {
        role: [(x, arms[own]) for x, row in line if (own := drawn_id(role, row.arm_id)) in arms]
        for role in ("curated", "control", "clean")
    }
    series = [Series(_ROLE_NAMES[role], role, _scored(found)) for role, found in of_role.items() if found]
    ends = (line[0][0], line[-1][0])
    series += [
        Series(arm.label, arm.role, _scored([(x, arm) for x in ends]))
        for arm in table.arms
        if arm.role in ("raw", "oracle")
    ]
    effects = _effect_series([(x, row, arms[row.arm_id]) for x, row in line], lambda row: "curated")
    return _curve(comparison, "threshold", f"{signal}, {_SIDES[bound]}", "", comparison.condition, series, effects)


_ROLE_NAMES = {"curated": "curated", "control": "random sets of its size", "clean": "clean random sets of its size"}


def _across(comparisons: Sequence[Comparison], kind: str, name: str, unit: str, default: float | None) -> list[Curve]:
    """One curve per set of comparisons that differ in the entry `name` of their condition alone."""
    families: dict[str, list[_Placed]] = {}
    for comparison in comparisons:
        x = comparison.condition.get(name, default)
        if x is None or comparison.test is None:
            continue
        rest = without(comparison.condition, name)
        key = json.dumps([comparison.task, comparison.model, comparison.budget, rest], sort_keys=True)
        families.setdefault(key, []).append((float(x), comparison, comparison.test))
    return [
        _across_curve(sorted(family, key=lambda placed: placed[0]), kind, name, unit)
        for family in families.values()
        if len({x for x, _, _ in family}) > 1
    ]


def _across_curve(family: Sequence[_Placed], kind: str, name: str, unit: str) -> Curve:
    first = family[0][1]
    arms: dict[tuple[str, str], list[tuple[float, ArmScore]]] = {}
    rows: list[tuple[float, Row, ArmScore]] = []
    unlike = other_tests([(x, comparison.items_key) for x, comparison, _ in family])
    for x, _, table in family:
        for arm in table.arms:
            arms.setdefault((arm.role, arm.label), []).append((x, arm))
        known = {arm.arm_id: arm for arm in table.arms}
        rows += [(x, row, known[row.arm_id]) for row in table.rows]
    series = [Series(label, role, _scored(line)) for (role, label), line in arms.items()]
    condition = without(first.condition, name)
    planted = f"{str(condition.get('defect', 'defect')).replace('_', ' ')} planted"
    x_name = planted if kind == "dose" else "share of the training data"
    effects = _effect_series(rows, lambda row: row.label, with_raw=kind == "dose")
    return _curve(first, kind, x_name, unit, condition, series, effects, unlike)


def _effect_series(
    rows: Iterable[tuple[float, Row, ArmScore]], name: Callable[[Row], str], *, with_raw: bool = False
) -> list[Series]:
    """One series per treatment and what it is compared with: controls, clean sets where there are some, maybe raw."""
    found: dict[tuple[str, str], list[Point]] = {}
    for x, row, arm in rows:
        effects = {"": row.vs_control, AGAINST_CLEAN: row.vs_clean, AGAINST_RAW: row.vs_raw if with_raw else None}
        for against, effect in effects.items():
            if effect is not None:
                found.setdefault((name(row) + against, row.role), []).append(_effect_point(x, arm, effect))
    return [Series(text, role, tuple(points)) for (text, role), points in found.items()]


def _effect_point(x: float, arm: ArmScore, effect: Effect) -> Point:
    return Point(x, arm.kept_hours, effect.estimate, effect.low, effect.high, arm.label, effect.indicative)


def _scored(line: Iterable[tuple[float, ArmScore]]) -> tuple[Point, ...]:
    return tuple(
        Point(x, arm.kept_hours, arm.mean, arm.low, arm.high, arm.label, len(arm.values) < ENOUGH_RUNS)
        for x, arm in line
    )


def _curve(
    comparison: Comparison, kind: str, x_name: str, unit: str, condition: Condition, series: Sequence[Series],
    effects: Sequence[Series], cautions: Sequence[str] = (),
) -> Curve:  # fmt: skip
    table = comparison.test
    metric = table.metric if table else ""
    said = answers(kind, metric, series, effects)
    return Curve(
        kind, x_name, unit, comparison.task, metric, comparison.budget, comparison.model, dict(condition),
        tuple(series), tuple(effects), (*said, *cautions),
    )  # fmt: skip
