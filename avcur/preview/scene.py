"""What there is to show at each grid frame of a recording: faces, clips, shots. Pure arrays; nothing is drawn here."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from avcur.preview.judged import JudgedClip
from avcur.records import FPS, Clip, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.signals.media import ClipMedia
from avcur.visual.look import Look

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

NEAR = 12
"""Grid frames, half a second: a face seen longer ago than this is not shown as if it were seen now."""
STILL_SHOWN = 0.6
"""Seconds for which a still's values stay on show, as one frame cannot be read."""


@dataclass(frozen=True)
class Span:
    """A clip or a track, on show in grid frames [first, stop), in a lane that is its own all the while."""

    first: int
    stop: int
    track: int | None
    judged: JudgedClip | None
    lane: int = 0

    @property
    def name(self) -> str:
        if self.track is not None:
            return f"track {self.track}"
        return self.judged.clip.kind if self.judged is not None else "clip"

    def holds(self, number: int) -> bool:
        return self.first <= number < self.stop

    def speaking_score(self, number: int) -> float | None:
        """In a grid frame, above 0 where its face speaks; NaN without sound there, None where none was measured."""
        scores = None if self.judged is None else self.judged.speaking_scores
        at = number - self.first
        return float(scores[at]) if scores is not None and 0 <= at < len(scores) else None

    def speaks(self, number: int) -> bool:
        return (self.speaking_score(number) or 0.0) > 0

    def spoken(self) -> list[tuple[int, int]]:
        """The stretches [first, stop) of grid frames in which it speaks."""
        scores = None if self.judged is None else self.judged.speaking_scores
        if scores is None:
            return []
        edges = np.flatnonzero(np.diff(scores[: self.stop - self.first] > 0, prepend=False, append=False)) + self.first
        return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@dataclass(frozen=True)
class TrackFace:
    """A track in one grid frame: its smoothed box (fractions of the picture), and whether it was detected near it.

    `row` is the row of the look's `face_*` columns of its nearest sighting, None without one near.
    """

    track: int
    box: Floats
    detected: bool
    row: int | None


class Scene:
    """A recording with all that is known of it, asked frame by frame."""

    def __init__(
        self, media: Standardised, look: Look | None, segmentation: Segmentation, clips: Iterable[JudgedClip]
    ) -> None:
        self.media, self.look, self.segmentation = media, look, segmentation
        self.num_frames = max(1, look.num_frames if look is not None else 0, round(media.duration * FPS))
        self.cuts: Rows = look.cuts if look is not None else np.zeros(0, np.int64)
        self._tracks = [_TrackRows(media, look, segmentation, i) for i in range(len(segmentation.tracks))]
        self.spans = _in_lanes(list(self._spans(clips)))
        self._lanes = [[s for s in self.spans if s.lane == lane] for lane in range(self.num_lanes)]

    @property
    def num_lanes(self) -> int:
        """How many clips or tracks may be there at once."""
        return max((span.lane + 1 for span in self.spans), default=0)

    def shot(self, number: int) -> tuple[int, int]:
        """Which shot a grid frame belongs to, from 1 on, and how many there are."""
        return int(np.searchsorted(self.cuts, number, side="right")) + 1, len(self.cuts) + 1

    def present(self, number: int) -> list[Span]:
        """The spans that a grid frame lies in, one per lane at most, in the order of their lanes."""
        found = []
        for lane in self._lanes:
            at = bisect.bisect_right(lane, number, key=lambda span: span.first) - 1
            if at >= 0 and lane[at].holds(number):
                found.append(lane[at])
        return found

    def face(self, track: int, number: int) -> TrackFace | None:
        """A track at a grid frame, None where it is not there."""
        return self._tracks[track].at(number) if track < len(self._tracks) else None

    def strangers(self, number: int) -> Floats:
        """The boxes (n, 4) of the nearest sampled frame of the shot that belong to no track."""
        if self.look is None or not len(self.look.sample):
            return np.zeros((0, 4))
        sample = _nearest(self.look.sample, number)
        seen = int(self.look.sample[sample])
        if abs(seen - number) > NEAR or self.shot(seen) != self.shot(number):
            return np.zeros((0, 4))
        first, stop = np.searchsorted(self.look.face_sample, [sample, sample + 1])
        rows = [row for row in range(first, stop) if row not in self._claimed]
        return np.asarray(self.look.face_box[rows], np.float64).reshape(-1, 4)

    @cached_property
    def _claimed(self) -> frozenset[int]:
        return frozenset(int(row) for track in self._tracks for row in track.rows)

    def _spans(self, clips: Iterable[JudgedClip]) -> Iterator[Span]:
        """A span for each clip, and for each track without one; the weightiest first."""
        shown = [_clip_span(judged) for judged in clips]
        known = {span.track for span in shown}
        bare = (Span(t.first, t.first + len(t.boxes), i, None) for i, t in enumerate(self._tracks) if i not in known)
        yield from sorted((*shown, *bare), key=lambda s: (-self._weight(s), s.first, s.track or 0))

    def _weight(self, span: Span) -> float:
        """Large and long comes first, so that what matters most gets the upper lanes."""
        area = 1.0 if span.track is None or span.track >= len(self._tracks) else self._tracks[span.track].area
        return area * (span.stop - span.first)


class _TrackRows:
    """One track's boxes, and the rows in which a look has its face."""

    def __init__(self, media: Standardised, look: Look | None, segmentation: Segmentation, index: int) -> None:
        track = segmentation.tracks[index]
        self.index, self.first = index, track.first
        self.boxes = np.asarray(track.boxes, np.float64)
        self.detected = track.detected
        clip = ClipMedia(
            Clip(media.recording_id, "track", track.start, track.end, track=index), media, segmentation, look
        )
        found = look is not None and len(clip.samples) > 0
        own = clip.own_faces if found else np.zeros(0, np.int64)
        self.rows: Rows = own[own >= 0]
        self._seen: Rows = look.sample[clip.samples][own >= 0] if found and look is not None else self.rows

    @property
    def area(self) -> float:
        return float(np.median(np.prod(self.boxes[:, 2:] - self.boxes[:, :2], axis=1)))

    def at(self, number: int) -> TrackFace | None:
        frame = number - self.first
        if not 0 <= frame < len(self.boxes):
            return None
        row = None
        if len(self._seen):
            nearest = _nearest(self._seen, number)
            row = int(self.rows[nearest]) if abs(int(self._seen[nearest]) - number) <= NEAR else None
        return TrackFace(self.index, self.boxes[frame], bool(self.detected[frame]), row)


def _clip_span(judged: JudgedClip) -> Span:
    clip = judged.clip
    end = max(clip.end, clip.start + STILL_SHOWN) if clip.kind == "still" else clip.end
    first = round(clip.start * FPS)
    return Span(first, max(first + 1, round(end * FPS)), clip.track, judged)


def _in_lanes(spans: Sequence[Span]) -> list[Span]:
    """Give each span, in the given order, the first lane in which it overlaps no other."""
    lanes: list[list[Span]] = []
    for span in spans:
        lane = next((i for i, taken in enumerate(lanes) if _is_free(taken, span)), len(lanes))
        if lane == len(lanes):
            lanes.append([])
        placed = Span(span.first, span.stop, span.track, span.judged, lane)
        bisect.insort(lanes[lane], placed, key=lambda s: s.first)
    return [span for taken in lanes for span in taken]


def _is_free(taken: list[Span], span: Span) -> bool:
    """Whether a span overlaps none of those in a lane, which are sorted and do not overlap each other."""
    at = bisect.bisect_left(taken, span.first, key=lambda s: s.first)
    return (at == 0 or taken[at - 1].stop <= span.first) and (at == len(taken) or span.stop <= taken[at].first)


def _nearest(rising: Rows, number: int) -> int:
    at = int(np.searchsorted(rising, number))
    near = [i for i in (at - 1, at) if 0 <= i < len(rising)]
    return min(near, key=lambda i: abs(int(rising[i]) - number))
