"""Clips of tiny media for the tests of signals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avcur.media.encode import write_audio, write_video
from avcur.records import Box, Clip, Detection, Standardised, Track
from avcur.segment.segmentation import Segmentation
from avcur.signals.base import ClipMedia

CENTRE: Box = (0.25, 0.25, 0.75, 0.75)


def sound(tmp_path: Path, waveform: NDArray[np.float32]) -> ClipMedia:
    """The whole of a sound."""
    write_audio(tmp_path / "a.wav", waveform)
    duration = len(waveform) / 16_000
    media = Standardised("r", None, tmp_path / "a.wav", duration)
    clip = Clip("r", "whole", 0.0, duration)
    return ClipMedia(clip, media, Segmentation((clip,)))


def picture(
    tmp_path: Path,
    images: Sequence[NDArray[np.uint8]],
    faces: Sequence[tuple[Box, ...]],
    track: Track | None = None,
) -> ClipMedia:
    """A video at 25 fps whose faces were looked for in every 5th frame: faces[i] are those of sample i."""
    write_video(tmp_path / "a.mp4", images, 25)
    duration = len(images) / 25
    found = tuple(
        Detection(i / 5, boxes, tuple(0.99 - 0.02 * k for k in range(len(boxes)))) for i, boxes in enumerate(faces)
    )
    clip = Clip("r", "whole" if track is None else "track", 0.0, duration, None if track is None else 0)
    media = Standardised("r", tmp_path / "a.mp4", None, duration)
    return ClipMedia(clip, media, Segmentation((clip,), () if track is None else (track,), found))
