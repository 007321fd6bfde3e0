"""Join the faces of sampled frames into tracks: pure functions on a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from avcur.records import FPS, Box, Track
from avcur.visual.look import Look
from avcur.visual.overlap import overlaps

SMOOTHING = 13
"""Frames of the median over position and size (the SyncNet pipeline's value at 25 fps)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TrackRules:
    """When two faces are one, and which tracks are kept.

    `iou`: least overlap of consecutive faces; `max_gap` (s): longest bridged time between two detections;
    `min_length` (s) and `min_size` (px, median side in the displayed picture): shorter or smaller tracks are dropped.
    """

    iou: float = 0.4
    max_gap: float = 1.0
    min_length: float = 1.0
    min_size: float = 20.0


@dataclass
class _Open:
    """A track in the making: the samples (index) in which its face was seen."""

    samples: list[int] = field(default_factory=list)
    boxes: list[Floats] = field(default_factory=list)


def build_tracks(look: Look, rules: TrackRules) -> list[Track]:
    """Tracks at 25 fps in the order of their first frame; none crosses a cut.

    Short misses are bridged by linear interpolation; position and size are smoothed by a median. A track runs from
    its first to its last sighting, and shots are sampled at both ends, so a face that stays is followed to the cut.
    """
    tracks = []
    for samples in _shots(look):
        for found in _associate(look, samples, rules):
            track = _fill(found, look, samples)
            size = np.median(look.sides(np.asarray(track.boxes)))
            if len(track.boxes) / FPS >= rules.min_length - 1e-9 and size >= rules.min_size:
                tracks.append(track)
    return sorted(tracks, key=lambda t: (t.start, t.boxes[0]))


def _shots(look: Look) -> Iterator[range]:
    """The samples of each shot."""
    edges = [0, *np.searchsorted(look.sample, look.cuts).tolist(), len(look.sample)]
    yield from (range(a, b) for a, b in pairwise(edges) if b > a)


def _associate(look: Look, samples: range, rules: TrackRules) -> list[_Open]:
    """Give each face to the open track that it overlaps most, best pairs first; the rest open new tracks."""
    done: list[_Open] = []
    active: list[_Open] = []
    for sample in samples:
        alive: list[_Open] = []
        for track in active:
            silent = (look.sample[sample] - look.sample[track.samples[-1]]) / FPS
            (alive if silent <= rules.max_gap + 1e-9 else done).append(track)
        first, stop = np.searchsorted(look.face_sample, [sample, sample + 1])
        active = alive + _extend(alive, sample, look.face_box[first:stop], rules.iou)
    return done + active


def _extend(active: list[_Open], sample: int, boxes: Floats, least: float) -> list[_Open]:
    """Append the sample's faces to `active` in place; returns the tracks that begin here."""
    overlap = overlaps(np.array([track.boxes[-1] for track in active]), boxes)
    pairs = sorted(zip(*np.nonzero(overlap >= least), strict=True), key=lambda p: (-overlap[p], p))
    tracks, faces = set(), set()
    for i, j in pairs:
        if i not in tracks and j not in faces:
            tracks.add(i)
            faces.add(j)
            active[i].samples.append(sample)
            active[i].boxes.append(boxes[j])
    return [_Open([sample], [box]) for j, box in enumerate(boxes) if j not in faces]


def _fill(found: _Open, look: Look, samples: range) -> Track:
    """Interpolate the sightings to every frame, smooth them, and mark the frames that stand on a sighting."""
    seen = look.sample[found.samples]
    at = np.arange(seen[0], seen[-1] + 1)
    boxes = np.array(found.boxes)
    dense = np.stack([np.interp(at, seen, boxes[:, k]) for k in range(4)], axis=1)
    detected = np.isin(samples.start + _nearest(at, look.sample[samples.start : samples.stop]), found.samples)
    return Track(float(seen[0] / FPS), _as_boxes(_smooth(dense)), tuple(bool(d) for d in detected))


def _nearest(values: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each value the index of the nearest of `among`, which rises; the earlier one in a tie."""
    right = np.clip(np.searchsorted(among, values), 0, len(among) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(values - among[left]) <= np.abs(among[right] - values), left, right)


def _smooth(boxes: Floats) -> Floats:
    """Median over time of centre and size separately, (T, 4) -> (T, 4)."""
    centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    centre = median_filter(centre, size=(SMOOTHING, 1), mode="nearest")
    size = median_filter(size, size=(SMOOTHING, 1), mode="nearest")
    return np.asarray(np.clip(np.concatenate([centre - size / 2, centre + size / 2], axis=1), 0.0, 1.0))


def _as_boxes(boxes: Floats) -> tuple[Box, ...]:
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in boxes)
