"""One clip per recording, for corpora that are cut already."""

from __future__ import annotations

from dataclasses import dataclass, field

from avcur.records import Clip, Standardised
from avcur.segment.faces import FaceDetector, MtcnnDetector, detect
from avcur.segment.segmentation import Segmentation


@dataclass(frozen=True)
class Whole:
    """The clip [0, duration); where there is a picture, faces are looked for at `detection_fps`.

    `threshold`: the least probability of a face; less likely ones are not recorded.
    """

    detector: FaceDetector = field(default_factory=MtcnnDetector)
    detection_fps: float = 2.5
    threshold: float = 0.9
    version: int = 1

    def __call__(self, media: Standardised) -> Segmentation:
        clip = Clip(media.recording_id, "whole", 0.0, media.duration)
        if media.video_path is None:
            return Segmentation.rounded([clip])
        found = detect(media.video_path, self.detector, self.detection_fps, self.threshold)
        return Segmentation.rounded([clip], detections=[detection for _, detection in found])
