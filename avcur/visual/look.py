"""What one pass over the pictures of a recording saw, as plain arrays: a few megabytes for an hour of video."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.errors import DamagedCacheError
from avcur.records import FPS, Seconds
from avcur.store.commit import committed

Array = NDArray[Any]

THUMBNAIL = 16
"""Side of a thumbnail, px: enough for the low frequencies of a perceptual hash."""


@dataclass(frozen=True, eq=False)
class Look:
    """The frames, the shots, and the faces of the sampled frames of one recording.

    Three tables, each a set of columns of equal length. `frame_*`: one row per decoded picture (N). `face_*`: one row
    per face of a sampled frame (F), `face_sample` says of which sample (S) it is. `thumb_*`: small grey pictures (K).
    Boxes and landmarks are fractions of the displayed picture (`width` x `height` px, upright, square pixels). Grid
    frame g is the picture on show at g / 25 s. NaN: could not be measured there. Grey levels are full range, 0..255.
    """

    width: int
    height: int
    num_frames: int
    """Grid frames: the recording lasts num_frames / 25 s."""
    warning: str
    """Faults that were survived while decoding; empty without any."""

    frame_time: Array
    """(N,) float64, s: when each decoded picture is first shown."""
    frame_luma: Array
    """(N,) float32: mean grey level."""
    frame_contrast: Array
    """(N,) float32: standard deviation of the grey levels."""
    frame_difference: Array
    """(N,) float32: mean absolute difference of grey levels to the picture before; NaN for the first."""
    frame_bars: Array
    """(N, 4) float32: share of the height or width under black bars at the top, bottom, left and right."""

    thumb_time: Array
    """(K,) float64, s."""
    thumb: Array
    """(K, 16, 16) uint8: the whole picture, grey, reduced by area, aspect not kept."""

    cuts: Array
    """(C,) int64: the grid frames that begin a new shot, in rising order, without 0."""
    sample: Array
    """(S,) int64: the grid frames in which faces were looked for, in rising order."""

    face_sample: Array
    """(F,) int64: index into `sample`, in rising order; within a sample the likeliest face comes first."""
    face_box: Array
    """(F, 4) float64: x1, y1, x2, y2."""
    face_probability: Array
    """(F,) float32, 0..1."""
    face_landmarks: Array
    """(F, 5, 2) float32: x, y of left eye, right eye, nose, left and right mouth corner, left as in the image."""
    face_luma: Array
    """(F,) float32: mean grey level under the box."""
    face_contrast: Array
    """(F,) float32: standard deviation of the grey levels under the box."""
    face_laplacian: Array
    """(F,) float32: variance of the 3x3 Laplacian of the grey face at its native size."""
    face_sharpness: Array
    """(F,) float32: the same at one fixed face size over the intensity variance there; NaN for smaller faces."""
    face_mouth_motion: Array
    """(F,) float32: mean absolute difference of the mouth region to the next grid frame, grey levels, each box aligned
    to its own frame's face and divided by the region's contrast; NaN where there is no next frame of the shot."""
    face_shift: Array
    """(F, 2) float32: movement of the detected box's centre to the next grid frame, in face sides (square root of the
    box's area); NaN where there is no next frame of the shot or the face is not found again."""

    @property
    def duration(self) -> Seconds:
        return self.num_frames / FPS

    @property
    def sample_time(self) -> NDArray[np.float64]:
        """(S,) s."""
        return np.asarray(self.sample / FPS, np.float64)

    def sides(self, boxes: Array) -> NDArray[np.float64]:
        """Sides, px of the displayed picture, of the squares of the areas of boxes (N, 4) in fractions of it, (N,)."""
        area = (boxes[:, 2] - boxes[:, 0]) * self.width * (boxes[:, 3] - boxes[:, 1]) * self.height
        return np.asarray(np.sqrt(area), np.float64)

    def save(self, path: Path) -> None:
        """Write one compressed .npz file, whole or not at all."""
        with committed(path) as beside:
            columns: dict[str, Any] = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
            np.savez_compressed(beside, **columns)

    @classmethod
    def load(cls, path: Path) -> Look:
        """Read what `save` wrote; a DamagedCacheError where it cannot be read."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls.of({name: stored[name] for name in stored.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise DamagedCacheError(f"Cannot read {path} ({error}); delete it, it is then made again") from error

    @classmethod
    def of(cls, columns: Mapping[str, Array]) -> Look:
        values: dict[str, Any] = {f.name: columns[f.name] for f in fields(cls)}
        values |= {name: int(values[name]) for name in ("width", "height", "num_frames")}
        return cls(**{**values, "warning": str(values["warning"])})
