"""The one streaming pass over a recording's pictures: shots, faces and what is measured of frames, decoded once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from avcur.errors import UserError
from avcur.media.decode import TOLERANCE, pictures
from avcur.media.errors import MediaError
from avcur.media.picture import Picture
from avcur.media.standardise import SHORTFALL
from avcur.media.stream import Faults
from avcur.records import FPS, Standardised
from avcur.visual.chunks import GridFrame, chunks
from avcur.visual.face_columns import FaceRow
from avcur.visual.face_search import FaceSearch
from avcur.visual.faces import FaceDetector, MtcnnDetector
from avcur.visual.look import Look
from avcur.visual.look_builder import LookBuilder
from avcur.visual.shots import CONTENT_THRESHOLD, ShotDetector

_CHUNKS_UNDER_WAY = 2
"""Chunks that wait for detection while decoding goes on: enough that neither waits long, few enough to hold."""


class Visual(Protocol):
    """What looks at a recording; a dataclass of plain parameters."""

    @property
    def version(self) -> int: ...

    def __call__(self, media: Standardised, threads: int = 1) -> Look: ...


@dataclass(frozen=True)
class VisualPass:
    """Decode once, feed everything from the same frames; memory is bounded whatever the length.

    `min_face`: px of the displayed picture, the smallest face wanted; it decides how far pictures are reduced for
    detection. `threshold`: least probability of a face, at full size. The whole picture is searched every `stride`
    grid frames and at shots' first and last ones; faces are followed in between every `follow_stride`, and by halves
    down to `min_stride` where a box overlaps its neighbour by less than `still` (IoU) or faces come and go.
    `cut_threshold` is PySceneDetect's. `face_side`: px at which faces are compared in sharpness.
    """

    detector: FaceDetector = field(default_factory=MtcnnDetector)
    min_face: float = 50.0
    threshold: float = 0.9
    stride: int = 25
    follow_stride: int = 8
    min_stride: int = 2
    still: float = 0.75
    cut_threshold: float = CONTENT_THRESHOLD
    face_side: int = 64
    version: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.min_stride <= self.follow_stride <= self.stride:
            raise UserError(
                f"visual: need 1 <= min_stride <= follow_stride <= stride, got {self.min_stride}, "
                f"{self.follow_stride}, {self.stride}"
            )
        if self.min_face <= 0:
            raise UserError(f"visual.min_face must be above 0 px, got {self.min_face}")

    def __call__(self, media: Standardised, threads: int = 1) -> Look:
        """Look at a recording with a picture; `threads` decode. Raises MediaError where no picture decodes."""
        if media.video_path is None:
            raise MediaError("no video stream")
        faults, watcher = Faults(), _Watcher(self.cut_threshold)
        grid = watcher.grid(pictures(media.video_path, fps=FPS, threads=threads, watch=watcher, faults=faults))
        # Detection runs beside decoding; one thread, so that chunks come in order and batches are always the same.
        with ThreadPoolExecutor(1) as detection:
            waiting: deque[Future[list[tuple[int, list[FaceRow]]]]] = deque()
            search = self._search()
            for chunk in chunks(grid, self.stride):
                waiting.append(detection.submit(search, chunk))
                while len(waiting) > _CHUNKS_UNDER_WAY:
                    watcher.add(waiting.popleft().result())
            while waiting:
                watcher.add(waiting.popleft().result())
        if watcher.seconds < media.duration - SHORTFALL:
            faults.notes.append(f"ends at {watcher.seconds:.2f} s though it promises {media.duration:.2f} s")
        return watcher.look(str(faults))

    def _search(self) -> FaceSearch:
        strides = self.stride, self.follow_stride, self.min_stride
        return FaceSearch(self.detector, self.min_face, self.threshold, *strides, self.still, self.face_side)


class _Watcher:
    """Sees every decoded picture in turn, and says which grid frames begin a shot."""

    def __init__(self, cut_threshold: float) -> None:
        self._builder, self._shots = LookBuilder(), ShotDetector(cut_threshold)
        self._cuts: deque[float] = deque()
        self._num_frames = 0

    def __call__(self, time: float, picture: Picture) -> None:
        self._builder.frame(time, picture)
        if self._shots(time, picture):
            self._cuts.append(time)

    def grid(self, shown: Iterator[tuple[float, Picture]]) -> Iterator[GridFrame]:
        for number, (time, picture) in enumerate(shown):
            first = number == 0
            while self._cuts and self._cuts[0] <= time + TOLERANCE:
                self._cuts.popleft()
                first = True
            if first:
                self._builder.cut(number)
            self._num_frames = number + 1
            yield GridFrame(number, picture, first)

    @property
    def seconds(self) -> float:
        return self._num_frames / FPS

    def add(self, samples: list[tuple[int, list[FaceRow]]]) -> None:
        for number, rows in samples:
            self._builder.sample(number, rows)

    def look(self, warning: str) -> Look:
        return self._builder.build(self._num_frames, warning)
