"""The flat keys under which W&B's tables and charts find what a run was made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avcur.variants.asked import rule_names, rules
from avcur.variants.variant import Variant


def variant_facts(variant: Variant) -> dict[str, Any]:
    """What a variant is: names, the bounds of its filter's rules as numbers, the study's condition, its size.

    Keys: filter, arm, task, variant_id, corpus, control_of, `condition/<key>`, `rules/<signal>/min` and `/max`,
    kept_clips and kept_hours (of training).
    """
    card, train = variant.card, variant.rows("train")
    control = card.get("control") or {}
    return {
        "filter": variant.filter_name, "arm": variant.arm, "task": variant.task, "variant_id": variant.id,
        "corpus": card.get("corpus"), "control_of": control.get("filter"),
        **{f"condition/{key}": value for key, value in (card.get("condition") or {}).items()},
        **rule_bounds(card),
        "kept_clips": len(train), "kept_hours": float((train["end"] - train["start"]).sum()) / 3600,
    }  # fmt: skip


def rule_bounds(card: Mapping[str, Any]) -> dict[str, float]:
    """`rules/<signal>/min` and `/max` of the filter in a variant's card: the axes of a chart over thresholds.

    Where two rules look at one signal, the rules' own names tell their bounds apart.
    """
    found = rules(card)
    called = rule_names(found)
    return {
        f"rules/{called[name]}/{bound}": float(rule[bound])
        for name, rule in found.items() for bound in ("min", "max") if rule.get(bound) is not None
    }  # fmt: skip


def outcome(result: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a result.json: its metrics under their own keys, and `cost/<what>`."""
    cost = {f"cost/{name}": value for name, value in result["cost"].items() if value is not None}
    return {**result["metrics"], **cost}
