"""Somebody who looks away from the camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from avcur.defects.base import Image, VideoPlanter, between
from avcur.defects.head_turn import turn_head
from avcur.media.picture import ArrayPicture
from avcur.visual.faces import FaceDetector, MtcnnDetector
from avcur.visual.overlap import overlaps

Heads = NDArray[np.float64]
"""(n, 7): x1, y1, x2, y2 of the face, x and y of its nose, x between its eyes; px."""

_LEAST = 0.9
"""Probability from which on a detection is a face."""
_DETECTED_SIDE = 480
"""Longer side, px, at which faces are looked for: ten times as fast as at 1080p, and faces from 80 px there on."""
_SAME = 0.3
"""Least IoU of a face's boxes in two samples."""


@dataclass(frozen=True, kw_only=True)
class FaceTurned(VideoPlanter):
    """Turns every face that is found by a yaw (its severity), to the side to which the likeliest looks already.

    Faces are looked for in every `stride`-th frame and followed in between; a frame without one is left as it is.
    """

    unit = "yaw, degrees"
    spans = {"yaw": (0.0, 60.0)}  # noqa: RUF012
    on: Sequence[str] = ("video",)
    yaw: Sequence[float] = (35.0, 50.0)
    stride: int = 10
    # On the CPU wherever it runs, so that equal seeds plant equal pictures.
    detector: FaceDetector = field(default_factory=partial(MtcnnDetector, device="cpu"))

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.yaw)

    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        side = 0
        for frame, heads in self._with_heads(frames):
            if not side and len(heads):
                side = 1 if heads[0, 4] >= heads[0, 6] else -1
            for head in heads:
                frame = turn_head(frame, head[:4], head[4:6], side * severity)
            yield frame

    def _with_heads(self, frames: Iterator[Image]) -> Iterator[tuple[Image, Heads]]:
        """Each frame with its heads: found in the samples, in between on the way from one to the next."""
        before, waiting = np.zeros((0, 7)), list[Image]()
        for index, frame in enumerate(frames):
            if index % self.stride == 0:
                after = self._heads(frame)
                for place, image in enumerate(waiting):
                    yield image, _on_the_way(before, after, place / len(waiting))
                before, waiting = after, []
            waiting.append(frame)
        yield from ((image, before) for image in waiting)

    def _heads(self, frame: Image) -> Heads:
        scale = min(1.0, _DETECTED_SIDE / max(frame.shape[:2]))
        found = self.detector([ArrayPicture(frame).reduced(_DETECTED_SIDE)])[0]
        faces = found.chosen(found.probabilities >= _LEAST)
        eyes = faces.landmarks[:, :2, 0].mean(axis=1, keepdims=True)
        heads = np.concatenate([faces.boxes, faces.landmarks[:, 2], eyes], axis=1) / scale
        # A detector's last digits hang on the number of threads.
        return np.asarray(np.round(heads), np.float64)


def _on_the_way(before: Heads, after: Heads, share: float) -> Heads:
    """The heads at a share of the way between two samples; one that is in one of them alone stays for half of it."""
    if not len(before) or not len(after):
        return before if share < 0.5 else after
    shared = overlaps(before[:, :4], after[:, :4])
    partner = shared.argmax(axis=1)
    same = shared.max(axis=1) >= _SAME
    moving = before[same] + share * (after[partner[same]] - before[same])
    lone = before[~same] if share < 0.5 else np.delete(after, partner[same], axis=0)
    return np.concatenate([moving, lone])
