"""What the arms of a comparison cost: their score against the hours of data that they train on."""

from __future__ import annotations

from avcur.impact.findings import ArmPoint
from avcur.impact.study import ArmScore, Comparison
from avcur.metrics.primary import LOWER_IS_BETTER


def front(comparison: Comparison) -> tuple[ArmPoint, ...]:
    """Every arm with known hours on the test set, by hours; () where nothing was compared."""
    table = comparison.test
    if table is None:
        return ()
    sign = -1.0 if table.metric in LOWER_IS_BETTER else 1.0
    known = [(arm.kept_hours, sign * arm.mean, arm) for arm in table.arms if arm.kept_hours is not None]
    known.sort(key=lambda entry: (entry[0], -entry[1], entry[2].label))
    return tuple(_point(arm, hours, not _beaten(hours, score, known)) for hours, score, arm in known)


def _point(arm: ArmScore, hours: float, on_front: bool) -> ArmPoint:
    return ArmPoint(arm.label, arm.arm_id, arm.role, hours, arm.mean, arm.wall, on_front)


def _beaten(hours: float, score: float, known: list[tuple[float, float, ArmScore]]) -> bool:
    """Whether another arm is no worse in both and better in one."""
    return any(h <= hours and s >= score and (h < hours or s > score) for h, s, _ in known)
