"""A look at a few pictures of a recording, from its front, middle and end, for sets of face images."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from avcur.errors import UserError
from avcur.media.errors import MediaError
from avcur.media.stream import Faults
from avcur.records import FPS, Standardised
from avcur.visual.chunks import Chunk, GridFrame
from avcur.visual.face_search import FaceSearch
from avcur.visual.faces import FaceDetector, MtcnnDetector
from avcur.visual.look import Look
from avcur.visual.look_builder import LookBuilder
from avcur.visual.still_pictures import still_pictures


@dataclass(frozen=True)
class StillsPass:
    """Samples `front`, `middle` and `end` pictures, evenly from each third of a recording, and looks for faces there.

    No picture is sampled twice, so short recordings give fewer. `min_face`, `threshold` and `face_side` are those of
    `VisualPass`: the smallest face wanted, px of the displayed picture; the least probability; px at which sharpness is
    compared. The look has a row and a thumbnail of each sampled picture and of no other, at its grid frame's time, so
    nothing is known of shots and motion.
    """

    detector: FaceDetector = field(default_factory=MtcnnDetector)
    front: int = 30
    middle: int = 30
    end: int = 30
    min_face: float = 50.0
    threshold: float = 0.9
    face_side: int = 64
    version: int = 1

    def __post_init__(self) -> None:
        counts = self.front, self.middle, self.end
        if min(counts) < 0 or sum(counts) == 0:
            raise UserError(f"visual: front, middle and end count pictures; got {counts}, need one above 0, none below")
        if self.min_face <= 0:
            raise UserError(f"visual.min_face must be above 0 px, got {self.min_face}")

    def __call__(self, media: Standardised, threads: int = 1) -> Look:
        """Look at a recording with a picture; `threads` decode. Raises MediaError where no picture decodes."""
        if media.video_path is None:
            raise MediaError("no video stream")
        num_frames, faults = max(1, round(media.duration * FPS)), Faults()
        builder = LookBuilder(thumb_seconds=0.0)
        search = FaceSearch(self.detector, self.min_face, self.threshold, 1, 1, 1, 0.0, self.face_side)
        wanted = thirds(num_frames, (self.front, self.middle, self.end))
        for number, picture in still_pictures(media.video_path, wanted, threads, faults):
            builder.frame(number / FPS, picture)
            # Each still is a shot of its own, so nothing is followed from one to the next.
            for sample, rows in search(Chunk([GridFrame(number, picture, first=True)], None)):
                builder.sample(sample, rows)
        look = builder.build(num_frames, str(faults))
        if not len(look.frame_time):
            raise MediaError(
                f"none of {len(wanted)} sampled frames can be decoded{f': {faults}' if str(faults) else ''}"
            )
        # Two stills are no neighbours: their difference is no motion.
        return replace(look, frame_difference=np.full_like(look.frame_difference, np.nan))


def thirds(num_frames: int, counts: tuple[int, int, int]) -> list[int]:
    """So many frames of each third of 0 .. num_frames - 1, in the middle of equal stretches; fewer of a short third."""
    bounds = [num_frames * k // 3 for k in range(4)]
    chosen: list[int] = []
    for low, high, count in zip(bounds, bounds[1:], counts, strict=False):
        number = min(count, high - low)
        chosen += [low + (2 * k + 1) * (high - low) // (2 * number) for k in range(number)]
    return chosen
