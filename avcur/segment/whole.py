"""One clip per recording, for corpora that are cut already."""

from __future__ import annotations

from dataclasses import dataclass, field

from avcur.records import Clip, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.visual.look import Look
from avcur.visual.visual_pass import Visual, VisualPass


@dataclass(frozen=True)
class Whole:
    """The clip [0, duration); where there is a picture, it is looked at all the same."""

    visual: Visual = field(default_factory=VisualPass)
    version: int = 2

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation:
        end = media.duration if look is None else look.duration
        return Segmentation.rounded([Clip(media.recording_id, "whole", 0.0, end)])
