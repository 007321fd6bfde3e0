"""Selection by who speaks: parts of clips with one voice each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from avcur.filters.parts import Row, split
from avcur.filters.row_step import RowStep
from avcur.records import FPS, Seconds


@dataclass(frozen=True, kw_only=True)
class SplitAtSpeakerChanges(RowStep):
    """Splits a clip where its speaker changes, so that no part has two voices.

    `margin` seconds are cut off on both sides of a change, as its time is known no better; parts shorter than
    `min_seconds` are dropped. Put it before a step that moves the sound: changes are timed in the sound as measured.
    """

    signal: str = "speaker_changes"
    min_seconds: Seconds = 1.0
    margin: Seconds = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_numbers("min_seconds", "margin")

    def judge(self, row: Row, found: Mapping[str, Any]) -> list[Row]:
        # On the grid of frames, so that pictures and labels are cut where the sound is.
        changes = [row["parent_start"] + round(time * FPS) / FPS for time in found["series"] or ()]
        inside = [time for time in sorted(changes) if row["start"] < time < row["end"]]
        if not inside:
            return [{**row, "reason": None}]
        margin = round(self.margin * FPS) / FPS
        starts = [row["start"], *(time + margin for time in inside)]
        ends = [*(time - margin for time in inside), row["end"]]
        spans = [(start, end) for start, end in zip(starts, ends, strict=True) if end - start >= self.min_seconds]
        return split(row, spans, f"near a change of speaker, or < {self.min_seconds:g} s")
