"""Where to look for faces: sparsely where they rest, densely where they move, come or go, and on both sides of cuts."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from avcur.visual.chunks import Chunk, GridFrame
from avcur.visual.face_columns import FaceRow, face_rows
from avcur.visual.faces import FaceDetector, Faces
from avcur.visual.overlap import overlaps

SMALLEST_SIDE = 320
"""Pictures are not reduced below this longer side, px: there detection is cheap and every face counts."""
_SAME_FACE = 0.6
"""IoU above which two faces of one frame, after refinement, are one."""
_SAME_TRACK = 0.3
"""IoU from which on faces of two frames, a second apart at most, may be one that moved."""
_PLAUSIBLE = 0.5
"""Probability below which something is no face; between it and the threshold it may be one that is seen badly."""


@dataclass
class FaceSearch:
    """Looks through chunks in order; the parameters are those of `VisualPass`.

    The whole picture is searched once a stride. Between two such frames that show the same faces, these are followed:
    the detector's `refine` looks where they must be, at full size, and costs a twentieth. Where one is lost, or faces
    come and go, the whole picture is searched there too.
    """

    detector: FaceDetector
    min_face: float
    threshold: float
    stride: int
    follow_stride: int
    min_stride: int
    still: float
    face_side: int
    _last: tuple[int, Faces] | None = field(default=None, init=False)

    def __call__(self, chunk: Chunk) -> list[tuple[int, list[FaceRow]]]:
        """The sampled grid frames of a chunk in order, with the rows of their faces."""
        frames = {frame.number: frame for frame in chunk.frames}
        starts = [frame.number for frame in chunk.frames if frame.first]
        found = self._search([frames[n] for n in self._coarse(chunk)])
        seen = found if self._last is None else {self._last[0]: self._last[1], **found}
        while finer := self._finer(frames, seen, starts):
            found, seen = found | finer, seen | finer
        last = max(found)
        self._last = (last, found[last])
        return self._rows(chunk, frames, found)

    def _coarse(self, chunk: Chunk) -> list[int]:
        """The last frame of each stride and of the chunk, and the first and last ones of shots."""
        numbers = {frame.number for frame in chunk.frames if frame.number % self.stride == self.stride - 1}
        numbers |= {frame.number for frame in chunk.frames if frame.first}
        numbers |= {frame.number - 1 for frame in chunk.frames[1:] if frame.first}
        return sorted(numbers | {chunk.frames[-1].number})

    def _finer(self, frames: dict[int, GridFrame], seen: dict[int, Faces], starts: list[int]) -> dict[int, Faces]:
        """The faces in the middle of each stretch between two frames of a shot in which they move, come or go."""
        numbers = sorted(seen)
        followed: dict[GridFrame, Faces] = {}
        searched: list[GridFrame] = []
        for low, high in pairwise(numbers):
            if high - low <= self.min_stride or any(low < start <= high for start in starts):
                continue
            middle = frames[(low + high) // 2]
            pairs = _same(seen[low], seen[high], self.threshold)
            if pairs is None:
                searched.append(middle)
            elif len(pairs[0].boxes) and (high - low > self.follow_stride or _least(*pairs) < self.still):
                followed[middle] = _at(*pairs, (middle.number - low) / (high - low))
        kept = {frame: faces for frame, faces in self._refined(followed).items() if self._all_there(faces)}
        searched += [frame for frame in followed if frame not in kept]
        return self._search(searched) | {frame.number: faces for frame, faces in kept.items()}

    def _all_there(self, faces: Faces) -> bool:
        return bool((faces.probabilities >= self.threshold).all())

    def _search(self, frames: list[GridFrame]) -> dict[int, Faces]:
        """The faces of whole pictures: found where they are reduced, then refined at full size."""
        images = [frame.picture.reduced(self._reduced_side(frame)) for frame in frames]
        found = {}
        for frame, image, faces in zip(frames, images, self.detector(images), strict=True):
            scale = frame.picture.width / image.shape[1], frame.picture.height / image.shape[0]
            found[frame] = Faces(faces.boxes * (*scale, *scale), faces.probabilities, faces.landmarks * scale)
        refined = self._refined(found)
        return {frame.number: faces.chosen(_distinct(faces)) for frame, faces in refined.items()}

    def _reduced_side(self, frame: GridFrame) -> int:
        """The longer side at which the smallest face wanted is the smallest that the detector sees."""
        longer = max(frame.picture.width, frame.picture.height)
        return max(SMALLEST_SIDE, round(longer * self.detector.min_face / self.min_face))

    def _refined(self, found: dict[GridFrame, Faces]) -> dict[GridFrame, Faces]:
        """All faces of all frames looked at again, in one batch."""
        images = [frame.picture.image for frame, faces in found.items() for _ in faces.boxes]
        boxes = np.concatenate([np.zeros((0, 4)), *(faces.boxes for faces in found.values())])
        refined, result, start = self.detector.refine(images, boxes), {}, 0
        for frame, faces in found.items():
            result[frame] = refined.chosen(np.arange(start, start + len(faces.boxes)))
            start += len(faces.boxes)
        return result

    def _rows(
        self, chunk: Chunk, frames: dict[int, GridFrame], found: dict[int, Faces]
    ) -> list[tuple[int, list[FaceRow]]]:
        """What is measured of each sure face, for which it is also looked at one frame later."""
        sure = {n: faces.chosen(faces.probabilities >= self.threshold) for n, faces in sorted(found.items())}
        after = {n: following for n in sure if (following := _after(n, frames, chunk)) is not None}
        later = self._refined({following: sure[n] for n, following in after.items()})
        rows = []
        for number, faces in sure.items():
            following = after.get(number)
            moved = None if following is None else (following.picture, _lost(later[following]))
            rows.append((number, face_rows(frames[number].picture, faces, self.face_side, moved)))
        return rows


def _after(number: int, frames: dict[int, GridFrame], chunk: Chunk) -> GridFrame | None:
    """The next frame of the same shot."""
    following = frames.get(number + 1, chunk.following)
    return None if following is None or following.first else following


def _same(low: Faces, high: Faces, threshold: float) -> tuple[Faces, Faces] | None:
    """The faces of two frames in pairs; None where a sure face of one has none in the other."""
    overlap = overlaps(low.boxes, high.boxes)
    pairs = [(i, int(overlap[i].argmax())) for i in range(len(low.boxes)) if overlap[i].max(initial=0.0) >= _SAME_TRACK]
    one_to_one = len({j for _, j in pairs}) == len(pairs)
    alone = [faces.probabilities[~np.isin(np.arange(len(faces.boxes)), [p[side] for p in pairs])]
             for side, faces in enumerate((low, high))]  # fmt: skip
    if not one_to_one or any((rest >= threshold).any() for rest in alone):
        return None
    left, right = (np.array([p[side] for p in pairs], np.int64) for side in (0, 1))
    return low.chosen(left), high.chosen(right)


def _least(low: Faces, high: Faces) -> float:
    """The smallest overlap of two frames' faces, taken in pairs."""
    return float(np.diag(overlaps(low.boxes, high.boxes)).min())


def _at(low: Faces, high: Faces, share: float) -> Faces:
    """Where faces must be that far on the way from one frame to another."""
    boxes, landmarks = (a + (b - a) * share for a, b in ((low.boxes, high.boxes), (low.landmarks, high.landmarks)))
    return Faces(boxes, np.minimum(low.probabilities, high.probabilities), landmarks)


def _distinct(faces: Faces) -> NDArray[np.int64]:
    """The likeliest of those that show one face, of all that are faces at all."""
    kept: list[int] = []
    for i in np.argsort(-faces.probabilities, kind="stable"):
        alone = not kept or overlaps(faces.boxes[[i]], faces.boxes[kept]).max() <= _SAME_FACE
        if faces.probabilities[i] >= _PLAUSIBLE and alone:
            kept.append(int(i))
    return np.array(kept, np.int64)


def _lost(faces: Faces) -> Faces:
    """The same faces with probability 0 where they are hardly any."""
    return faces._replace(probabilities=np.where(faces.probabilities >= _PLAUSIBLE, faces.probabilities, 0.0))
