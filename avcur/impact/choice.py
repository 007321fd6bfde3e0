"""Of several curated arms the one to report: chosen on validation, never on test."""

from __future__ import annotations

from avcur.impact.findings import Chosen
from avcur.impact.study import Row, Table
from avcur.metrics.primary import LOWER_IS_BETTER


def chosen_on_validation(table: Table | None) -> Chosen | None:
    """The curated arm with the best mean validation score, of equal ones the first by name, and its effect on test.

    None with fewer than two curated arms, and where one of them has no validation score.
    """
    candidates = [row for row in table.rows if row.role == "curated"] if table else []
    if table is None or len(candidates) < 2:
        return None
    sign = 1.0 if table.metric in LOWER_IS_BETTER else -1.0
    ranked: list[tuple[float, str, Row, float]] = []
    for row in candidates:
        if row.val is None:
            return None
        ranked.append((sign * row.val, row.label, row, row.val))
    _, label, row, val = min(ranked, key=lambda entry: entry[:2])
    raw_val = next((arm.val for arm in table.arms if arm.role == "raw"), None)
    return Chosen(label, row.variant_id, row.arm_id, val, row.vs_control, len(candidates), raw_val)
