"""A filter's body without one of its rules, or with one alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avcur.errors import UserError

_WITHOUT, _ONLY = "without_", "only_"


def ablated(body: Mapping[str, Any], ablation: str | None) -> dict[str, Any]:
    """The filter's `body` with `ablation` done, under a name that says so: "strict_without_snr", "strict_only_snr".

    "without_<rule>" leaves out that rule alone; "only_<rule>" leaves out all other rules and every selection step. A
    filter that nothing is left of is the raw one, as is the raw filter itself. A UserError lists the filter's rules
    where it has no such rule.
    """
    rules = {name: rule for name, rule in (body.get("rules") or {}).items() if rule is not None}
    steps = list(body.get("select") or ())
    if ablation is None or (not rules and not steps and "arm" not in body):
        return dict(body)
    rule = _rule(str(ablation), body["name"], rules)
    if str(ablation).startswith(_ONLY):
        rules, steps = {rule: rules[rule]}, []
    else:
        rules = {name: kept for name, kept in rules.items() if name != rule}
    name = "custom" if body["name"] == "none" else body["name"]  # rules given on the command line alone
    return {**body, "name": f"{name}_{ablation}" if rules or steps else "none", "rules": rules, "select": steps}


def _rule(ablation: str, name: str, rules: Mapping[str, Any]) -> str:
    """The rule that an ablation names."""
    for prefix in (_WITHOUT, _ONLY):
        if ablation.startswith(prefix) and (rule := ablation.removeprefix(prefix)) in rules:
            return rule
    known = ", ".join(rules) or "none at all"
    raise UserError(
        f"ablation={ablation}: give {_WITHOUT}<rule> or {_ONLY}<rule> with a rule of filter {name!r}, which has {known}"
    )
