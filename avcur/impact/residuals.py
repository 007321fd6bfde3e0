"""How well random sets match the arm that they stand beside, in words."""

from __future__ import annotations

from collections.abc import Mapping

from avcur.impact.study import Row

MOST = 0.01
"""A mismatch beyond this share of the matched set is a warning."""
ALIKE = 0.9
"""Share of an arm's clips in each of its random sets from which on a contrast of the two can show little."""
_SHARES = {"clips_share": "count", "hours_share": "hours", "label_share": "labels", "duration_share": "durations"}


def mismatches(row: Row) -> list[str]:
    """One line per kind of random set: how far its draws are from the arm; and one of warning where that is far."""
    sets = (("controls", row.residual), ("clean sets", row.residual_clean))
    return [line for name, residual in sets for line in _lines(f"{name} of {row.label}", residual)]


def hardly_random(row: Row) -> str:
    """Why random sets of an arm's size cannot say much about it: they are nearly the same clips; "" where they can."""
    low, high = row.residual.get("overlap", (0.0, 0.0))
    if low <= ALIKE:
        return ""
    shared = f"{low:.0%} to {high:.0%}" if f"{low:.0%}" != f"{high:.0%}" else f"{low:.0%}"
    return f"its random sets share {shared} of its clips, so that they hardly differ and an effect can hardly show"


def _lines(name: str, residual: Mapping[str, tuple[float, float]]) -> list[str]:
    """Differences in clips and minutes from the lowest to the highest draw, the largest shares, clips in common."""
    parts = []
    if "clips" in residual:
        parts.append("clips {:+.0f} to {:+.0f}".format(*residual["clips"]))
    if "hours" in residual:
        parts.append("minutes {:+.2f} to {:+.2f}".format(*(60 * hours for hours in residual["hours"])))
    shares = {what: _largest(residual[key]) for key, what in _SHARES.items() if key in residual}
    if shares:
        parts.append("mismatch " + ", ".join(f"{what} {_percent(share)}" for what, share in shares.items()))
    if "overlap" in residual:
        parts.append("clips in common {:.0%} to {:.0%}".format(*residual["overlap"]))
    found = [f"{name}, against it: " + ", ".join(parts).replace("-", "−")] if parts else []
    far = [f"{what} ({_percent(share)})" for what, share in shares.items() if share > MOST]
    return [*found, f"warning: {name} miss it by more than {MOST:.0%} in {', '.join(far)}"] if far else found


def _largest(ends: tuple[float, float]) -> float:
    return max(abs(ends[0]), abs(ends[1]))


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
