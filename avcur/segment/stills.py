"""One clip per sampled picture, for sets of face images."""

from __future__ import annotations

from dataclasses import dataclass, field

from avcur.media.errors import MediaError
from avcur.records import FPS, Clip, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.visual.look import Look
from avcur.visual.stills_pass import StillsPass
from avcur.visual.visual_pass import Visual


@dataclass(frozen=True)
class Stills:
    """A clip of kind `still`, one frame long, for each picture that `visual` sampled; MediaError without a picture."""

    visual: Visual = field(default_factory=StillsPass)
    version: int = 1

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation:
        if look is None:
            raise MediaError("no video stream")
        frames = look.sample.tolist()
        return Segmentation.rounded(
            Clip(media.recording_id, "still", frame / FPS, min((frame + 1) / FPS, look.duration)) for frame in frames
        )
