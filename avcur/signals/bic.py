"""Where a sequence of feature vectors changes, by the Bayesian information criterion (Chen & Gopalakrishnan 1998).

Is a stretch better told by one Gaussian with a full covariance or by two? Two where the gain in log likelihood exceeds
`penalty` times what their additional parameters cost. Everything is computed from sums over hops (runs of vectors, ten
MFCC columns each here), so that any stretch takes one subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SHORTEST = 10
"""Hops (1 s) of a stretch at least, and between two changes: less does not fill a covariance of 13 coefficients."""
WINDOW = 30
"""Hops (3 s) on either side of a point that may be a change, in the first pass."""
RIDGE = 1e-3
"""Added to all variances, so that a steady sound has a determinant; those of speech are about 100."""
_BATCH = 4096


@dataclass(frozen=True)
class Sums:
    """Sums over the first n hops of their vectors and of the vectors' outer products: (N + 1, d) and (N + 1, d, d)."""

    vectors: Floats
    products: Floats
    per_hop: int

    @classmethod
    def of(cls, hops: Floats) -> Sums:
        """Of vectors (N, per_hop, d), whose mean is taken off so that sums over hours stay exact."""
        centred = hops - hops.mean(axis=(0, 1))
        return cls(_running(centred.sum(axis=1)), _running(centred.transpose(0, 2, 1) @ centred), hops.shape[1])

    def __len__(self) -> int:
        return len(self.vectors) - 1

    def between(self, start: Indices, stop: Indices) -> tuple[Floats, Floats, Floats]:
        """Number of vectors (P,), their sum (P, d) and that of their products (P, d, d) in each [start, stop)."""
        count = np.asarray((stop - start) * float(self.per_hop), np.float64)
        return count, self.vectors[stop] - self.vectors[start], self.products[stop] - self.products[start]

    def gain(self, start: Indices, middle: Indices, stop: Indices) -> Floats:
        """`relative_gain` of a change at each `middle` within [start, stop), (P,)."""
        steps = range(0, len(middle), _BATCH)
        return np.concatenate(
            [self._gain(*(part[i : i + _BATCH] for part in (start, middle, stop))) for i in steps] or [np.zeros(0)]
        )

    def _gain(self, start: Indices, middle: Indices, stop: Indices) -> Floats:
        return relative_gain(self.between(start, middle), self.between(middle, stop))


def relative_gain(one: tuple[Floats, ...], other: tuple[Floats, ...]) -> Floats:
    """Gain in log likelihood by two Gaussians in place of one, in units of BIC's cost of the second, (P,)."""
    both = tuple(a + b for a, b in zip(one, other, strict=True))
    dimension = both[1].shape[-1]
    cost = (dimension + dimension * (dimension + 1) / 2) / 2 * np.log(both[0])
    return np.asarray((_scatter(*both) - _scatter(*one) - _scatter(*other)) / cost)


def changes(sums: Sums, penalty: float) -> list[int]:
    """Hops at which a stretch begins that another Gaussian tells better: local maxima, merged and placed again."""
    if len(sums) < 2 * SHORTEST:
        return []
    middle = np.arange(SHORTEST, len(sums) - SHORTEST + 1)
    gain = sums.gain(np.maximum(0, middle - WINDOW), middle, np.minimum(len(sums), middle + WINDOW))
    peaks = middle[gain == maximum_filter1d(gain, 2 * SHORTEST + 1)]
    borders = _merged(sums, [0, *map(int, peaks), len(sums)], penalty)
    return _merged(sums, _placed(sums, borders), penalty)[1:-1]


def num_clusters(sums: Sums, borders: list[int], penalty: float) -> int:
    """How many Gaussians tell the stretches between `borders`: the two most alike are joined until joining costs."""
    edges = np.array(borders)
    count, vectors, products = sums.between(edges[:-1], edges[1:])
    gains = np.full((len(count), len(count)), np.inf)
    for row in range(len(count)):
        _compare(gains, row, count, vectors, products)
    while gains.size and gains.min() < penalty:
        row, column = (int(i) for i in np.unravel_index(gains.argmin(), gains.shape))
        for values in (count, vectors, products):
            values[row] += values[column]
        gains[column], gains[:, column], count[column] = np.inf, np.inf, 0
        _compare(gains, row, count, vectors, products)
    return int(np.count_nonzero(count))


def _compare(gains: Floats, row: int, count: Floats, vectors: Floats, products: Floats) -> None:
    """Fill a row and column of `gains` with what keeping that cluster apart from each other one gains."""
    others = np.flatnonzero((count > 0) & (np.arange(len(count)) != row))
    one = (count[[row]], vectors[[row]], products[[row]])
    gains[row, others] = gains[others, row] = relative_gain(one, (count[others], vectors[others], products[others]))


def _merged(sums: Sums, borders: list[int], penalty: float) -> list[int]:
    """The borders without those, the weakest first, whose two sides one Gaussian tells as well."""
    kept = list(borders)
    gains = list(sums.gain(*(np.array(kept[i : len(kept) - 2 + i], np.int64) for i in range(3))))
    while gains and min(gains) < penalty:
        weakest = int(np.argmin(gains))
        del kept[weakest + 1], gains[weakest]
        for i in {weakest - 1, weakest} & set(range(len(gains))):
            gains[i] = float(sums.gain(*np.array(kept[i : i + 3])[:, None])[0])
    return kept


def _placed(sums: Sums, borders: list[int]) -> list[int]:
    """Each border moved, by less than 1 s, to where the whole stretches on its two sides differ most."""
    placed = list(borders)
    for i in range(1, len(placed) - 1):
        before, here, after = placed[i - 1 : i + 2]
        least = SHORTEST // 2
        places = np.arange(max(here - SHORTEST, before + least), min(here + SHORTEST, after - least) + 1)
        gain = sums.gain(np.full_like(places, before), places, np.full_like(places, after))
        placed[i] = int(places[np.argmax(gain)])
    return placed


def _scatter(count: Floats, vectors: Floats, products: Floats) -> Floats:
    """Minus the log likelihood under the best Gaussian, up to a constant per vector, (P,)."""
    mean = vectors / count[:, None]
    covariance = products / count[:, None, None] - mean[:, :, None] * mean[:, None, :]
    return np.asarray(count / 2 * np.linalg.slogdet(covariance + RIDGE * np.eye(mean.shape[1]))[1])


def _running(values: Floats) -> Floats:
    return np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
