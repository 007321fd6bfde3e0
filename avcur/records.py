"""The nouns of the pipeline: frozen records, with units in their aliases."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from avcur.store.keys import digest

Seconds = float
Hertz = int
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 as fractions (0..1) of the displayed picture, as AVA writes them."""

ClipKind = Literal["whole", "track", "window", "still"]
State = Literal["ok", "not_applicable", "failed"]

FPS = 25
"""Frames per second of every standardised picture (the rate of VoxCeleb2, SyncNet and most of AVA)."""
SAMPLE_RATE = 16_000
"""Samples per second of all standardised sound, mono."""
SAMPLES_PER_FRAME = SAMPLE_RATE // FPS

Attributes = tuple[tuple[str, str], ...]
"""(name, value) of what a source knows of a recording beside its labels: sex, language, ...; sorted, a name once."""
TAKEN = ("speaker", "label", "group", "face_size")
"""What no attribute may be called: effects and losses are broken down by these anyway."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One source media file with the labels that its source observed.

    `entities` are whatever must not be on both sides of a split besides `session`: names such as
    `face:03`, `speaker:03`, `piece:12`, `noise:4`. Labels are None where the source has none. `split` is the side on
    which the source publishes the recording, for tests that others can repeat; None where it publishes no split.
    `audio_path`: the file of its sound, where that is another one than the picture's, `path`; both begin together.
    `attributes` decide nothing: they are what effects and losses are broken down by.
    """

    id: str
    path: Path
    speaker: str | None = None
    audio_type: str | None = None
    session: str | None = None
    entities: tuple[str, ...] = ()
    split: Literal["train", "val", "test"] | None = None
    audio_path: Path | None = None
    attributes: Attributes = ()

    def __post_init__(self) -> None:
        names = [name for name, _ in self.attributes]
        if names != sorted(set(names)):
            raise ValueError(f"Recording {self.id!r}: the names of attributes are sorted and unique, got {names}")
        if taken := set(names).intersection(TAKEN):
            raise ValueError(f"Recording {self.id!r}: no attribute may be called {min(taken)!r}; rename it")

    @property
    def sound_path(self) -> Path:
        """The file that holds its sound, if any does."""
        return self.path if self.audio_path is None else self.audio_path

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that it is made of, the picture's first."""
        return (self.path,) if self.audio_path is None else (self.path, self.audio_path)


def attributes_of(values: Mapping[str, str | None]) -> Attributes:
    """The attributes of a recording by their names; those without a value are left out."""
    return tuple(sorted((name, text) for name, value in values.items() if (text := (value or "").strip())))


@dataclass(frozen=True, slots=True)
class Standardised:
    """A recording after standardisation; `video_path` and `audio_path` are None where there is no such stream.

    Pictures are standard as they are read: upright, square pixels, on a 25 fps grid by their timestamps.
    """

    recording_id: str
    video_path: Path | None
    audio_path: Path | None
    duration: Seconds
    source_width: int | None = None
    """Of the source's picture as displayed, px: upright, square pixels."""
    source_height: int | None = None
    source_fps: float | None = None
    source_sample_rate: Hertz | None = None
    warning: str | None = None
    """A fault that was survived, such as a decoder error half-way; None when there was none."""


@dataclass(frozen=True, slots=True)
class Track:
    """One face over consecutive frames at 25 fps; `boxes[i]` belongs to the frame at `start + i / FPS`.

    `detected[i]` says whether the detector itself saw the face near that frame (False: bridged).
    """

    start: Seconds
    boxes: tuple[Box, ...]
    detected: tuple[bool, ...]

    @property
    def end(self) -> Seconds:
        return self.start + len(self.boxes) / FPS

    @property
    def first(self) -> int:
        """The grid frame (at 25 fps from the recording's start) of `boxes[0]`."""
        return round(self.start * FPS)

    def box_at(self, frame: int) -> Box:
        """The box at a grid frame of the recording; before and after the track its first and last one."""
        return self.boxes[min(max(0, frame - self.first), len(self.boxes) - 1)]


@dataclass(frozen=True, slots=True)
class Clip:
    """The unit of curation: `[start, end)` of one recording."""

    recording_id: str
    kind: ClipKind
    start: Seconds
    end: Seconds
    track: int | None = None
    audio_offset: Seconds = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end) and 0 <= self.start < self.end):
            raise ValueError(
                f"Clip of recording {self.recording_id!r} spans [{self.start}, {self.end}); need 0 <= start < end"
            )

    @property
    def id(self) -> str:
        """Hash of (recording, track, start, end, audio offset); times count to the microsecond."""
        parts = (
            self.recording_id,
            self.kind,
            self.track,
            round(self.start, 6),
            round(self.end, 6),
            round(self.audio_offset, 6),
        )
        return digest(parts)[:16]

    @property
    def duration(self) -> Seconds:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Measurement:
    """A signal's value for one clip: `ok` with a value, `not_applicable`, or `failed`; the last two with a reason.

    `series` are the values over time that `value` sums up, where a signal has them: one per frame at 25 fps, or times
    in seconds from the clip's start; the signal's docstring says which.
    """

    state: State
    value: float | None = None
    reason: str | None = None
    series: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.state == "ok":
            if self.value is None or not math.isfinite(self.value):
                raise ValueError(f"An ok measurement needs a finite value, got {self.value!r}")
        elif self.value is not None or self.series is not None or not self.reason:
            raise ValueError(f"A {self.state} measurement has a reason and no value, got {self!r}")

    @classmethod
    def ok(cls, value: float, series: Iterable[float] | None = None) -> Measurement:
        return cls("ok", value=float(value), series=None if series is None else tuple(map(float, series)))

    @classmethod
    def not_applicable(cls, reason: str) -> Measurement:
        return cls("not_applicable", reason=reason)

    @classmethod
    def failed(cls, reason: str) -> Measurement:
        return cls("failed", reason=reason)
