"""Clips as AVA's annotations list them, in place of detected tracks."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from avcur.errors import UserError, check_number
from avcur.media.errors import MediaError
from avcur.records import FPS, Standardised, Track
from avcur.segment.listed import interpolated
from avcur.segment.segmentation import Segmentation
from avcur.sources.ava.layout import content_of, content_of_video, rows_of_video
from avcur.store.keys import own_parameters
from avcur.visual.look import Look
from avcur.visual.visual_pass import Visual, VisualPass

_NEAR = 0.75 / FPS
"""Seconds from an annotated picture within which a frame counts as seen. Rows of 24 a second, rounded to 0.01 s, are up
to 0.05 s apart, so that a frame between two lies up to 0.025 s from the nearer; where a row of 25 a second is missing
it is 0.04 s."""
_GAP = 0.5
"""Seconds between rows beyond which a face has gone: what is in its place meanwhile may be another one."""
_OUTSIDE = 0.1
"""Share of a video's annotated rows outside its time beyond which its start is doubted: downloads end a bit early."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AvaTracks:
    """One clip of kind `track` per stretch of an annotated entity, in the order of their starts, then names.

    Boxes are annotated at the video's own rate (24, 25 or 30 a second) and interpolated onto the 25 fps grid, from the
    frame nearest to the first row to that nearest to the last; frames that no row is near count as not detected. An
    entity whose rows lie more than 0.5 s apart has a clip on either side of the gap.
    A track is cut where the video begins or ends; one that lies wholly outside it, or outside the picture, is left out
    with a logged warning, as downloads differ in length. Raises MediaError where no annotation names the recording or
    none of its tracks is left.

    `annotations` and `video_start`: as AvaSource has them; a UserError without annotations. A planted copy,
    `<id>~copy`, has its original's tracks.
    """

    annotations: Path
    video_start: float = 0.0
    visual: Visual | None = field(default_factory=VisualPass)
    version: int = 2
    content: str = field(init=False)
    """Hash of all annotations, so that a process which outlives a change reads them again."""

    def __post_init__(self) -> None:
        check_number("segment.video_start", self.video_start)
        if self.annotations is None:
            raise UserError("segment=ava cuts along AVA's annotations; use source=ava, or give segment.annotations")
        object.__setattr__(self, "annotations", Path(self.annotations))
        object.__setattr__(self, "content", content_of(self.annotations))

    def key(self) -> dict[str, Any]:
        """What all clips depend on; those of one recording also on what `about` says of it."""
        return own_parameters(self, without=("annotations", "content"))

    def about(self, recording_id: str) -> str:
        """The hash of a recording's own annotations, which its clips hang on besides its bytes."""
        return content_of_video(self.annotations, self.content, _video_id(recording_id))

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation:
        if media.video_path is None:
            raise MediaError("no video stream, and AVA's annotations say where a face is in the picture")
        video_id = _video_id(media.recording_id)
        rows = rows_of_video(self.annotations, self.content, video_id)
        if rows.is_empty():
            raise MediaError(f"no annotation of {self.annotations} names the video {video_id!r}")
        num_frames = round(media.duration * FPS) if look is None else look.num_frames
        entities = rows.group_by(["entity_id"])
        found = [(str(name), track) for (name,), own in entities for track in self._tracks(own, num_frames)]
        kept = sorted(((t.start, name, t) for name, t in found if t is not None), key=lambda each: each[:2])
        self._report(video_id, sorted(name for name, track in found if track is None), len(found), num_frames)
        self._doubt(video_id, rows["timestamp"].to_numpy() - self.video_start, num_frames)
        return Segmentation.of_tracks(media.recording_id, [track for *_, track in kept], num_frames / FPS)

    def _report(self, video_id: str, lost: list[str], num_tracks: int, num_frames: int) -> None:
        """Say which tracks are left out; MediaError where that is all of them."""
        if not lost:
            return
        about = f"{len(lost)} of {num_tracks} tracks of {video_id}, such as {lost[0]}"
        where = f"outside the picture or the {num_frames / FPS:.2f} s of video from {self.video_start:g} s on"
        if len(lost) == num_tracks:
            raise MediaError(f"all lie {where}: {about}; is source.video_start right?")
        _log.warning("Left out %s: they lie %s", about, where)

    def _doubt(self, video_id: str, times: NDArray[np.float64], num_frames: int) -> None:
        """Warn where many rows (N,), in seconds of the file, lie outside it: then all boxes may be late or early."""
        frames = _frames(times)
        share = float(np.mean((frames < 0) | (frames >= num_frames)))
        if share > _OUTSIDE:
            _log.warning(
                "%.0f %% of the annotated rows of %s lie outside its %.1f s of video; is source.video_start right?",
                100 * share, video_id, num_frames / FPS,
            )  # fmt: skip

    def _tracks(self, rows: pl.DataFrame, num_frames: int) -> list[Track | None]:
        """The tracks of one entity's rows, one per stretch; None for what lies outside the video or the picture."""
        # A row of the same time as another says nothing more.
        rows = rows.unique("timestamp", keep="first").sort("timestamp")
        boxes = np.clip(rows.select("x1", "y1", "x2", "y2").to_numpy(), 0.0, 1.0)
        inside = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        boxes, times = boxes[inside], rows["timestamp"].to_numpy()[inside] - self.video_start
        if not len(times):
            return [None]
        cuts = np.flatnonzero(np.diff(times) > _GAP) + 1
        stretches = zip(np.split(times, cuts), np.split(boxes, cuts), strict=True)
        return [_track(own, place, num_frames) for own, place in stretches]


def _track(times: NDArray[np.float64], boxes: NDArray[np.float64], num_frames: int) -> Track | None:
    """One stretch's boxes (N, 4) at `times` (N,) on the 25 fps grid; None where it lies outside the video."""
    first, last = _frames(times[[0, -1]])
    at = np.arange(max(first, 0), min(last + 1, num_frames))
    if not len(at):
        return None
    return interpolated(at, at / FPS, times, boxes, seen=_nearest(at / FPS, times) <= _NEAR)


def _video_id(recording_id: str) -> str:
    """The video that a recording is of, or is a planted copy of."""
    return recording_id.partition("~")[0]


def _frames(times: NDArray[np.float64]) -> NDArray[np.int64]:
    """The nearest frames of the grid; halves go up, so that steps of half a frame never repeat one."""
    return np.floor(times * FPS + 0.5).astype(np.int64)


def _nearest(times: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds from each time to the nearest of the known ones, which rise."""
    after = np.clip(np.searchsorted(known, times), 0, len(known) - 1)
    before = np.maximum(after - 1, 0)
    return np.asarray(np.minimum(abs(known[after] - times), abs(known[before] - times)), np.float64)
