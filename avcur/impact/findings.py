"""What is read off a comparison beside its tables: groups of clips, the choice on validation, the cost of each arm."""

from __future__ import annotations

from dataclasses import dataclass

from avcur.impact.effect import Effect


@dataclass(frozen=True)
class Stratum:
    """What an arm's filter took of the clips of one value of a column, and its effect on the test items of that value.

    `kept` of `all` training clips (None where the card does not count them). `effect` is against the arm's control,
    in `metric`; exploratory, hence outside Holm's family. `effect` is None where `note` says why.
    """

    column: str
    value: str
    label: str
    arm_id: str
    role: str
    kept: int | None
    all: int | None
    num_items: int
    num_groups: int
    metric: str
    effect: Effect | None
    note: str = ""


@dataclass(frozen=True)
class Chosen:
    """Of several curated arms the one that is best on validation, with its effect on test; its p is its own."""

    label: str
    variant_id: str
    arm_id: str
    val: float
    effect: Effect | None
    num_candidates: int
    raw_val: float | None = None
    """What keeping everything scores on validation."""


@dataclass(frozen=True)
class ArmPoint:
    """An arm by what it costs: mean hours of training data, mean score on test, mean seconds of training.

    `on_front`: no other arm scores as well with as few hours.
    """

    label: str
    arm_id: str
    role: str
    hours: float
    value: float
    wall: float | None
    on_front: bool
