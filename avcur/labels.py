"""Observed labels of clips: what a source says of a recording, a face or a span, carried over to `[start, end)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from avcur.records import FPS, Clip, Recording, Track
from avcur.sources.base import UNKNOWN
from avcur.tasks import audio_type_of
from avcur.visual.overlap import paired_overlap

Floats = npt.NDArray[np.float64]

CLIP_SCHEMA: dict[str, Any] = {
    "clip_id": pl.String, "recording_id": pl.String, "kind": pl.String, "track": pl.Int64, "start": pl.Float64,
    "end": pl.Float64, "audio_offset": pl.Float64, "speaker": pl.String, "audio_type": pl.String,
    "identity": pl.String, "speaking": pl.List(pl.Boolean), "content": pl.String, "session": pl.String,
    "entities": pl.List(pl.String), "media": pl.String, "content_key": pl.String, "has_picture": pl.Boolean,
    "audio_path": pl.String, "crop_path": pl.String,
    "published_split": pl.String, "attributes": pl.List(pl.Struct({"name": pl.String, "value": pl.String})),
}  # fmt: skip
"""The columns of a corpus's clip table. `media` is the hash of the recording's bytes, so that copies are known;
`content_key` also covers how it was standardised, segmented and cropped; `published_split` is the side (train, val,
test) on which the source publishes the recording, `attributes` what else it knows of it (`Recording.attributes`)."""

_MIN_IOU = 0.3
"""Mean IoU below which a track is nobody's: well under the 0.5 of trackers, as detectors box heads differently."""
_REACH = 2 / FPS
"""Seconds from a label within which its face is there: two frames."""
_MIN_COVERAGE = 0.5
"""Share of a window that spans must cover to give it their label: the majority."""

_ROUNDING = 0.001
"""Seconds: more than the digits to which clips and labels hold their times."""


class FaceLabels:
    """A source's face labels, looked up by recording; one row per face and frame."""

    def __init__(self, table: pl.DataFrame | None) -> None:
        self._by_recording: dict[str, pl.DataFrame] = {}
        if table is not None:
            for (recording_id,), rows in table.group_by(["recording_id"], maintain_order=True):
                self._by_recording[str(recording_id)] = rows
        self._last: tuple[str, _Faces] | None = None

    def knows(self, recording_id: str) -> bool:
        return recording_id in self._by_recording

    def of_track(self, recording_id: str, track: Track) -> tuple[str, list[bool]] | None:
        """The identity whose boxes the track follows and whether it speaks in each frame; None where nobody's fit."""
        if recording_id not in self._by_recording:
            return None
        times = track.start + np.arange(len(track.boxes)) / FPS
        boxes = np.asarray(track.boxes, dtype=np.float64)
        candidates = [_follow(face, times, boxes) for face in self._faces(recording_id).about(times[0], times[-1])]
        iou, identity, speaking = max(candidates, key=lambda c: (c[0], c[1]), default=(0.0, "", []))
        return (identity, speaking) if iou >= _MIN_IOU else None

    def _faces(self, recording_id: str) -> _Faces:
        """The recording's faces as arrays; kept for one recording, as clips come recording by recording."""
        if self._last is None or self._last[0] != recording_id:
            self._last = recording_id, _Faces(self._by_recording[recording_id])
        return self._last[1]


@dataclass(frozen=True)
class _Face:
    """The labels of one face over time: `times` (N,) rise, boxes (N, 4), speaking (N,)."""

    identity: str
    times: Floats
    boxes: Floats
    speaking: npt.NDArray[np.bool_]


class _Faces:
    """The labelled faces of one recording and when each is there."""

    def __init__(self, rows: pl.DataFrame) -> None:
        rows = rows.sort("identity", "time", maintain_order=True)
        counts = rows["identity"].rle().struct.unnest()
        ends = np.cumsum(counts["len"].to_numpy(), dtype=np.int64)
        times, boxes = rows["time"].to_numpy(), rows.select("x1", "y1", "x2", "y2").to_numpy()
        speaking = rows["speaking"].to_numpy()
        spans = [slice(start, end) for start, end in zip(np.append(0, ends[:-1]), ends, strict=True)]
        self._faces = [
            _Face(identity, times[at], boxes[at], speaking[at])
            for identity, at in zip(counts["value"].to_list(), spans, strict=True)
        ]
        self._first, self._last = (np.array([face.times[at] for face in self._faces]) for at in (0, -1))

    def about(self, start: float, end: float) -> Iterator[_Face]:
        """The faces with labels so near to a stretch of time that they can be there."""
        there = (self._first <= end + _REACH) & (self._last >= start - _REACH)
        yield from (self._faces[i] for i in np.flatnonzero(there))


def _follow(face: _Face, times: Floats, boxes: Floats) -> tuple[float, str, list[bool]]:
    """Mean IoU of a track with one labelled face, that face's identity, and its speaking flag in each frame."""
    known = face.times
    nearest = np.clip(np.searchsorted(known, times), 1, max(len(known) - 1, 1))
    nearest = np.where(np.abs(known[nearest - 1] - times) <= np.abs(known[np.minimum(nearest, len(known) - 1)] - times),
                       nearest - 1, np.minimum(nearest, len(known) - 1))  # fmt: skip
    # Farther than that from any label, the face is simply not there: overlap 0, not speaking.
    present = np.abs(known[nearest] - times) <= _REACH
    overlap = np.where(present, paired_overlap(boxes, face.boxes[nearest]), 0.0)
    return float(overlap.mean()), face.identity, (face.speaking[nearest] & present).tolist()


class SegmentLabels:
    """A source's labelled spans of long audio, looked up by recording."""

    def __init__(self, table: pl.DataFrame | None) -> None:
        self._by_recording: dict[str, list[tuple[float, float, str]]] = {}
        for recording_id, start, end, label in table.iter_rows() if table is not None else ():
            self._by_recording.setdefault(recording_id, []).append((start, end, label))

    def of_span(self, recording_id: str, start: float, end: float) -> str | None:
        """The audio type that covers most of a span.

        None where the recording has no labelled spans at all, or where the span reaches into time that nobody labelled.
        """
        spans = self._by_recording.get(recording_id)
        if spans is None or any(_reaches(span, start, end) for span in spans):
            return None
        speech = _coverage(((s, e) for s, e, label in spans if label in ("speech", "both")), start, end)
        music = _coverage(((s, e) for s, e, label in spans if label in ("music", "both")), start, end)
        return audio_type_of(speech >= _MIN_COVERAGE, music >= _MIN_COVERAGE)


def _reaches(span: tuple[float, float, str], start: float, end: float) -> bool:
    """Whether `[start, end)` reaches into a span of unknown content, by more than times are rounded to."""
    return span[2] == UNKNOWN and min(span[1], end) - max(span[0], start) > _ROUNDING


def _coverage(spans: Iterable[tuple[float, float]], start: float, end: float) -> float:
    """The share of `[start, end)` under the union of spans."""
    covered, reached = 0.0, start
    for span_start, span_end in sorted(spans):
        low, high = max(span_start, reached), min(span_end, end)
        covered += max(high - low, 0.0)
        reached = max(reached, high)
    return covered / (end - start)


def content(speaking: list[bool] | None, audio_type: str | None, speaker: str | None) -> str | None:
    """The observed tag by which a filter's rule chooses the clips it judges; None: the source says nothing."""
    if speaking is not None:
        return "speaking" if 2 * sum(speaking) > len(speaking) else "not_speaking"
    return audio_type or ("speech" if speaker else None)


def has_crop_and_sound() -> pl.Expr:
    """Which rows of a clip table show a face and have its sound: what is seen and heard together."""
    return pl.col("crop_path").is_not_null() & pl.col("audio_path").is_not_null()


def clip_row(
    clip: Clip, recording: Recording, track: Track | None, faces: FaceLabels, segments: SegmentLabels, **media: Any
) -> dict[str, Any]:
    """One row of the clip table; `media` are the columns from media to crop_path."""
    face = faces.of_track(recording.id, track) if track is not None else None
    identity, speaking = face if face is not None else (None, None)
    audio_type = recording.audio_type or segments.of_span(recording.id, clip.start, clip.end)
    return {
        "clip_id": clip.id, "recording_id": recording.id, "kind": clip.kind, "track": clip.track, "start": clip.start,
        "end": clip.end, "audio_offset": clip.audio_offset, "speaker": recording.speaker, "audio_type": audio_type,
        "identity": identity, "speaking": speaking, "content": content(speaking, audio_type, recording.speaker),
        "session": recording.session, "entities": list(recording.entities), **media,
        "published_split": recording.split,
        "attributes": [{"name": name, "value": value} for name, value in recording.attributes],
    }  # fmt: skip
