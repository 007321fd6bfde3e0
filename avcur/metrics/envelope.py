"""Area under a precision-recall curve made monotone from the right, for any weights of groups of items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from avcur.metrics.ranking import Floats, Ints

_CELLS = 4_000_000
"""Weights x steps at a time: 32 MB of float64 a table, whatever the number of items, groups and resamples."""
_WEIGHTS = 2000
"""Rows of weights at a time."""


@dataclass(frozen=True)
class Ranked:
    """Items by falling score, in the steps that an envelope can see.

    positive (N,) and group (N,) of the sorted items; ends (S,) is the number of items up to the end of each step.
    Items with equal scores are never parted: they enter together, so that the order of the rows cannot matter.
    """

    positive: NDArray[np.bool_]
    group: Ints
    ends: Ints
    num_groups: int

    @classmethod
    def of(cls, target: Ints, scores: Floats, group: Ints, num_groups: int) -> Ranked:
        order = np.argsort(-scores)
        positive = target[order] == 1
        return cls(positive, group[order], _visible(positive, step_ends(scores[order])), num_groups)

    def area(self, weights: Floats) -> Floats:
        """Sum of recall steps x envelope under each row of weights (R, G) -> (R,); NaN without positives."""
        blocks = range(0, len(weights), _WEIGHTS)
        parts = [self._area(np.asarray(weights[i : i + _WEIGHTS, : self.num_groups], dtype=float)) for i in blocks]
        return np.concatenate(parts) if parts else np.empty(0)

    def _area(self, weights: Floats) -> Floats:
        if not len(self.ends):
            return np.full(len(weights), np.nan)
        width = max(1, _CELLS // len(weights))
        bounds = [*range(0, len(self.ends), width), len(self.ends)]
        before = self._before(bounds)
        positives, taken = weights @ before[0], weights @ before[1]
        area, best = np.zeros(len(weights)), np.zeros(len(weights))
        for number, (first, stop) in reversed(list(enumerate(pairwise(bounds)))):
            gained, seen = (weights @ counts for counts in self._counts(first, stop))
            precision = _precision(gained, seen, positives[:, number], taken[:, number])
            np.maximum(precision[:, -1], best, out=precision[:, -1])
            envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
            area += np.einsum("rs,rs->r", gained, envelope)
            best = envelope[:, 0]
        total = positives[:, -1]
        average: Floats = np.divide(area, total, out=np.full(len(total), np.nan), where=total > 0)
        return average

    def _before(self, bounds: list[int]) -> tuple[Floats, Floats]:
        """Positives and items of each group in the steps before each bound, both (G, number of bounds)."""
        found = [np.zeros((2, self.num_groups))]
        for first, stop in pairwise(bounds):
            items = self._items(first, stop)
            counts = [self.group[items][self.positive[items]], self.group[items]]
            found.append(found[-1] + [np.bincount(group, minlength=self.num_groups) for group in counts])
        positives, taken = np.stack(found, axis=2)
        return positives, taken

    def _counts(self, first: int, stop: int) -> Iterator[Floats]:
        """Positives, then items, that each step in [first, stop) adds to each group, (G, stop - first)."""
        items = self._items(first, stop)
        sizes = np.diff(self.ends[first:stop], prepend=items.start)
        cell = self.group[items] * (stop - first) + np.repeat(np.arange(stop - first), sizes)
        for chosen in (cell[self.positive[items]], cell):
            counts = np.bincount(chosen, minlength=self.num_groups * (stop - first))
            yield counts.reshape(self.num_groups, stop - first).astype(np.float64)

    def _items(self, first: int, stop: int) -> slice:
        return slice(int(self.ends[first - 1]) if first else 0, int(self.ends[stop - 1]))


def step_ends(falling: Floats) -> Ints:
    """How many of the sorted scores (N,) are at or above each distinct one, (S,)."""
    last = np.append(falling[1:] != falling[:-1], len(falling) > 0)[: len(falling)]
    return np.flatnonzero(last) + 1


def _precision(gained: Floats, seen: Floats, positives: Floats, taken: Floats) -> Floats:
    """Positives / items up to each step (R, S), 0 before any item; positives and taken (R,) came before the first."""
    reached, items = np.cumsum(gained, axis=1), np.cumsum(seen, axis=1)
    reached += positives[:, None]
    items += taken[:, None]
    precision: Floats = np.divide(reached, items, out=np.zeros_like(reached), where=items > 0)
    return precision


def _visible(positive: NDArray[np.bool_], ends: Ints) -> Ints:
    """The ends of steps without those that an envelope cannot see (exact for any weights).

    Within a run of pure positives precision rises, so that the envelope is that of the run's last step; after a
    pure negative recall has not moved and precision has only fallen.
    """
    if not len(ends):
        return ends
    gained = np.add.reduceat(positive.astype(np.int64), np.append(0, ends[:-1]))
    pure = gained == np.diff(ends, prepend=0)
    kept = gained > 0
    kept[:-1] &= ~pure[1:]
    kept[-1] = True
    return ends[kept]
