"""Face crops of tracks as small videos, which training reads in place of whole pictures."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.media.decode import frames
from avcur.media.encode import VideoWriter, video_writer
from avcur.media.errors import MediaError
from avcur.records import FPS, Box, Track

Image = NDArray[np.uint8]

CROP_VERSION = 1
"""Raise it when a crop's geometry changes: models trained on one geometry lose on another."""
PADDING = 110
"""Grey of what lies outside the picture (the SyncNet pipeline's value)."""


@dataclass
class _Job:
    track: Track
    path: Path
    writer: VideoWriter | None = None

    @property
    def first(self) -> int:
        return round(self.track.start * FPS)

    @property
    def stop(self) -> int:
        return self.first + len(self.track.boxes)


def write_crop(video_path: Path, track: Track, path: Path, size: int = 112, scale: float = 1.0) -> None:
    """Write one track's crops; see `write_crops`."""
    write_crops(video_path, [track], [path], size, scale)


def write_crops(
    video_path: Path, tracks: Sequence[Track], paths: Sequence[Path], size: int = 112, scale: float = 1.0
) -> None:
    """Write each track as a size x size MP4 at 25 fps without sound, in one pass over the video.

    Frame i shows the square of side `scale` x the box's longer side around the centre of `track.boxes[i]`, upright,
    grey 110 outside the picture. Raises MediaError when the video ends before a track does.
    """
    jobs = sorted((_Job(t, Path(p)) for t, p in zip(tracks, paths, strict=True)), key=lambda job: job.first)
    if not jobs:
        return
    last = max(job.stop for job in jobs)
    with ExitStack() as stack:
        index = 0
        for index, frame in enumerate(frames(video_path, fps=FPS)):
            if index >= last:
                break
            for job in jobs:
                if job.first <= index < job.stop:
                    job.writer = job.writer or stack.enter_context(video_writer(job.path, FPS))
                    job.writer.write(square(frame.image, job.track.boxes[index - job.first], size, scale))
        else:
            if index + 1 < last:
                raise MediaError(f"{video_path} has {index + 1} frames but a track ends at frame {last}")


def square(image: Image, box: Box, size: int, scale: float) -> Image:
    """The square around a box, uint8 (size, size, 3); reduced by area, enlarged linearly."""
    height, width = image.shape[:2]
    x, y = (box[0] + box[2]) / 2 * width, (box[1] + box[3]) / 2 * height
    half = max((box[2] - box[0]) * width, (box[3] - box[1]) * height, 2.0) * scale / 2
    left, top, edge = round(x - half), round(y - half), max(2, round(2 * half))
    patch = np.full((edge, edge, 3), PADDING, np.uint8)
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + edge, width), min(top + edge, height)
    if x2 > x1 and y2 > y1:
        patch[y1 - top : y2 - top, x1 - left : x2 - left] = image[y1:y2, x1:x2]
    interpolation = cv2.INTER_AREA if edge >= size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(patch, (size, size), interpolation=interpolation), np.uint8)
