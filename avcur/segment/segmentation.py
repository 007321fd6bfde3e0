"""What a segmenter found in one recording, as compact text that reads back equal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from avcur.records import Box, Clip, Detection, Standardised, Track

TIME_DIGITS, BOX_DIGITS, PROBABILITY_DIGITS = 4, 5, 4


@dataclass(frozen=True)
class Segmentation:
    """The clips of a recording, the tracks they point at (`clip.track`) and the sampled frames' detections.

    Times are held to 0.1 ms and boxes to 1e-5 of the picture, so that a segmentation and its text are the same.
    `detections` is empty where no detector ran: no picture, or a segmenter that looks for no faces.
    """

    clips: tuple[Clip, ...]
    tracks: tuple[Track, ...] = ()
    detections: tuple[Detection, ...] = ()

    @classmethod
    def rounded(
        cls, clips: Iterable[Clip], tracks: Iterable[Track] = (), detections: Iterable[Detection] = ()
    ) -> Segmentation:
        return cls(
            tuple(_rounded_clip(clip) for clip in clips),
            tuple(Track(_time(t.start), _boxes(t.boxes), t.detected) for t in tracks),
            tuple(
                Detection(_time(d.time), _boxes(d.boxes), tuple(round(p, PROBABILITY_DIGITS) for p in d.probabilities))
                for d in detections
            ),
        )

    def to_json(self) -> str:
        content = {
            "recording_id": self.clips[0].recording_id if self.clips else None,
            "clips": [[c.kind, c.start, c.end, c.track, c.audio_offset] for c in self.clips],
            "tracks": [[t.start, t.boxes, "".join("01"[seen] for seen in t.detected)] for t in self.tracks],
            "detections": [[d.time, d.boxes, d.probabilities] for d in self.detections],
        }
        return json.dumps(content, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Segmentation:
        content = json.loads(text)
        name = content["recording_id"]
        return cls(
            tuple(Clip(name, kind, start, end, track, shift) for kind, start, end, track, shift in content["clips"]),
            tuple(
                Track(start, _tuples(boxes), tuple(mark == "1" for mark in marks))
                for start, boxes, marks in content["tracks"]
            ),
            tuple(Detection(time, _tuples(boxes), tuple(p)) for time, boxes, p in content["detections"]),
        )


class Segmenter(Protocol):
    """Cuts a standardised recording into clips; a dataclass of plain parameters (and a detector)."""

    @property
    def version(self) -> int: ...

    def __call__(self, media: Standardised) -> Segmentation: ...


def _rounded_clip(clip: Clip) -> Clip:
    """Ends round down, so that no clip outlasts its recording."""
    scale = 10**TIME_DIGITS
    end = max(math.floor(clip.end * scale + 1e-6) / scale, _time(clip.start) + 1 / scale)
    return Clip(clip.recording_id, clip.kind, _time(clip.start), _time(end), clip.track, clip.audio_offset)


def _time(seconds: float) -> float:
    return round(float(seconds), TIME_DIGITS)


def _boxes(boxes: Iterable[Box]) -> tuple[Box, ...]:
    return tuple((_edge(a), _edge(b), _edge(c), _edge(d)) for a, b, c, d in boxes)


def _edge(value: float) -> float:
    return round(float(value), BOX_DIGITS)


def _tuples(boxes: Any) -> tuple[Box, ...]:
    return tuple((a, b, c, d) for a, b, c, d in boxes)
