"""What a signal may look at: one clip's sound, and what the visual pass saw of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from avcur.crops.geometry import Geometry, Image
from avcur.media.decode import pictures, read_audio
from avcur.media.errors import MediaError
from avcur.records import FPS, SAMPLE_RATE, Clip, Standardised, Track
from avcur.segment.segmentation import Segmentation
from avcur.visual.look import Look
from avcur.visual.overlap import paired_overlap

Waveform = NDArray[np.float32]
Rows = NDArray[np.int64]
Value = TypeVar("Value")
CropOf = tuple[Geometry, int]
"""What a crop shows and the number of its track."""
CropFile = Path | str
"""A face crop, or why there is none."""

OWN_FACE_OVERLAP = 0.3
"""Least IoU of a detection with a track's smoothed box for it to be the track's own face."""
EDGE = 1e-3
"""Seconds: times in tables are rounded to 0.1 ms, so a clip's own first frame may start a little before it."""


class NotApplicableError(Exception):
    """The clip lacks what a signal measures; the message becomes the reason of `not_applicable`."""


class ClipMedia:
    """Lazy access to a clip's sound, to its part of a `Look` and to its face crops; every signal of a clip shares one.

    No whole picture is decoded here: the visual pass saw each frame once. Memory is bounded by the clip's own sound.
    """

    def __init__(
        self, clip: Clip, standardised: Standardised, segmentation: Segmentation, look: Look | None = None,
        crops: Mapping[CropOf, CropFile] | None = None,
    ) -> None:  # fmt: skip
        self.clip = clip
        self.standardised = standardised
        self.segmentation = segmentation
        self.look = look
        self.crops = crops or {}
        self._shared: dict[Hashable, Any] = {}

    @property
    def sample_rate(self) -> int:
        return SAMPLE_RATE

    @cached_property
    def waveform(self) -> Waveform | None:
        """Mono float32 (N,) of [start + audio_offset, end + audio_offset), or None without a sound stream.

        Shorter than the clip, even empty, where the sound ends before it.
        """
        if self.standardised.audio_path is None:
            return None
        start, end = self.clip.start + self.clip.audio_offset, self.clip.end + self.clip.audio_offset
        return read_audio(self.standardised.audio_path, SAMPLE_RATE, max(0.0, start), max(0.0, end))

    @cached_property
    def track(self) -> Track | None:
        return None if self.clip.track is None else self.segmentation.tracks[self.clip.track]

    @cached_property
    def frames(self) -> slice:
        """The rows of the look's `frame_*` columns that are on show in the clip, from the one on show at its start."""
        times = self.need_look().frame_time
        first = max(0, int(np.searchsorted(times, self.clip.start + EDGE, side="right")) - 1)
        return slice(first, max(first + 1, int(np.searchsorted(times, self.clip.end - EDGE))))

    @cached_property
    def samples(self) -> Rows:
        """Indices into the look's `sample` of the sampled frames inside the clip, (S,)."""
        times = self.need_look().sample_time
        return np.flatnonzero((times >= self.clip.start - EDGE) & (times < self.clip.end - EDGE))

    @cached_property
    def own_faces(self) -> Rows:
        """For each of `samples` the row of the `face_*` columns that is the clip's face, -1 without one, (S,).

        A track's own is the one that its box overlaps; otherwise the largest.
        """
        return np.array([self._own_face(sample) for sample in self.samples], np.int64)

    def crop_pictures(self, geometry: Geometry) -> Iterator[Image]:
        """Stream the clip's face crops, RGB uint8 (size, size, 3), one per frame at 25 fps.

        NotApplicableError where the clip is no face track; MediaError where its crop could not be made.
        """
        if self.track is None or self.clip.track is None:
            raise NotApplicableError("no face track")
        crop = self.crops.get((geometry, self.clip.track))
        if not isinstance(crop, Path):
            raise MediaError(f"no face crop: {crop or 'it was not written'}")
        first = round(self.clip.start * FPS) - self.track.first
        stop = first + max(1, round(self.clip.duration * FPS))
        return (p.image for _, p in pictures(crop, fps=FPS, start=first / FPS, end=stop / FPS))

    def shared(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """A value that several signals need, computed once per clip."""
        if key not in self._shared:
            self._shared[key] = compute()
        value: Value = self._shared[key]
        return value

    def need_waveform(self) -> Waveform:
        """The waveform, or NotApplicableError where there is no sound to measure."""
        if self.clip.kind == "still":
            raise NotApplicableError("a still has no sound")
        if self.waveform is None:
            raise NotApplicableError("no audio stream")
        if len(self.waveform) == 0:
            raise NotApplicableError("the sound ends before the clip begins")
        return self.waveform

    def need_audible(self) -> Waveform:
        """The waveform, or NotApplicableError where it is digital silence throughout."""
        waveform = self.need_waveform()
        if not waveform.any():
            raise NotApplicableError("silence")
        return waveform

    def need_look(self) -> Look:
        """The look, or NotApplicableError where no picture was looked at."""
        if self.look is None:
            missing = self.standardised.video_path is None
            raise NotApplicableError("no video stream" if missing else "the picture was not looked at")
        return self.look

    def need_samples(self) -> Rows:
        """`samples`, or NotApplicableError where there is none."""
        if not len(self.samples):
            raise NotApplicableError("no sampled frame inside the clip")
        return self.samples

    def need_faces(self) -> Rows:
        """The rows of the `face_*` columns of the clip's own face in its sampled frames (F,), or NotApplicableError."""
        self.need_samples()
        rows = self.own_faces[self.own_faces >= 0]
        if not len(rows):
            raise NotApplicableError("no face")
        return rows

    def need_motion(self) -> None:
        """NotApplicableError for a clip in which nothing can move: a still."""
        if self.clip.kind == "still":
            raise NotApplicableError("a still does not move")

    def face_sides(self, rows: Rows) -> NDArray[np.float64]:
        """Sides, px of the displayed picture, of the squares of the boxes' areas, (F,)."""
        look = self.need_look()
        return look.sides(look.face_box[rows])

    def _own_face(self, sample: int) -> int:
        look = self.need_look()
        first, stop = np.searchsorted(look.face_sample, [sample, sample + 1])
        if first == stop:
            return -1
        boxes = look.face_box[first:stop]
        if self.track is None:
            return int(first + np.argmax((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])))
        own = np.asarray(self.track.box_at(int(look.sample[sample])))
        overlaps = paired_overlap(boxes, np.broadcast_to(own, boxes.shape))
        best = int(np.argmax(overlaps))
        return int(first + best) if overlaps[best] >= OWN_FACE_OVERLAP else -1
