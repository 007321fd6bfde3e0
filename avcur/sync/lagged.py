"""Distances of a stream of picture embeddings to sound embeddings at every lag, holding only what a block needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from avcur.crops.geometry import Image
from avcur.sync.backend import Distances

Embeddings = NDArray[np.float32]
Hear = Callable[[int, int], Embeddings]
"""The sound embeddings [first, stop), (stop - first, D); asked for each once, in order."""


def lagged_distances(seen: Iterable[Embeddings], hear: Hear, num_heard: int, max_lag: int) -> Distances:
    """Euclidean distances of what is `seen`, blocks (n, D) one after the other, at each lag, (sum of n, 2 max_lag + 1).

    Row i and column o + max_lag compare picture i with sound i - o; NaN where there is no such sound, of `num_heard`.
    """
    rows = [np.empty((0, 2 * max_lag + 1), np.float32)]
    first = low = 0
    heard = hear(0, 0)  # the sounds from `low` on
    for block in seen:
        start, stop = (min(max(i, 0), num_heard) for i in (first - max_lag, first + len(block) + max_lag))
        heard = np.concatenate([heard, hear(low + len(heard), stop)])[start - low :]
        low = start
        rows.append(_block_distances(block, heard, low - first, max_lag))
        first += len(block)
    return np.concatenate(rows)


def _block_distances(seen: Embeddings, heard: Embeddings, ahead: int, max_lag: int) -> Distances:
    """Of one block; `heard[0]` belongs to the picture `ahead` places after the block's first one."""
    found = np.full((len(seen), 2 * max_lag + 1), np.nan, np.float32)
    for lag in range(-max_lag, max_lag + 1):
        places = np.arange(len(seen)) - lag - ahead
        there = (places >= 0) & (places < len(heard))
        found[there, lag + max_lag] = np.linalg.norm(seen[there] - heard[places[there]], axis=1)
    return found


class Stretches:
    """Stretches of `size` + `context` pictures, each overlapping the one before by `context`; `count` of all pictures.

    A network that needs `context` pictures around each gives `size` embeddings of a stretch. The last one is shorter.
    """

    def __init__(self, pictures: Iterable[Image], size: int, context: int) -> None:
        self.pictures, self.size, self.context = pictures, size, context
        self.count = 0

    def __iter__(self) -> Iterator[list[Image]]:
        held: list[Image] = []
        for picture in self.pictures:
            self.count += 1
            held.append(picture)
            if len(held) == self.size + self.context:
                yield held
                held = held[self.size :]
        if len(held) > self.context:
            yield held
