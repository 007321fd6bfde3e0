"""One clip per face track."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from avcur.media.probe import probe
from avcur.records import Clip, Detection, Standardised, Track
from avcur.segment.cuts import CUT_DIFFERENCE, CutGuard
from avcur.segment.faces import FaceDetector, MtcnnDetector, detect
from avcur.segment.segmentation import Segmentation
from avcur.segment.tracks import TrackRules, build_tracks


@dataclass(frozen=True)
class FaceTracks:
    """A clip of kind `track` for each face that stays; a recording without any gives one clip of kind `whole`.

    Faces are sampled at `detection_fps` and kept from `threshold` probability on; the track rules are those of
    `TrackRules` (`min_size` in px of the standardised picture). No track crosses a hard cut.
    """

    detector: FaceDetector = field(default_factory=MtcnnDetector)
    detection_fps: float = 5.0
    threshold: float = 0.9
    iou: float = 0.4
    max_gap: float = 1.0
    min_length: float = 1.0
    min_size: float = 20.0
    cut_difference: float = CUT_DIFFERENCE
    version: int = 1

    def __call__(self, media: Standardised) -> Segmentation:
        whole = Clip(media.recording_id, "whole", 0.0, media.duration)
        if media.video_path is None:
            return Segmentation.rounded([whole])
        detections, cuts = self._look(media.video_path)
        rules = TrackRules(self.iou, self.max_gap, self.min_length, self.min_size)
        tracks = build_tracks(detections, media.duration, probe(media.video_path).displayed_size, rules, cuts)
        clips = list(_clips(media, tracks)) or [whole]
        return Segmentation.rounded(clips, tracks, detections)

    def _look(self, video_path: Path) -> tuple[list[Detection], list[float]]:
        """The detections of all sampled frames, and the times of those that follow a cut."""
        guard, detections, cuts = CutGuard(self.cut_difference), [], []
        for frame, detection in detect(video_path, self.detector, self.detection_fps, self.threshold):
            detections.append(detection)
            if guard(frame.image):
                cuts.append(frame.time)
        return detections, cuts


def _clips(media: Standardised, tracks: list[Track]) -> Iterator[Clip]:
    for index, track in enumerate(tracks):
        yield Clip(media.recording_id, "track", track.start, min(track.end, media.duration), track=index)
