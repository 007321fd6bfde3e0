"""What a segmenter found in one recording: its clips, and the tracks they point at."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from avcur.errors import DamagedCacheError
from avcur.records import Box, Clip, Seconds, Standardised, Track
from avcur.store.commit import committed
from avcur.visual.look import Look
from avcur.visual.visual_pass import Visual

TIME_DIGITS, BOX_DIGITS = 4, 5


@dataclass(frozen=True)
class Segmentation:
    """The clips of a recording and the tracks they point at (`clip.track`).

    Times are held to 0.1 ms and boxes to 1e-5 of the picture, so that a segmentation and what is stored are the same.
    """

    clips: tuple[Clip, ...]
    tracks: tuple[Track, ...] = ()

    @classmethod
    def rounded(cls, clips: Iterable[Clip], tracks: Iterable[Track] = ()) -> Segmentation:
        return cls(
            tuple(_rounded_clip(clip) for clip in clips),
            tuple(Track(_time(t.start), tuple(map(_rounded_box, t.boxes)), t.detected) for t in tracks),
        )

    @classmethod
    def of_tracks(cls, recording_id: str, tracks: Sequence[Track], duration: Seconds) -> Segmentation:
        """A clip of kind `track` for each, cut where the recording of `duration` ends."""
        ends = (min(track.end, duration) for track in tracks)
        spans = enumerate(zip(tracks, ends, strict=True))
        return cls.rounded([Clip(recording_id, "track", t.start, end, track=i) for i, (t, end) in spans], tracks)


def clips_to_json(clips: Iterable[Clip]) -> str:
    """Clips without their recording's id, as a table holds them."""
    rows = [[c.kind, c.start, c.end, c.track, c.audio_offset] for c in clips]
    return json.dumps(rows, separators=(",", ":"), allow_nan=False)


def clips_from_json(text: str, recording_id: str) -> tuple[Clip, ...]:
    return tuple(
        Clip(recording_id, kind, start, end, track, shift) for kind, start, end, track, shift in json.loads(text)
    )


def save_tracks(tracks: tuple[Track, ...], path: Path) -> None:
    """Write tracks as one .npz file, whole or not at all."""
    with committed(path) as beside:
        np.savez_compressed(
            beside,
            start=np.array([t.start for t in tracks], np.float64),
            length=np.array([len(t.boxes) for t in tracks], np.int64),
            boxes=np.array([box for t in tracks for box in t.boxes], np.float64).reshape(-1, 4),
            detected=np.array([seen for t in tracks for seen in t.detected], np.bool_),
        )


def load_tracks(path: Path) -> tuple[Track, ...]:
    """Read what `save_tracks` wrote; a DamagedCacheError where it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            ends = np.cumsum(stored["length"])
            boxes, detected = np.split(stored["boxes"], ends)[:-1], np.split(stored["detected"], ends)[:-1]
            starts = stored["start"].tolist()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedCacheError(f"Cannot read {path} ({error}); delete it, it is then made again") from error
    return tuple(
        Track(start, tuple((a, b, c, d) for a, b, c, d in own.tolist()), tuple(seen.tolist()))
        for start, own, seen in zip(starts, boxes, detected, strict=True)
    )


class Segmenter(Protocol):
    """Cuts a standardised recording into clips by what `visual` saw of it; a dataclass of plain parameters."""

    @property
    def version(self) -> int: ...
    @property
    def visual(self) -> Visual | None:
        """What looks at the picture first; None where only sound is wanted."""
        ...

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation: ...


def _rounded_clip(clip: Clip) -> Clip:
    """Ends round down, so that no clip outlasts its recording."""
    scale = 10**TIME_DIGITS
    end = max(math.floor(clip.end * scale + 1e-6) / scale, _time(clip.start) + 1 / scale)
    return Clip(clip.recording_id, clip.kind, _time(clip.start), _time(end), clip.track, clip.audio_offset)


def _time(seconds: float) -> float:
    return round(float(seconds), TIME_DIGITS)


def _rounded_box(box: Box) -> Box:
    a, b, c, d = (round(float(value), BOX_DIGITS) for value in box)
    return a, b, c, d
