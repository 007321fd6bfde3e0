"""What a source of media must offer, and the seeded subset of any source."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import polars as pl

from avcur.errors import UserError
from avcur.records import Recording

FACE_LABEL_SCHEMA = {
    "recording_id": pl.String, "time": pl.Float64, "x1": pl.Float64, "y1": pl.Float64, "x2": pl.Float64,
    "y2": pl.Float64, "identity": pl.String, "speaking": pl.Boolean,
}  # fmt: skip
SEGMENT_LABEL_SCHEMA = {"recording_id": pl.String, "start": pl.Float64, "end": pl.Float64, "label": pl.String}
TRUTH_SCHEMA = {
    "recording_id": pl.String, "defect": pl.String, "severity": pl.Float64, "detail": pl.String, "other": pl.String,
}  # fmt: skip
"""Planted defects; `detail` is the severity's unit, `other` the recording whose content it bears besides, or null."""


T = TypeVar("T")


class Source(Protocol):
    """Recordings with the labels that their source observed."""

    name: str

    def recordings(self) -> list[Recording]:
        """All recordings in a fixed order; renders or scans what is missing."""
        ...

    def face_labels(self) -> pl.DataFrame | None:
        """One row per face and frame (FACE_LABEL_SCHEMA; boxes as fractions), or None."""
        ...

    def segment_labels(self) -> pl.DataFrame | None:
        """Labelled spans of long audio (SEGMENT_LABEL_SCHEMA; seconds), or None."""
        ...

    def key(self) -> Any:
        """Plain data that identifies the corpus."""
        ...


class Subset:
    """A seeded part of any source: `speakers` speakers, `clips` recordings of each (None: all).

    Recordings without a speaker are thinned by `clips` alone: so many of each audio type, and of those without labels.
    Where the source publishes a split, so many of each of its sides.
    """

    def __init__(self, source: Source, speakers: int | None = None, clips: int | None = None, seed: int = 0) -> None:
        for name, value in (("speakers", speakers), ("clips", clips)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise UserError(f"subset.{name} is {value}; give a number of at least 1, or null for all")
        self.name = source.name
        self.source, self.speakers, self.clips, self.seed = source, speakers, clips, seed

    def recordings(self) -> list[Recording]:
        everything = self.source.recordings()
        if self.speakers is None and self.clips is None:
            return everything
        pools: dict[tuple[str, str], list[Recording]] = defaultdict(list)
        for recording in everything:
            kind = "speaker" if recording.speaker else "audio type"
            pools[kind, recording.speaker or f"{recording.audio_type or ''}{recording.split or ''}"].append(recording)
        speakers = self._draw(sorted(p for p in pools if p[0] == "speaker"), self.speakers, "speakers")
        others = [p for p in pools if p[0] != "speaker"]
        kept = {r.id for pool in speakers + others for r in self._draw(pools[pool], self.clips, pool[1])}
        return [r for r in everything if r.id in kept]

    def _draw(self, items: Sequence[T], count: int | None, salt: str) -> list[T]:
        """`count` of `items`; a larger count keeps what a smaller one drew."""
        order = list(items)
        random.Random(f"{self.seed}/{salt}").shuffle(order)
        return order[:count]

    def face_labels(self) -> pl.DataFrame | None:
        return self.source.face_labels()

    def segment_labels(self) -> pl.DataFrame | None:
        return self.source.segment_labels()

    def key(self) -> Any:
        return {"subset": [self.speakers, self.clips, self.seed], "of": self.source.key()}
