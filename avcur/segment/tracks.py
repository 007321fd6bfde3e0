"""Join the faces of sampled frames into tracks: pure functions on detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from avcur.records import FPS, Box, Detection, Track

SMOOTHING = 13
"""Frames of the median over position and size (the SyncNet pipeline's value at 25 fps)."""


@dataclass(frozen=True)
class TrackRules:
    """When two faces are one, and which tracks are kept.

    `iou`: least overlap of consecutive faces; `max_gap` (s): longest bridged time between two detections;
    `min_length` (s) and `min_size` (px, median side in the picture): shorter or smaller tracks are dropped.
    """

    iou: float = 0.4
    max_gap: float = 1.0
    min_length: float = 1.0
    min_size: float = 20.0


@dataclass
class _Open:
    """A track in the making: the samples (index into the detections) at which its face was seen."""

    samples: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def side(box: Box, width: int, height: int) -> float:
    """Side of the square of equal area, px, in a picture of width x height px."""
    return float(np.sqrt((box[2] - box[0]) * width * (box[3] - box[1]) * height))


def build_tracks(
    detections: Sequence[Detection],
    duration: float,
    picture: tuple[int, int],
    rules: TrackRules,
    cuts: Sequence[float] = (),
) -> list[Track]:
    """Tracks at 25 fps from detections at rising times; no track crosses a cut (s, the time of its first frame).

    `picture` is (width, height) px. A track runs from its first to its last sighting, and to the end of the recording
    if it was seen in the last sample. Tracks come in the order of their first frame.
    """
    tracks = []
    last = len(detections) - 1
    num_frames = max(1, round(duration * FPS))
    for found in _associate(detections, rules, cuts):
        final = num_frames if found.samples[-1] == last else None
        track = _fill(found, [d.time for d in detections], num_frames, final)
        sizes = [side(box, *picture) for box in track.boxes]
        if len(track.boxes) / FPS >= rules.min_length - 1e-9 and np.median(sizes) >= rules.min_size:
            tracks.append(track)
    return sorted(tracks, key=lambda t: (t.start, t.boxes[0]))


def _associate(detections: Sequence[Detection], rules: TrackRules, cuts: Sequence[float]) -> list[_Open]:
    """Give each face to the open track that it overlaps most, best pairs first; the rest open new tracks."""
    done: list[_Open] = []
    active: list[_Open] = []
    previous = -np.inf
    for sample, detection in enumerate(detections):
        if any(previous < cut <= detection.time for cut in cuts):
            done, active = done + active, []
        alive: list[_Open] = []
        for track in active:
            silent = detection.time - detections[track.samples[-1]].time
            (alive if silent <= rules.max_gap + 1e-9 else done).append(track)
        active = alive + _extend(alive, sample, detection, rules.iou)
        previous = detection.time
    return done + active


def _extend(active: list[_Open], sample: int, detection: Detection, least: float) -> list[_Open]:
    """Append the sample's faces to `active` in place; returns the tracks that begin here."""
    overlaps = [(iou(t.boxes[-1], box), i, j) for i, t in enumerate(active) for j, box in enumerate(detection.boxes)]
    pairs = sorted((p for p in overlaps if p[0] >= least), key=lambda p: (-p[0], p[1], p[2]))
    tracks, faces = set(), set()
    for _, i, j in pairs:
        if i not in tracks and j not in faces:
            tracks.add(i)
            faces.add(j)
            active[i].samples.append(sample)
            active[i].boxes.append(detection.boxes[j])
    return [_Open([sample], [box]) for j, box in enumerate(detection.boxes) if j not in faces]


def _fill(found: _Open, times: Sequence[float], num_frames: int, final: int | None) -> Track:
    """Interpolate the sightings to every frame, smooth them, and mark the frames that stand on a sighting."""
    seen = np.array([round(times[s] * FPS) for s in found.samples])
    first = int(seen[0])
    stop = min(num_frames, int(seen[-1]) + 1) if final is None else max(final, int(seen[-1]) + 1)
    at = np.arange(first, stop)
    boxes = np.array(found.boxes)
    dense = np.stack([np.interp(at, seen, boxes[:, k]) for k in range(4)], axis=1)
    sampled = np.array([round(t * FPS) for t in times])
    detected = np.isin(_nearest(at, sampled), found.samples)
    return Track(first / FPS, _as_boxes(_smooth(dense)), tuple(bool(d) for d in detected))


def _nearest(values: NDArray[np.int_], among: NDArray[np.int_]) -> NDArray[np.int_]:
    """For each value the index of the nearest of `among`, which rises; the earlier one in a tie."""
    right = np.clip(np.searchsorted(among, values), 1, max(1, len(among) - 1))
    right = np.minimum(right, len(among) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(values - among[left] <= among[right] - values, left, right)


def _smooth(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median over time of centre and size separately, (T, 4) -> (T, 4)."""
    centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    centre = median_filter(centre, size=(SMOOTHING, 1), mode="nearest")
    size = median_filter(size, size=(SMOOTHING, 1), mode="nearest")
    smoothed: NDArray[np.float64] = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    return np.clip(smoothed, 0.0, 1.0)


def _as_boxes(boxes: NDArray[np.float64]) -> tuple[Box, ...]:
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in boxes)
