"""Looks made by hand, for tests of what is derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from avcur.records import Box
from avcur.visual.look import Look

FRONTAL = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))
"""Places of the five landmarks in the box of a face that looks ahead."""


def look_of(
    samples: dict[int, Sequence[Box]],
    num_frames: int,
    cuts: Sequence[int] = (),
    size: tuple[int, int] = (320, 240),
    **columns: Any,
) -> Look:
    """A look whose grid frames `samples` have these faces; other columns are plain unless given."""
    faces = [(k, box) for k, boxes in enumerate(samples.values()) for box in boxes]
    boxes = np.array([box for _, box in faces], np.float64).reshape(-1, 4)
    count = len(faces)
    plain: dict[str, Any] = {
        "frame_time": np.arange(num_frames) / 25,
        "frame_luma": np.full(num_frames, 120.0),
        "frame_contrast": np.full(num_frames, 50.0),
        "frame_difference": np.concatenate([[np.nan], np.full(num_frames - 1, 2.0)]),
        "frame_bars": np.zeros((num_frames, 4)),
        "thumb_time": np.arange(0, num_frames, 5) / 25,
        "thumb": np.random.default_rng(0).integers(0, 255, (len(range(0, num_frames, 5)), 16, 16), dtype=np.uint8),
        "face_probability": np.full(count, 0.99),
        "face_landmarks": boxes[:, None, :2] + np.array(FRONTAL) * (boxes[:, None, 2:] - boxes[:, None, :2]),
        "face_luma": np.full(count, 130.0),
        "face_contrast": np.full(count, 40.0),
        "face_laplacian": np.full(count, 100.0),
        "face_sharpness": np.full(count, 0.05),
        "face_mouth_motion": np.full(count, 0.2),
        "face_shift": np.zeros((count, 2)),
    }
    return Look(
        width=size[0], height=size[1], num_frames=num_frames, warning="",
        cuts=np.array(cuts, np.int64), sample=np.array(list(samples), np.int64),
        face_sample=np.array([k for k, _ in faces], np.int64), face_box=boxes, **{**plain, **columns},
    )  # fmt: skip
