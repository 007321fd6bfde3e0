"""Selection by lip sync: keep the spans of a clip that are in sync, and undo a constant offset."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.filters.parts import Row, Span, part, split
from avcur.filters.row_step import RowStep
from avcur.records import FPS

UNKNOWN = 25
"""Frames: at its ends a clip lacks the sound of an offset, or the pictures that a network sees around a frame."""


@dataclass(frozen=True, kw_only=True)
class SplitBySync(RowStep):
    """Splits a clip where its per-frame confidence stays below `min`, as TalkingVideo does (its min is 2.1 of SyncNet).

    Stretches of at most `merge` frames below it are bridged; of what lies at or above it parts shorter than
    `min_frames` are dropped. `trim` frames are cut off a part where it borders on a dropped span, whose edge the
    smoothed confidence blurs; TalkingVideo also trims at the clip's own ends, which are no such edge.
    """

    signal: str = "sync_confidence"
    min: float
    merge: int = 15
    min_frames: int = 75
    trim: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_numbers("merge", "trim", whole=True)
        self.check_numbers("min_frames", least=1, whole=True)
        self.check_numbers("min", least=-math.inf)

    def judge(self, row: Row, found: Mapping[str, Any]) -> list[Row]:
        first = round((row["start"] - row["parent_start"]) * FPS)
        count = max(1, round((row["end"] - row["start"]) * FPS))
        confidence = np.asarray(found["series"] or [found["value"]], np.float64)
        known = _filled(confidence)
        inside = known[np.clip(np.arange(first, first + count), 0, len(known) - 1)]
        return split(row, [_span(row, *s, count) for s in self._spans(inside >= self.min)], self.reason)

    @property
    def reason(self) -> str:
        return f"no {self.min_frames} frames in sync ({self.signal} >= {self.min:g})"

    def _spans(self, good: NDArray[np.bool_]) -> list[tuple[int, int]]:
        """The [first, stop) frames of the parts to keep."""
        merged: list[tuple[int, int]] = []
        for first, stop in _runs(good):
            if merged and first - merged[-1][1] <= self.merge:
                first = merged.pop()[0]
            merged.append((first, stop))
        long = [(first, stop) for first, stop in merged if stop - first >= self.min_frames]
        trimmed = [(first + self.trim * (first > 0), stop - self.trim * (stop < len(good))) for first, stop in long]
        return [(first, stop) for first, stop in trimmed if stop > first]


def _filled(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frames without a value (NaN) for up to `UNKNOWN` frames take that of the nearest that has one.

    Longer stretches have no sound, and so are not in sync with it.
    """
    known = np.flatnonzero(~np.isnan(confidence))
    if not len(known):
        return confidence
    every = np.arange(len(confidence))
    after = np.clip(np.searchsorted(known, every), 0, len(known) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(known[before] - every) <= np.abs(known[after] - every), known[before], known[after])
    filled = confidence[nearest]
    for first, stop in _runs(np.isnan(confidence)):
        if stop - first > UNKNOWN:
            filled[first:stop] = np.nan
    return filled


def _runs(good: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """[first, stop) of each stretch of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def _span(row: Row, first: int, stop: int, count: int) -> Span:
    """Frames of a row as a span of its recording; its own ends are its own to the last digit."""
    return (
        row["start"] if first == 0 else row["start"] + first / FPS,
        row["end"] if stop == count else row["start"] + stop / FPS,
    )


@dataclass(frozen=True, kw_only=True)
class CorrectOffset(RowStep):
    """Moves the sound of a clip by its measured offset, so that it is in sync; nothing is written anew.

    A clip whose sound leads (or lags) by more than `max_offset` frames is dropped, as an offset at the edge of what is
    searched is rarely one (LatentSync takes 6). One below `min_offset` is left as it is: a backend may be off by a few
    frames itself. Whether the measurement is to be believed is for a rule on `sync_confidence` to say.
    """

    signal: str = "sync_offset"
    max_offset: int = 6
    min_offset: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_numbers("max_offset", whole=True)
        self.check_numbers("min_offset", least=1, whole=True)

    def judge(self, row: Row, found: Mapping[str, Any]) -> list[Row]:
        offset = round(found["value"])
        if abs(offset) > self.max_offset:
            return [{**row, "reason": f"|{self.signal}| > {self.max_offset}"}]
        if abs(offset) < self.min_offset:
            return [{**row, "reason": None}]
        # Positive: the sound leads, so what belongs to a picture lies earlier in the sound.
        aligned = part(row, row["start"], row["end"], round(row["audio_offset"] - offset / FPS, 6))
        return [{**aligned, "reason": None}]
