"""What a source of media must offer, and the seeded subset of any source."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Protocol, TypeVar

import polars as pl

from avcur.errors import UserError
from avcur.records import Recording

FACE_LABEL_SCHEMA = {
    "recording_id": pl.String, "time": pl.Float64, "x1": pl.Float64, "y1": pl.Float64, "x2": pl.Float64,
    "y2": pl.Float64, "identity": pl.String, "speaking": pl.Boolean,
}  # fmt: skip
SEGMENT_LABEL_SCHEMA = {"recording_id": pl.String, "start": pl.Float64, "end": pl.Float64, "label": pl.String}
UNKNOWN = "unknown"
"""The label of spans that nobody annotated: clips that reach into one have no audio type."""
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
        """Labelled spans of long audio (SEGMENT_LABEL_SCHEMA; seconds), or None.

        Of a recording with any, time that no span covers is neither; spans of UNKNOWN say what was not annotated.
        """
        ...

    def key(self) -> Any:
        """Plain data that identifies the corpus."""
        ...


class Subset:
    """A seeded part of any source: `speakers` speakers, `clips` recordings of each (None: all).

    With `min_clips` or `min_sessions` only speakers with at least so many recordings, of at least so many sessions, are
    drawn, and their `clips` come of as many sessions as they can. A UserError where fewer qualify than are asked for.
    Recordings without a speaker are thinned by `clips` alone: so many of each audio type, and of those without labels.
    Where the source publishes a split, `clips` of a speaker or audio type on each of its sides; a test that is named
    recording by recording (`test_is_fixed`) stays whole.
    """

    def __init__(
        self, source: Source, speakers: int | None = None, clips: int | None = None, seed: int = 0,
        min_clips: int | None = None, min_sessions: int | None = None,
    ) -> None:  # fmt: skip
        numbers = {"speakers": speakers, "clips": clips, "min_clips": min_clips, "min_sessions": min_sessions}
        for name, value in numbers.items():
            if value is not None and (not isinstance(value, int) or value < 1):
                raise UserError(f"subset.{name} is {value}; give a number of at least 1, or null for all")
        for name in ("min_clips", "min_sessions"):
            if clips is not None and clips < (numbers[name] or 0):
                raise UserError(f"subset.clips={clips} keeps fewer than subset.{name}={numbers[name]} of a speaker")
        self.name = source.name
        self.source, self.speakers, self.clips, self.seed = source, speakers, clips, seed
        self.least = None if min_clips is None and min_sessions is None else (min_clips or 1, min_sessions or 1)

    def recordings(self) -> list[Recording]:
        everything = self.source.recordings()
        if self.speakers is None and self.clips is None and self.least is None:
            return everything
        fixed = {r.id for r in everything if r.split == "test"} if getattr(self.source, "test_is_fixed", False) else ()
        pools: dict[tuple[str, str], list[Recording]] = defaultdict(list)
        for recording in everything:
            if recording.id not in fixed:
                kind = "speaker" if recording.speaker else "audio type"
                name = recording.speaker or f"{recording.audio_type or ''}{recording.split or ''}"
                pools[kind, name].append(recording)
        speakers = self._draw(self._qualified(pools), self.speakers, "speakers")
        others = [p for p in pools if p[0] != "speaker"]
        kept = {
            r.id for pool in speakers + others for side in _by_side(pools[pool]) for r in self._clips(side, pool[1])
        }
        return [r for r in everything if r.id in kept or r.id in fixed]

    def _qualified(self, pools: Mapping[tuple[str, str], list[Recording]]) -> list[tuple[str, str]]:
        """The speakers that may be drawn, in the order of their names."""
        speakers = sorted(pool for pool in pools if pool[0] == "speaker")
        if self.least is None:
            return speakers
        clips, sessions = self.least
        if sessions > 1 and speakers and not any(r.session for pool in speakers for r in pools[pool]):
            raise UserError("subset.min_sessions: this source names no sessions of its speakers; leave it out")
        found = [p for p in speakers if len(pools[p]) >= clips and len(_by_session(pools[p])) >= sessions]
        if len(found) < (self.speakers or 1):
            raise UserError(
                f"Only {len(found)} of {len(speakers)} speakers have at least {clips} clips of at least {sessions} "
                f"sessions, {self.speakers or 1} are asked for: lower subset.min_clips, subset.min_sessions or "
                "subset.speakers, or give a larger source"
            )
        return found

    def _clips(self, pool: Sequence[Recording], salt: str) -> list[Recording]:
        """What is drawn of a speaker or audio type on one side; spread over sessions where their number counts."""
        drawn = self._draw(pool, None if self.least else self.clips, salt)
        if self.least is None:
            return drawn
        turns = zip_longest(*_by_session(drawn).values())
        return [r for turn in turns for r in turn if r is not None][: self.clips]

    def _draw(self, items: Sequence[T], count: int | None, salt: str) -> list[T]:
        """`count` of `items`; a larger count keeps what a smaller one drew."""
        order = list(items)
        random.Random(f"{self.seed}/{salt}").shuffle(order)
        return order[:count]

    def lacks(self, label: str) -> str:
        """Why the source has no such label, in the words of those that can tell."""
        told = getattr(self.source, "lacks", None)
        return str(told(label)) if told is not None else f"source {self.name} names none"

    def face_labels(self) -> pl.DataFrame | None:
        return self.source.face_labels()

    def segment_labels(self) -> pl.DataFrame | None:
        return self.source.segment_labels()

    def key(self) -> Any:
        least = [] if self.least is None else [list(self.least)]
        return {"subset": [self.speakers, self.clips, self.seed, *least], "of": self.source.key()}


def _by_side(recordings: Sequence[Recording]) -> list[list[Recording]]:
    """The recordings of each published side, in their order; all together where no split is published."""
    found: dict[str | None, list[Recording]] = defaultdict(list)
    for recording in recordings:
        found[recording.split].append(recording)
    return list(found.values())


def _by_session(recordings: Sequence[Recording]) -> dict[str, list[Recording]]:
    """The recordings of each session, both in their order; one without a session is its own."""
    found: dict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        found[recording.session or f"~{recording.id}"].append(recording)
    return found
