"""A recorder that stalls: the picture stands still while the sound goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import Image, VideoPlanter, between


@dataclass(frozen=True, kw_only=True)
class FrozenFrames(VideoPlanter):
    """Repeats frames exactly, in one to `most` stretches; its severity is the share of frames that repeat another."""

    unit = "share of the recording"
    spans = {"share": (0.0, 1.0)}  # noqa: RUF012
    on: Sequence[str] = ("video",)
    share: Sequence[float] = (0.3, 0.7)
    most: int = 3

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.share)

    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        repeated = self._repeated(num_frames, severity, rng)
        shown: Image | None = None
        for index, frame in enumerate(frames):
            if shown is None or index not in repeated:
                shown = frame
            yield shown

    def _repeated(self, num_frames: int, share: float, rng: np.random.Generator) -> set[int]:
        """The frames that repeat the one before: stretches at random places, each after a frame that is shown."""
        total = min(round(share * num_frames), num_frames - 1)
        if total < 1:
            return set()
        stretches = int(rng.integers(1, 1 + min(self.most, total, num_frames - total)))
        ends = np.sort(rng.choice(np.arange(1, total), stretches - 1, replace=False))
        lengths = np.diff(np.concatenate([[0], ends, [total]]))
        # Each stretch follows another one of the frames that are shown.
        after = np.sort(rng.choice(num_frames - total, stretches, replace=False))
        starts = after + 1 + np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return {int(i) for start, length in zip(starts, lengths, strict=True) for i in range(start, start + length)}
