"""Batches of tracks by their number of frames, as Light-ASD's family trains, and of classes in equal parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Sampler

Ints = npt.NDArray[np.int64]


class TrackBatches(Sampler[list[int]]):
    """Every track once per pass, with tracks of similar length: sorted, the longest first.

    A batch has as many as the longest of them fits into `frames_per_batch`; a longer track is a batch of its own. Where
    the sorted tracks are parted is fixed. Which tracks of equal length go together, and the order of the batches, are
    drawn anew for each pass by torch's generator, so that a seed gives the same batches.
    """

    def __init__(self, lengths: Sequence[int], frames_per_batch: int) -> None:
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.stops = _stops(np.sort(self.lengths)[::-1], frames_per_batch)

    def __len__(self) -> int:
        return len(self.stops)

    def __iter__(self) -> Iterator[list[int]]:
        shuffled = torch.randperm(len(self.lengths)).numpy()
        order = shuffled[np.argsort(-self.lengths[shuffled], kind="stable")]
        batches = np.split(order, self.stops[:-1])
        for number in torch.randperm(len(batches)).tolist():
            yield batches[number].tolist()


def _stops(falling: Ints, frames_per_batch: int) -> list[int]:
    """The position after each batch's last track, of lengths that never rise."""
    stops: list[int] = []
    start = 0
    while start < len(falling):
        start += max(frames_per_batch // max(int(falling[start]), 1), 1)
        stops.append(min(start, len(falling)))
    return stops


class BalancedBatches(Sampler[list[int]]):
    """Full random batches of a pass as long as the data, with all classes equally often in it.

    Of a large class a pass sees a random part, drawn anew; a small one is gone through several times.
    """

    def __init__(self, targets: Sequence[int], batch_size: int) -> None:
        found = np.asarray(targets, dtype=np.int64)
        self.members = [np.flatnonzero(found == target) for target in np.unique(found)]
        self.num_items = len(found)
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-self.num_items // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        wanted = len(self) * self.batch_size
        each = -(-wanted // max(len(self.members), 1))
        # Where the classes do not part a pass evenly, chance says which lacks one.
        drawn = np.concatenate([members[_rounds(len(members), each)] for members in self.members])
        order = torch.randperm(len(drawn)).numpy()[:wanted]
        yield from drawn[order].reshape(-1, self.batch_size).tolist()


def _rounds(num: int, wanted: int) -> Ints:
    """`wanted` of the positions 0..num-1, all equally often but for one."""
    rounds = [torch.randperm(num).numpy() for _ in range(-(-wanted // num))]
    return np.concatenate(rounds)[:wanted]
