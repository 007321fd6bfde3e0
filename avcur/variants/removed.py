"""Who was removed: groups of clips that a filter empties or skews, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import hypergeom

Retention = Mapping[str, Mapping[str, Sequence[int]]]
"""column -> value -> [kept, all] training clips, as in a variant's card."""

FOUR_FIFTHS = 0.8
"""Share of the rate of all below which a group's rate says adverse impact: the four-fifths rule of the US Uniform
Guidelines on Employee Selection Procedures (1978), 29 CFR 1607.4 D. They compare with the group that fares best; here
it is all clips, so that one small group that fares well raises no alarm about the others."""
_LEVEL = 0.01
"""Of the test that this is no chance, over all values of a column together."""
_MOST = 5
"""Values of one column that are named as emptied, and as skewed; the others are counted."""
_SHARED = 2
"""Clips that a column's values need on average to be groups at all."""
_LONGEST = 40
"""Characters of a value that are shown."""
_OF_NOBODY = "group"
"""The split's groups are sessions, files or components: what they are of stands in the other columns."""


@dataclass(frozen=True)
class _Kept:
    """Of `whole` clips with one value, `kept` are left."""

    value: str
    kept: int
    whole: int

    @property
    def share(self) -> float:
        return self.kept / self.whole


def warnings(retention: Retention, name: str = "the filter") -> list[str]:
    """What to warn of, column by column: values of which the filter `name` keeps nothing, then those of too little.

    Too little: below four fifths of the share that is kept of all clips with a value, and less than chance explains: a
    hypergeometric test (of as many clips drawn at random) at 0.01 over the number of values. A column that parts clips
    as an earlier one does is not repeated.
    """
    found: list[str] = []
    for column, counts in apart(retention).items():
        found += _of_column(column, [_Kept(value, *pair) for value, pair in counts.items()], name)
    return list(dict.fromkeys(found))


def apart(retention: Retention) -> dict[str, Mapping[str, Sequence[int]]]:
    """The columns that say something of groups of clips, and of their own.

    Not the split's groups, nor what parts clips as a column before it, nor what hardly two clips share, such as notes
    (but labels always).
    """
    found: dict[str, Mapping[str, Sequence[int]]] = {}
    for column, counts in retention.items():
        shared = is_shared(column, len(counts), sum(whole for _, whole in counts.values()))
        if column != _OF_NOBODY and shared and counts not in found.values():
            found[column] = counts
    return found


def is_shared(column: str, num_values: int, num_clips: int) -> bool:
    """Whether a column's values are groups of clips, and not what hardly two clips share; labels always are."""
    return column == "label" or num_clips >= _SHARED * num_values


def _of_column(column: str, groups: list[_Kept], name: str) -> list[str]:
    kept, whole = sum(group.kept for group in groups), sum(group.whole for group in groups)
    if not whole:
        return []
    if not kept:
        return [f"{name} keeps none of {whole} clips"]
    emptied = sorted((g for g in groups if not g.kept), key=lambda g: (-g.whole, g.value))
    said = [_emptied(emptied, column, name)] if emptied else []
    skewed = sorted((g for g in groups if g.kept and _is_skewed(g, kept, whole, len(groups))), key=lambda g: g.share)
    said += [
        f"{name} keeps {g.kept} of {_clips(g, column)}, {_percent(g.share)}, against {_percent(kept / whole)} of all"
        for g in skewed[:_MOST]
    ]
    more = len(skewed) - _MOST
    return said if more <= 0 else [*said, f"{name} keeps too little of {more} more of {column}"]


def _emptied(groups: list[_Kept], column: str, name: str) -> str:
    """One line for all of a column: there may be hundreds of one clip each."""
    if len(groups) == 1:
        return f"{name} keeps none of {_clips(groups[0], column)}"
    named = ", ".join(f"{_short(g.value)} ({g.whole})" for g in groups[:_MOST])
    more = f" and {len(groups) - _MOST} more" if len(groups) > _MOST else ""
    return f"{name} keeps none of the clips of {len(groups)} values of {column}: {named}{more}"


def _is_skewed(group: _Kept, kept: int, whole: int, values: int) -> bool:
    if group.share >= FOUR_FIFTHS * kept / whole:
        return False
    return float(hypergeom.cdf(group.kept, whole, kept, group.whole)) * values < _LEVEL


def _clips(group: _Kept, column: str) -> str:
    return f"{group.whole} clip{'' if group.whole == 1 else 's'} of {column} {_short(group.value)}"


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
