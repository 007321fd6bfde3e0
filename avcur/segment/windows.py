"""Windows of fixed length, for long sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from avcur.records import Clip, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.visual.look import Look


@dataclass(frozen=True)
class Windows:
    """Clips of `length` s every `hop` s; a shorter last one is kept from `min_length` s on.

    A recording shorter than `min_length` is one clip all the same, so that a rule, and not the cutting, rejects it.
    No faces are looked for.
    """

    length: float = 5.0
    hop: float = 5.0
    min_length: float = 1.0
    visual: None = None
    version: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.min_length <= self.length and self.hop > 0):
            raise ValueError(
                f"windows need hop > 0 and 0 < min_length <= length; got length={self.length}, hop={self.hop}, "
                f"min_length={self.min_length}"
            )

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation:
        spans = list(self.spans(media.duration)) or [(0.0, media.duration)]
        return Segmentation.rounded(Clip(media.recording_id, "window", start, end) for start, end in spans)

    def spans(self, duration: float) -> Iterator[tuple[float, float]]:
        """The windows of [0, duration): the first shortened one is the last."""
        index = 0
        while duration - (start := index * self.hop) >= self.min_length - 1e-9:
            yield start, min(start + self.length, duration)
            if start + self.length >= duration - 1e-9:
                return
            index += 1
