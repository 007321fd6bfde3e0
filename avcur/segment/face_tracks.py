"""One clip per face track."""

from __future__ import annotations

from dataclasses import dataclass, field

from avcur.errors import UserError
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

    def __post_init__(self) -> None:
        if not 0 < self.iou <= 1:
            raise UserError(f"segment.iou is an overlap, above 0 up to 1, got {self.iou}")
        for name in ("max_gap", "min_length", "min_size"):
            if getattr(self, name) < 0:
                raise UserError(f"segment.{name} cannot be negative, got {getattr(self, name)}")

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation:
        if look is None:
            return Segmentation.rounded([Clip(media.recording_id, "whole", 0.0, media.duration)])
        tracks = build_tracks(look, TrackRules(self.iou, self.max_gap, self.min_length, self.min_size))
        if not tracks:
            return Segmentation.rounded([Clip(media.recording_id, "whole", 0.0, look.duration)])
        return Segmentation.of_tracks(media.recording_id, tracks, look.duration)
