"""One planted defect alone, at a given rate: a dose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avcur.errors import UserError, check_number

_KINDS = ("media", "labels")


def dosed(defects: Mapping[str, Any]) -> dict[str, Any]:
    """What a config's `defects` plant: media and labels (each name -> planter's config) and their seed.

    With `only` that defect alone, at `rate` (null: its own). At rate 0 no media defect is left, so that the corpus is
    the untouched one, and of the label defect its planter, which then hits nothing. The seed without media defects is
    that of `defects=none`, as it changes no file.
    """
    kinds = {kind: _named(defects.get(kind)) for kind in _KINDS}
    only, rate = defects.get("only"), defects.get("rate")
    if only is None and rate is not None:
        raise UserError(f"defects.rate={rate} is the rate of one defect alone; say of which by defects.only")
    if only is not None:
        kinds = {kind: _alone(nodes, str(only), rate) for kind, nodes in _checked(kinds, str(only)).items()}
    kinds["media"] = {name: node for name, node in kinds["media"].items() if only is None or node.get("rate")}
    return {**kinds, "seed": defects.get("seed", 0)}


def dose(defects: Mapping[str, Any]) -> dict[str, str | float]:
    """The defect that a study varies and its rate, as a variant's card states them; empty where all are planted."""
    if defects.get("only") is None:
        return {}
    only = str(defects["only"])
    nodes = _checked({kind: _named(defects.get(kind)) for kind in _KINDS}, only)
    (planter,) = (named[only] for named in nodes.values() if only in named)
    rate = defects.get("rate")
    return {"defect": only, "rate": float(planter["rate"] if rate is None else rate)}


def _named(nodes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {str(name): node for name, node in (nodes or {}).items() if node is not None}


def _checked(kinds: dict[str, dict[str, Any]], only: str) -> dict[str, dict[str, Any]]:
    known = [name for nodes in kinds.values() for name in nodes]
    if not known:
        raise UserError(f"defects.only={only}: nothing is planted here; add defects=planted")
    if only not in known:
        raise UserError(f"defects.only={only}: known defects are {', '.join(known)}")
    return kinds


def _alone(nodes: Mapping[str, Any], only: str, rate: float | None) -> dict[str, Any]:
    if rate is not None:
        check_number("defects.rate", rate, least=0, most=1)
    changed = {} if rate is None else {"rate": rate}
    return {only: {**nodes[only], **changed}} if only in nodes else {}
