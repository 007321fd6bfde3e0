"""How arms are called: by their filter's name, and by what its rules ask where the name does not say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from avcur.impact.collect import Run
from avcur.store.keys import digest
from avcur.variants.asked import rule_names, rules

SIGNS = {"min": ">=", "max": "<="}
_UNNAMED = frozenset({"custom", "threshold"})
"""Names of filters that say nothing of what is asked: rules from the command line, and the one rule of a sweep."""

Asked = dict[tuple[str, str], float]
"""(signal, or the rule where several judge one signal; "min" or "max") -> the bound."""


def asked(card: Mapping[str, Any]) -> Asked:
    """The bounds of a card's rules, in their order; a rule's `signal` may differ from its name."""
    found = rules(card)
    called = rule_names(found)
    return {
        (called[name], bound): float(value)
        for name, rule in found.items()
        for bound, value in rule.items()
        if bound in SIGNS and value is not None
    }


def in_words(bounds: Asked) -> str:
    """Bounds as they read: "snr >= 10, duration <= 3"."""
    return ", ".join(f"{signal} {SIGNS[bound]} {value:g}" for (signal, bound), value in bounds.items())


def arm_labels(arms: Sequence[Sequence[Run]]) -> list[str]:
    """One label per arm, given as its runs: all of one role, in the order given, all different."""
    names = [runs[0].filter for runs in arms]
    asks = [asked(runs[0].card) for runs in arms]
    labels = []
    for name, own, runs in zip(names, asks, arms, strict=True):
        if own and _unnamed(name, runs[0]):
            labels.append(in_words(own))
            continue
        alike = [other for other_name, other in zip(names, asks, strict=True) if other_name == name]
        labels.append(name if len(alike) == 1 else f"{name} ({_difference(own, alike) or runs[0].variant_id[:6]})")
    labels = _apart(labels, [runs[0].variant_id for runs in arms])
    return _apart(labels, [digest(runs[0].set_id) for runs in arms])


def _apart(labels: Sequence[str], ids: Sequence[str]) -> list[str]:
    """Labels that come twice with the beginning of an id: of the variant, or where two filters share it, of all."""
    times = Counter(labels)
    return [label if times[label] == 1 else f"{label} ({one[:6]})" for label, one in zip(labels, ids, strict=True)]


def _unnamed(name: str, run: Run) -> bool:
    return name in _UNNAMED or any("signal" in rule for rule in rules(run.card).values())


def _difference(own: Asked, alike: Sequence[Asked]) -> str:
    """Of the bounds of arms of one name, those of this one that are not the same in all."""
    return in_words({key: value for key, value in own.items() if any(other.get(key) != value for other in alike)})
