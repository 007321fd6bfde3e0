"""Clips of tiny sounds and of looks made by hand, for the tests of signals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avcur.media.encode import write_audio
from avcur.records import Box, Clip, ClipKind, Measurement, Standardised, Track
from avcur.segment.segmentation import Segmentation
from avcur.signals.base import ClipMedia
from avcur.visual.look import Look

CENTRE: Box = (0.25, 0.25, 0.75, 0.75)
"""In the usual picture of 320 x 240 px 160 px wide and 120 px high."""


def sound(tmp_path: Path, waveform: NDArray[np.float32]) -> ClipMedia:
    """The whole of a sound."""
    write_audio(tmp_path / "a.wav", waveform)
    duration = len(waveform) / 16_000
    media = Standardised("r", None, tmp_path / "a.wav", duration)
    clip = Clip("r", "whole", 0.0, duration)
    return ClipMedia(clip, media, Segmentation((clip,)))


def picture(
    look: Look, start: float = 0.0, end: float | None = None, kind: ClipKind = "whole", track: Track | None = None
) -> ClipMedia:
    """A clip without sound, [start, end) s of what a look saw: a track's where one is given, else of that kind."""
    stop = look.duration if end is None else end
    media = Standardised("r", Path("a.mp4"), None, look.duration)
    if track is not None:
        clip = Clip("r", "track", track.start, track.end, 0)
        return ClipMedia(clip, media, Segmentation((clip,), (track,)), look)
    clip = Clip("r", kind, start, stop)
    return ClipMedia(clip, media, Segmentation((clip,)), look)


def still(look: Look, time: float) -> ClipMedia:
    return picture(look, time, time + 1 / 25, "still")


def track_of(boxes: Sequence[Box], start: float = 0.0) -> Track:
    return Track(start, tuple(boxes), (True,) * len(boxes))


def values(found: dict[str, Measurement]) -> dict[str, float | str | None]:
    """Values of what is ok, reasons of what is not applicable; a failure is an error of the test."""
    assert [m.reason for m in found.values() if m.state == "failed"] == []
    return {name: m.value if m.state == "ok" else m.reason for name, m in found.items()}
