"""Scores of a stream of embeddings, decided in windows of several lengths and averaged by the lengths' weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Scores = NDArray[np.float32]
Decide = Callable[["Tensor", "Tensor"], Scores]
"""What is seen and what is heard, (W, T, C) each of W windows -> scores (W, T)."""


def windowed_scores(blocks: Iterable[tuple[Tensor, Tensor]], decide: Decide, weights: Mapping[int, float]) -> Scores:
    """The weighted mean over window lengths of each frame's score, (sum of n,).

    `blocks` are what is seen and heard, (n, C) each, one after the other; `weights` those of window lengths in frames.
    Windows of a length follow one another. The last one ends with the stream and counts where no other does, so that no
    frame is decided with less around it than its length has; only a stream shorter than a window is one shorter window.
    Memory is a block and a window of each length, whatever the stream's length.
    """
    lengths = {length: _Windows(decide, length) for length, weight in weights.items() if weight > 0}
    for seen, heard in blocks:
        for windows in lengths.values():
            windows.add(seen, heard)
    found = [weights[length] * windows.finish() for length, windows in lengths.items()]
    return np.asarray(np.sum(found, axis=0) / sum(weights[length] for length in lengths), np.float32)


class _Windows:
    """Windows of one length; holds what is not decided yet and as much before it as the last window may need."""

    def __init__(self, decide: Decide, length: int) -> None:
        self._decide, self._length = decide, length
        self._held: tuple[Tensor, Tensor] | None = None
        self._fresh = 0
        self._scores: list[Scores] = [np.empty(0, np.float32)]

    def add(self, seen: Tensor, heard: Tensor) -> None:
        """Decide all whole windows that there are now, together."""
        import torch  # here, so that the process that only hands out work does without its 450 MB

        self._fresh += len(seen)
        if self._held is not None:
            seen, heard = torch.cat([self._held[0], seen]), torch.cat([self._held[1], heard])
        first, whole = len(seen) - self._fresh, self._fresh // self._length
        if whole:
            stop, shape = first + whole * self._length, (whole, self._length, -1)
            self._scores.append(
                self._decide(seen[first:stop].reshape(shape), heard[first:stop].reshape(shape)).reshape(-1)
            )
            self._fresh -= whole * self._length
        keep = self._length + self._fresh
        self._held = seen[-keep:], heard[-keep:]

    def finish(self) -> Scores:
        """All scores, (T,)."""
        if self._held is not None and self._fresh:
            seen, heard = (part[-self._length :] for part in self._held)
            self._scores.append(self._decide(seen[None], heard[None])[0, -self._fresh :])
        return np.concatenate(self._scores)
