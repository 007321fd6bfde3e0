"""What a signal may look at: one clip, read lazily and in bounded amounts."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.media.decode import frames_at, read_audio
from avcur.media.probe import probe
from avcur.records import FPS, SAMPLE_RATE, Box, Clip, Detection, Standardised, Track
from avcur.segment.segmentation import Segmentation
from avcur.segment.tracks import iou, side

Image = NDArray[np.uint8]
Waveform = NDArray[np.float32]
Value = TypeVar("Value")

SAMPLED_FRAMES = 16
"""Frames of a clip at which pictures are read; more hardly move a mean over them and cost their decoding."""
OWN_FACE_OVERLAP = 0.3
"""Least IoU of a detection with a track's smoothed box for it to be the track's own face."""


class NotApplicableError(Exception):
    """The clip lacks what a signal measures; the message becomes the reason of `not_applicable`."""


class ClipMedia:
    """Lazy access to a clip's sound, sampled pictures and faces; every signal of a clip shares one.

    Pictures are read at `num_frames` at most of the times at which faces were looked for, evenly spread; where a face
    was found at any, only those are drawn. Memory is bounded by these frames and the clip's own sound.
    """

    def __init__(
        self,
        clip: Clip,
        standardised: Standardised,
        segmentation: Segmentation,
        num_frames: int = SAMPLED_FRAMES,
    ) -> None:
        self.clip = clip
        self.standardised = standardised
        self.segmentation = segmentation
        self.num_frames = num_frames
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
    def detections(self) -> tuple[Detection, ...]:
        """The sampled frames inside the clip with all their faces, likeliest first."""
        low, high = self.clip.start - 1e-3, self.clip.end - 1e-3
        return tuple(d for d in self.segmentation.detections if low <= d.time < high)

    @property
    def has_video(self) -> bool:
        return self.standardised.video_path is not None

    def face_side(self, box: Box) -> float:
        """Side, px of the standardised picture, of the square of a box's area."""
        if self.standardised.video_path is None:
            raise NotApplicableError("no video stream")
        path = self.standardised.video_path
        width, height = self.shared("displayed size", lambda: probe(path).displayed_size)
        return side(box, width, height)

    def face(self, detection: Detection) -> tuple[Box, float] | None:
        """The clip's face in a sampled frame and its probability: the track's own, else the largest."""
        faces = list(zip(detection.boxes, detection.probabilities, strict=True))
        if not faces:
            return None
        if self.track is None:
            return max(faces, key=lambda face: (face[0][2] - face[0][0]) * (face[0][3] - face[0][1]))
        box = self.track.boxes[self._frame_of_track(self.track, detection.time)]
        own = max(faces, key=lambda face: iou(face[0], box))
        return own if iou(own[0], box) >= OWN_FACE_OVERLAP else None

    @cached_property
    def frames(self) -> list[Image]:
        """Up to `num_frames` displayed pictures, uint8 (H, W, 3) RGB at native size; empty without a video stream."""
        if self.standardised.video_path is None:
            return []
        return [frame.image for frame in frames_at(self.standardised.video_path, [t for t, _ in self._samples])]

    @cached_property
    def face_crops(self) -> list[Image]:
        """The grey face, uint8 (h, w) at native size, of each of `frames` that has one."""
        crops = []
        for image, (_, box) in zip(self.frames, self._samples, strict=True):
            if box is not None:
                crops.append(cv2.cvtColor(cut_out(image, box), cv2.COLOR_RGB2GRAY).astype(np.uint8))
        return crops

    def shared(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """A value that several signals need, computed once per clip."""
        if key not in self._shared:
            self._shared[key] = compute()
        value: Value = self._shared[key]
        return value

    def need_waveform(self) -> Waveform:
        """The waveform, or NotApplicableError where there is no sound to measure."""
        if self.waveform is None:
            raise NotApplicableError("no audio stream")
        if len(self.waveform) == 0:
            raise NotApplicableError("the sound ends before the clip begins")
        return self.waveform

    def need_detections(self) -> tuple[Detection, ...]:
        """The sampled frames, or NotApplicableError where none was looked at."""
        if not self.has_video:
            raise NotApplicableError("no video stream")
        if not self.segmentation.detections:
            raise NotApplicableError("faces were not looked for")
        if not self.detections:
            raise NotApplicableError("no sampled frame inside the clip")
        return self.detections

    def need_face_crops(self) -> list[Image]:
        """At least one grey face crop, or NotApplicableError."""
        self.need_detections()
        if not self.face_crops:
            raise NotApplicableError("no face")
        return self.face_crops

    @cached_property
    def _samples(self) -> list[tuple[float, Box | None]]:
        """Time and face box of the drawn frames; a track's box is its smoothed one."""
        if not self.detections:
            count = max(1, min(self.num_frames, int(self.clip.duration * FPS)))
            return [(self.clip.start + (i + 0.5) * self.clip.duration / count, None) for i in range(count)]
        faces: list[tuple[float, Box | None]] = [(d.time, self._box(d)) for d in self.detections]
        return spread([s for s in faces if s[1] is not None] or faces, self.num_frames)

    def _box(self, detection: Detection) -> Box | None:
        face = self.face(detection)
        if face is None or self.track is None:
            return None if face is None else face[0]
        return self.track.boxes[self._frame_of_track(self.track, detection.time)]

    @staticmethod
    def _frame_of_track(track: Track, time: float) -> int:
        return min(max(0, round((time - track.start) * FPS)), len(track.boxes) - 1)


def spread(items: list[Value], count: int) -> list[Value]:
    """At most `count` of the items, evenly, the middle of each stretch."""
    if len(items) <= count:
        return items
    return [items[int((i + 0.5) * len(items) / count)] for i in range(count)]


def cut_out(image: Image, box: Box) -> Image:
    """The pixels under a box (fractions of the picture), at least 1x1."""
    height, width = image.shape[:2]
    left, top = min(int(box[0] * width), width - 1), min(int(box[1] * height), height - 1)
    right, bottom = max(left + 1, round(box[2] * width)), max(top + 1, round(box[3] * height))
    return image[top:bottom, left:right]
