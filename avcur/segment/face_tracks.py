"""One clip per face track."""

from __future__ import annotations

from dataclasses import dataclass, field

from avcur.records import Clip, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.segment.tracks import TrackRules, build_tracks
from avcur.visual.look import Look
from avcur.visual.visual_pass import Visual, VisualPass


@dataclass(frozen=True)
class FaceTracks:
    """A clip of kind `track` for each face that stays; a recording without any gives one clip of kind `whole`.

    The track rules are those of `TrackRules`. No track crosses a cut.
    """

    visual: Visual = field(default_factory=VisualPass)
    iou: float = 0.4
    max_gap: float = 1.0
    min_length: float = 1.0
    min_size: float = 20.0
    version: int = 2

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation:
        if look is None:
            return Segmentation.rounded([Clip(media.recording_id, "whole", 0.0, media.duration)])
        tracks = build_tracks(look, TrackRules(self.iou, self.max_gap, self.min_length, self.min_size))
        clips = [
            Clip(media.recording_id, "track", track.start, min(track.end, look.duration), track=index)
            for index, track in enumerate(tracks)
        ]
        return Segmentation.rounded(clips or [Clip(media.recording_id, "whole", 0.0, look.duration)], tracks)
