"""Where shots begin, by PySceneDetect fed frame by frame."""

from __future__ import annotations

from typing import Any

import cv2
from scenedetect import FrameTimecode
from scenedetect.detectors import ContentDetector

from avcur.media.picture import Picture

CONTENT_THRESHOLD = 27.0
"""Mean change of hue, saturation and value between frames, 0..255, from which on it is a cut (PySceneDetect's own)."""
_CLOCK = 1000.0
"""Ticks per second of the detector's clock: it is told times, since frames may come at a variable rate."""


class ShotDetector:
    """Says of each decoded picture in turn whether a hard cut lies before it."""

    def __init__(self, threshold: float = CONTENT_THRESHOLD) -> None:
        self._threshold = threshold
        self._shape: tuple[int, ...] | None = None
        self._detector: Any = None

    def __call__(self, time: float, picture: Picture) -> bool:
        bgr = cv2.cvtColor(picture.small, cv2.COLOR_RGB2BGR)
        if bgr.shape != self._shape:
            # No shortest shot: a track must not cross any cut, however soon the next one comes.
            self._detector = ContentDetector(threshold=self._threshold, min_scene_len=0)
            reshaped, self._shape = self._shape is not None, bgr.shape
            self._detect(time, bgr)
            return reshaped  # another shape of picture is another shot
        return self._detect(time, bgr)

    def _detect(self, time: float, bgr: Any) -> bool:
        tick = FrameTimecode(round(max(0.0, time) * _CLOCK), fps=_CLOCK)
        return bool(self._detector.process_frame(tick, bgr))
