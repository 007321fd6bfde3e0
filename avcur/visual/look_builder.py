"""Collects what a pass sees, frame by frame and face by face, into a `Look`."""

from __future__ import annotations

import math
from array import array

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.media.picture import Picture
from avcur.visual.face_columns import FaceRow
from avcur.visual.look import THUMBNAIL, Look

Grey = NDArray[np.uint8]

THUMB_SECONDS = 0.2
"""Distance of thumbnails: five a second follow a talker's movements."""
BLACK = 20
"""Grey level up to which a row or column of pixels may belong to a black bar; coding noise lifts 0 a little."""


class LookBuilder:
    """Rows in the order of time; arrays at the end. Holds a few hundred bytes per frame.

    `thumb_seconds` lie at least between thumbnails; 0 keeps one of each picture.
    """

    def __init__(self, thumb_seconds: float = THUMB_SECONDS) -> None:
        self._thumb_seconds = thumb_seconds
        self._frames = array("d")
        self._thumbs: list[tuple[float, Grey]] = []
        self._before: Grey | None = None
        self._cuts: list[int] = []
        self._samples: list[int] = []
        self._faces = array("d")
        self._size = (0, 0)

    def frame(self, time: float, picture: Picture) -> None:
        """Append a decoded picture's row, and a thumbnail where one is due."""
        grey = np.asarray(cv2.cvtColor(picture.small, cv2.COLOR_RGB2GRAY), np.uint8)
        mean, deviation = cv2.meanStdDev(grey)
        before, self._before = self._before, grey
        same_size = before is not None and before.shape == grey.shape
        difference = float(cv2.absdiff(grey, before).mean()) if same_size else math.nan
        self._frames.extend((time, float(mean[0, 0]), float(deviation[0, 0]), difference, *bars(grey)))
        if self._size == (0, 0):
            self._size = (picture.width, picture.height)
        if not self._thumbs or time >= self._thumbs[-1][0] + self._thumb_seconds - 1e-3:
            thumb = cv2.resize(grey, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
            self._thumbs.append((time, np.asarray(thumb, np.uint8)))

    def cut(self, frame: int) -> None:
        """Grid frame `frame` begins a new shot."""
        if frame > 0 and (not self._cuts or frame > self._cuts[-1]):
            self._cuts.append(frame)

    def sample(self, frame: int, faces: list[FaceRow]) -> None:
        """Faces were looked for in grid frame `frame`, and these found."""
        for face in sorted(faces, key=lambda face: -face.probability):
            scalars = (getattr(face, name) for name in FaceRow.scalars)
            self._faces.extend((len(self._samples), *face.box, *face.landmarks.ravel(), *face.shift, *scalars))
        self._samples.append(frame)

    def build(self, num_frames: int, warning: str = "") -> Look:
        frames = np.array(self._frames, np.float64).reshape(-1, 8)
        rows = np.array(self._faces, np.float64).reshape(-1, 17 + len(FaceRow.scalars))
        single = {name: frames[:, k].astype(np.float32) for k, name in enumerate(("luma", "contrast", "difference"), 1)}
        faces = {f"face_{name}": rows[:, k].astype(np.float32) for k, name in enumerate(FaceRow.scalars, 17)}
        return Look(
            width=self._size[0], height=self._size[1], num_frames=num_frames, warning=warning,
            frame_time=frames[:, 0], frame_luma=single["luma"], frame_contrast=single["contrast"],
            frame_difference=single["difference"], frame_bars=frames[:, 4:].astype(np.float32),
            thumb_time=np.array([time for time, _ in self._thumbs], np.float64),
            thumb=np.array([thumb for _, thumb in self._thumbs], np.uint8).reshape(-1, THUMBNAIL, THUMBNAIL),
            cuts=np.array([cut for cut in self._cuts if cut < num_frames], np.int64),
            sample=np.array(self._samples, np.int64),
            face_sample=rows[:, 0].astype(np.int64),
            face_box=rows[:, 1:5],
            face_landmarks=rows[:, 5:15].astype(np.float32).reshape(-1, 5, 2),
            face_shift=rows[:, 15:17].astype(np.float32),
            **faces,
        )  # fmt: skip


def bars(grey: Grey) -> tuple[float, float, float, float]:
    """Shares of height and width under black bars: top, bottom, left, right; 1 on each side of a black picture."""
    rows, columns = grey.max(axis=1) > BLACK, grey.max(axis=0) > BLACK
    return (*_edges(rows), *_edges(columns))


def _edges(lit: NDArray[np.bool_]) -> tuple[float, float]:
    """Share of entries before the first and after the last lit one."""
    if not lit.any():
        return 1.0, 1.0
    return float(np.argmax(lit)) / len(lit), float(np.argmax(lit[::-1])) / len(lit)
