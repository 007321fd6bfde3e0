"""Clips of different recordings that show the same, found by their perceptual hashes without comparing all pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from avcur.errors import UserError
from avcur.signal_table import SignalTable
from avcur.signals.perceptual_hash import hamming, to_bits

Bits = NDArray[np.uint64]
Indices = NDArray[np.int64]

HASH = ("perceptual_hash_high", "perceptual_hash_low")
"""The two signals that hold the halves of a clip's hash."""
COLUMN = "near_duplicates"
"""The column of clip rows that names a set of near-duplicates by its smallest clip id; null for all other clips."""
MAX_DISTANCE = 8
"""Bits of 64 in which hashes of the same picture may differ. Of copies of 39 real and rendered clips with up to 3 % of
each side cut away, rescaled and 15 % brighter or darker, 95 % lie within 8 bits and 74 % within 6; of the clips
themselves no two are nearer than 15. As those distances lie (31 on average, standard deviation 4.6), chance joins some
twenty pairs among 10,000 clips that differ; 10 bits would join 150."""
_MOST = 31
"""Bits: half of them differ between pictures that have nothing in common."""
_PENDING = 1_000_000
"""Close pairs that are held before their sets are joined: a few megabytes."""


def near_duplicates(clips: pl.DataFrame, signals: SignalTable, max_distance: int | None = MAX_DISTANCE) -> pl.Series:
    """For each row of a clip table the name of its set of near-duplicates, null where it has none.

    Two clips of one kind from different recordings are near-duplicates when their hashes differ in at most
    `max_distance` of 64 bits (None: nothing is one); sets are the connected components of such pairs. Clips of one
    recording never make a pair: the faces of one picture share its hash. A clip without an ok hash has none.
    """
    if max_distance is None:
        return pl.Series(COLUMN, [None] * len(clips), dtype=pl.String)
    if not 0 <= max_distance <= _MOST:
        raise UserError(f"Near-duplicates differ in 0 to {_MOST} of 64 bits, got {max_distance}; give null for none")
    hashed = _hashed(clips, signals)
    sets = [_sets(of_kind, max_distance) for of_kind in hashed.partition_by("kind")]
    found = pl.concat([pl.DataFrame(schema={"clip_id": pl.String, COLUMN: pl.String}), *sets])
    return clips.select("clip_id").join(found, on="clip_id", how="left", maintain_order="left")[COLUMN]


def _hashed(clips: pl.DataFrame, signals: SignalTable) -> pl.DataFrame:
    """The clips that have a hash: clip_id, kind, recording_id and the two halves, in the order of their ids."""
    rows = clips.select("clip_id", "kind", "recording_id").unique().sort("clip_id")
    if not set(HASH) <= set(signals.names):
        return rows.clear().with_columns(pl.lit(0.0).alias(name) for name in HASH)
    return rows.hstack(signals.values(rows["clip_id"], HASH)).drop_nulls(HASH)


def _sets(rows: pl.DataFrame, max_distance: int) -> pl.DataFrame:
    """The sets of near-duplicates among clips of one kind: clip_id and the set's name."""
    bits = to_bits(*(rows[name].to_numpy() for name in HASH))
    rows = rows.select("clip_id", pl.col("recording_id").rank("dense").cast(pl.Int64), bits=pl.Series(bits))
    recording = pl.col("recording_id")
    # A hash belongs to one recording, or to several (0), whose clips are near-duplicates at distance 0 already.
    owner = pl.when(recording.n_unique() == 1).then(recording.first()).otherwise(0).alias("owner")
    hashes = rows.group_by("bits", maintain_order=True).agg(owner)
    component = _components(hashes["bits"].to_numpy(), hashes["owner"].to_numpy(), max_distance)
    rows = rows.join(hashes.with_columns(component=component), on="bits", maintain_order="left")
    # Pairs lie between recordings, so what lies within one has no pair.
    several = recording.n_unique().over("component") > 1
    return rows.filter(several).select("clip_id", pl.col("clip_id").min().over("component").alias(COLUMN))


def _components(bits: Bits, owner: Indices, max_distance: int) -> Indices:
    """A number for each hash, equal for those that are linked by pairs of different owners."""
    labels = np.arange(len(bits))
    pending, held = [], 0
    for a, b in candidates(bits, max_distance):
        close = (hamming(bits[a], bits[b]) <= max_distance) & ((owner[a] != owner[b]) | (owner[a] == 0))
        if close.any():
            pending.append((a[close], b[close]))
            held += int(close.sum())
        if held > _PENDING:
            labels, pending, held = _joined(labels, pending), [], 0
    return _joined(labels, pending) if pending else labels


def _joined(labels: Indices, pairs: list[tuple[Indices, Indices]]) -> Indices:
    a, b = (labels[np.concatenate(side)] for side in zip(*pairs, strict=True))
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(labels), len(labels)))
    return np.asarray(connected_components(graph, directed=False)[1][labels], np.int64)


def candidates(bits: Bits, max_distance: int) -> Iterator[tuple[Indices, Indices]]:
    """Pairs of places in `bits` among which are all that differ in at most `max_distance` bits.

    The 64 bits are dealt into max_distance + 1 bands: hashes that differ in no more bits agree in one band at least
    (multi-index hashing, Norouzi et al. 2012). No step yields more pairs than there are hashes, so memory is bounded
    however many share a band; a pair that shares several comes several times.
    """
    bands = max_distance + 1
    for first in range(bands):
        mask = sum(1 << bit for bit in range(first, 64, bands))
        band = bits & np.uint64(mask)
        order = np.argsort(band, kind="stable")
        end = np.searchsorted(band[order], band[order], side="right")
        place, step = np.arange(len(bits)), 1
        while len(place := place[place + step < end[place]]):
            yield order[place], order[place + step]
            step += 1
