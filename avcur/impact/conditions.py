"""What of the data a study varies beside the filter, in words."""

from __future__ import annotations

from collections.abc import Mapping

from avcur.impact.study import Condition

WHOLE = 1.0
"""The share of the training data where a condition names none."""
_FRACTIONS = {0.5: "half", 0.25: "a quarter", 0.75: "three quarters"}


def condition_words(condition: Condition) -> str:
    """A condition as a phrase: "noise planted at a rate of 40 %, half of the training data"; "" for none."""
    rest = dict(condition)
    found = []
    defect, rate = rest.pop("defect", None), rest.pop("rate", None)
    if defect is not None:
        found.append(dose_words(str(defect), rate))
    share = rest.pop("train_share", None)
    if share is not None:
        found.append(f"{share_words(float(share))} of the training data")
    return ", ".join([*found, *(f"{name} {_plain(value)}" for name, value in sorted(rest.items()))])


def dose_words(defect: str, rate: str | float | None) -> str:
    """A planted defect and its rate, that at which a recording which may have it is hit: not the share that was."""
    name = defect.replace("_", " ")
    if rate is None:
        return f"{name} planted"
    return f"no {name} planted" if float(rate) == 0 else f"{name} planted at a rate of {percent(float(rate))}"


def share_words(share: float) -> str:
    """A share in words or percent: "half", "30 %"; "all" of the whole."""
    return "all" if share == WHOLE else _FRACTIONS.get(share, percent(share))


def percent(share: float) -> str:
    return f"{100 * share:g} %"


def without(condition: Condition, name: str) -> Mapping[str, str | float]:
    """A condition without one of its entries: what the points of a curve over that entry have in common."""
    return {key: value for key, value in condition.items() if key != name}


def _plain(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
