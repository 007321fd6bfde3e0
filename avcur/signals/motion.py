"""How the head and the mouth move, and how unsteady the detected box is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from avcur.records import FPS, Measurement
from avcur.segment.tracks import SMOOTHING
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.media import OWN_FACE_OVERLAP, Rows
from avcur.signals.time_weights import own_faces, weighted_mean
from avcur.visual.overlap import paired_overlap

Floats = NDArray[np.float64]

SOFTENING = 3.0
"""Frames, standard deviation of the Gaussian after the median: it rounds the median's steps, which would count as
movement. Together they pass a head that sways once a second or slower, and quiver faster than that hardly."""
LONGEST_GAP = 1.0
"""Seconds between two samples beyond which they are not joined to one path; as long as a track bridges."""


@dataclass
class Motion(Signal):
    """Of the clip's own face; a still has none of them.

    `head_motion`: face sides per second, mean speed of the centre of the face along its smooth path (the track's, or
    the sampled boxes smoothed alike), so slow swaying counts and the detector's noise does not. `box_jitter`: share of
    the face's side, root mean square over time of what the detected box moves to the next frame beyond that path.
    `mouth_motion`: share of the mouth region's own contrast (no unit), mean over time of how much the mouth changes
    from one frame to the next: mean absolute difference over standard deviation of its grey levels. The last two are
    not applicable where the face is never seen in two frames running.
    """

    columns = ("head_motion", "box_jitter", "mouth_motion")
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        media.need_motion()
        rows, seconds = own_faces(media)
        paths = list(_paths(media))
        mouth = weighted_mean(media.need_look().face_mouth_motion[rows], seconds)
        return {
            "head_motion": _value(_speed(paths), "the face is seen in one frame only"),
            "box_jitter": _value(_jitter(media, paths), "the face is not seen in two frames running"),
            "mouth_motion": _value(mouth, "the face is not seen in two frames running"),
        }


def _value(value: float, otherwise: str) -> Measurement:
    return Measurement.not_applicable(otherwise) if math.isnan(value) else Measurement.ok(value)


class _Path(NamedTuple):
    """Smooth positions of one face: `centres[i]` (T, 2), px, is that of grid frame `first + i`."""

    first: int
    centres: Floats
    side: float
    """Median side of the face, px."""


def _speed(paths: list[_Path]) -> float:
    """Face sides per second; NaN without two frames on a path."""
    seconds = sum(len(path.centres) - 1 for path in paths) / FPS
    length = sum(np.linalg.norm(np.diff(path.centres, axis=0), axis=1).sum() / path.side for path in paths)
    return float(length) / seconds if seconds else math.nan


def _jitter(media: ClipMedia, paths: list[_Path]) -> float:
    """Root mean square over the samples, by the time they stand for; NaN where no movement was measured."""
    rows, seconds = own_faces(media)
    look = media.need_look()
    steps = np.full((look.num_frames, 2), np.nan)
    for first, centres, _ in paths:
        if len(centres) > 1:
            moved = np.diff(centres, axis=0)
            steps[first : first + len(centres)] = np.concatenate([moved, moved[-1:]])
    frames = look.sample[look.face_sample[rows]]
    beyond = look.face_shift[rows] - steps[frames] / media.face_sides(rows)[:, None]
    return math.sqrt(weighted_mean(np.sum(beyond**2, axis=1), seconds))


def _paths(media: ClipMedia) -> Iterator[_Path]:
    """The track's path inside the clip, or a path for each stretch of samples that show one face in one shot."""
    look = media.need_look()
    size = np.array([look.width, look.height], np.float64)
    if media.track is not None:
        first = media.track.first
        low = max(0, round(media.clip.start * FPS) - first)
        high = min(round(media.clip.end * FPS), look.num_frames) - first
        yield _smooth(first + low, np.asarray(media.track.boxes, np.float64)[low:high], size)
        return
    for rows in _stretches(media):
        frames = look.sample[look.face_sample[rows]]
        dense = np.arange(frames[0], frames[-1] + 1)
        boxes = look.face_box[rows]
        yield _smooth(int(frames[0]), np.stack([np.interp(dense, frames, boxes[:, k]) for k in range(4)], axis=1), size)


def _stretches(media: ClipMedia) -> Iterator[Rows]:
    """Rows of the own face, parted at cuts, at long gaps and where it is another face."""
    look, rows = media.need_look(), media.need_faces()
    frames = look.sample[look.face_sample[rows]]
    other = paired_overlap(look.face_box[rows[:-1]], look.face_box[rows[1:]]) < OWN_FACE_OVERLAP
    shots = np.searchsorted(look.cuts, frames, side="right")
    parted = other | (np.diff(shots) > 0) | (np.diff(frames) > LONGEST_GAP * FPS)
    yield from np.split(rows, np.flatnonzero(parted) + 1)


def _smooth(first: int, boxes: Floats, size: Floats) -> _Path:
    """From boxes (T, 4), one per grid frame, in fractions of a picture of that size (width, height), px."""
    corners = boxes.reshape(-1, 2, 2) * size
    side = float(np.median(np.sqrt(np.prod(corners[:, 1] - corners[:, 0], axis=1))))
    centres = median_filter(corners.mean(axis=1), size=(SMOOTHING, 1), mode="nearest")
    return _Path(first, gaussian_filter1d(centres, SOFTENING, axis=0, mode="nearest"), side)
