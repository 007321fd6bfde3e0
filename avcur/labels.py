"""Observed labels of clips: what a source says of a recording, a face or a span, carried over to `[start, end)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from avcur.records import FPS, Clip, Recording, Track
from avcur.visual.overlap import paired_overlap

Floats = npt.NDArray[np.float64]

CLIP_SCHEMA: dict[str, Any] = {
    "clip_id": pl.String, "recording_id": pl.String, "kind": pl.String, "track": pl.Int64, "start": pl.Float64,
    "end": pl.Float64, "audio_offset": pl.Float64, "speaker": pl.String, "audio_type": pl.String,
    "identity": pl.String, "speaking": pl.List(pl.Boolean), "content": pl.String, "session": pl.String,
    "entities": pl.List(pl.String), "media": pl.String, "content_key": pl.String, "has_picture": pl.Boolean,
    "audio_path": pl.String, "crop_path": pl.String,
}  # fmt: skip
"""The columns of a corpus's clip table. `media` is the hash of the recording's bytes, so that copies are known;
`content_key` also covers how it was standardised, segmented and cropped."""

_MIN_IOU = 0.3
"""Mean IoU below which a track is nobody's: well under the 0.5 of trackers, as detectors box heads differently."""
_MIN_COVERAGE = 0.5
"""Share of a window that spans must cover to give it their label: the majority."""


class FaceLabels:
    """A source's face labels, looked up by recording; one row per face and frame."""

    def __init__(self, table: pl.DataFrame | None) -> None:
        self._by_recording: dict[str, pl.DataFrame] = {}
        if table is not None:
            for (recording_id,), rows in table.group_by(["recording_id"], maintain_order=True):
                self._by_recording[str(recording_id)] = rows

    def knows(self, recording_id: str) -> bool:
        return recording_id in self._by_recording

    def of_track(self, recording_id: str, track: Track) -> tuple[str, list[bool]] | None:
        """The identity whose boxes the track follows and whether it speaks in each frame; None where nobody's fit."""
        rows = self._by_recording.get(recording_id)
        if rows is None:
            return None
        times = track.start + np.arange(len(track.boxes)) / FPS
        boxes = np.asarray(track.boxes, dtype=np.float64)
        candidates = [_follow(face, times, boxes) for _, face in rows.group_by("identity", maintain_order=True)]
        iou, identity, speaking = max(candidates, key=lambda c: (c[0], c[1]))
        return (identity, speaking) if iou >= _MIN_IOU else None


def _follow(face: pl.DataFrame, times: Floats, boxes: Floats) -> tuple[float, str, list[bool]]:
    """Mean IoU of a track with one labelled face, that face's identity, and its speaking flag in each frame."""
    face = face.sort("time")
    known = face["time"].to_numpy()
    nearest = np.clip(np.searchsorted(known, times), 1, max(len(known) - 1, 1))
    nearest = np.where(np.abs(known[nearest - 1] - times) <= np.abs(known[np.minimum(nearest, len(known) - 1)] - times),
                       nearest - 1, np.minimum(nearest, len(known) - 1))  # fmt: skip
    # Farther than two frames from any label, the face is simply not there: overlap 0, not speaking.
    present = np.abs(known[nearest] - times) <= 2 / FPS
    overlap = np.where(present, paired_overlap(boxes, face.select("x1", "y1", "x2", "y2").to_numpy()[nearest]), 0.0)
    speaking = face["speaking"].to_numpy()[nearest] & present
    return float(overlap.mean()), str(face["identity"][0]), [bool(s) for s in speaking]


class SegmentLabels:
    """A source's labelled spans of long audio, looked up by recording."""

    def __init__(self, table: pl.DataFrame | None) -> None:
        self._by_recording: dict[str, list[tuple[float, float, str]]] = {}
        for recording_id, start, end, label in table.iter_rows() if table is not None else ():
            self._by_recording.setdefault(recording_id, []).append((start, end, label))

    def of_span(self, recording_id: str, start: float, end: float) -> str | None:
        """The audio type that covers most of a span; None where the recording has no labelled spans at all."""
        spans = self._by_recording.get(recording_id)
        if spans is None:
            return None
        speech = _coverage(((s, e) for s, e, label in spans if label in ("speech", "both")), start, end)
        music = _coverage(((s, e) for s, e, label in spans if label in ("music", "both")), start, end)
        match (speech >= _MIN_COVERAGE, music >= _MIN_COVERAGE):
            case (True, True):
                return "both"
            case (True, False):
                return "speech"
            case (False, True):
                return "music"
            case _:
                return "neither"


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
    """One row of the clip table; `media` are the columns from media on."""
    face = faces.of_track(recording.id, track) if track is not None else None
    identity, speaking = face if face is not None else (None, None)
    audio_type = recording.audio_type or segments.of_span(recording.id, clip.start, clip.end)
    return {
        "clip_id": clip.id, "recording_id": recording.id, "kind": clip.kind, "track": clip.track, "start": clip.start,
        "end": clip.end, "audio_offset": clip.audio_offset, "speaker": recording.speaker, "audio_type": audio_type,
        "identity": identity, "speaking": speaking, "content": content(speaking, audio_type, recording.speaker),
        "session": recording.session, "entities": list(recording.entities), **media,
    }  # fmt: skip
