"""What the filter of a variant's card asks: its rules, what they are called, and a short name for all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from avcur.store.keys import digest

Rules = Mapping[str, Mapping[str, Any]]
"""Rule -> its entries; `signal` where it judges another signal than its name."""


def rules(card: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The rules of the filter that a card's variant was made by; of a random one, of the filter that it copies."""
    found = ((card.get("recipe") or {}).get("filter") or {}).get("rules") or {}
    return {str(name): rule for name, rule in found.items() if rule}


def rule_names(found: Rules) -> dict[str, str]:
    """What each rule is called: by its signal, unless that is another rule's signal too, or another rule's name."""
    signals = {name: str(rule.get("signal") or name) for name, rule in found.items()}
    times = Counter(signals.values())
    return {
        name: signal if times[signal] == 1 and (signal == name or signal not in found) else name
        for name, signal in signals.items()
    }


def asked_key(card: Mapping[str, Any]) -> str:
    """Six hex digits of what a variant's filter asks and, of a random one, of the set that it is matched to."""
    filter_, control = (card.get("recipe") or {}).get("filter"), (card.get("control") or {}).get("variant_id")
    return digest([filter_, control])[:6]
