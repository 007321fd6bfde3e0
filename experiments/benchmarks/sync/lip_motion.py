"""Offsets of real talking clips whose sound is cut so that it leads or lags by known frames, by `lip_motion`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avcur.records import FPS
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sync.backends import backend
from experiments.benchmarks.sync.tracks import talking

SHIFTS = tuple(round(seconds * FPS) for seconds in (-0.4, -0.2, 0.0, 0.2, 0.4))
"""Frames by which the sound leads."""
UNSHIFTED = SHIFTS.index(0)
NEAR = {1: 10, 3: 14}
"""Frames from 0, and the clips that a map learnt from the other clips brings there: what has to be beaten."""
MOVES = 0.9
"""Share of the surer half of the clips in which the offset must move by exactly the shift."""


def rows(settings: Settings) -> list[Row]:
    tracks = talking(settings, backend("lip_motion", settings).geometry)
    offsets, confidences = measured(settings)
    print("lip_motion: offset (confidence) of each clip with sound that leads by", *SHIFTS, "frames")
    for track, offset, confidence in zip(tracks, offsets, confidences, strict=True):
        found = "  ".join(f"{o:+3d} ({c:.1f})" for o, c in zip(offset, confidence, strict=True))
        print(f"  {track.name:24} {len(track):4d} frames  {found}", flush=True)
    return [*near_rows(offsets[:, UNSHIFTED]), *move_rows(offsets, confidences[:, UNSHIFTED])]


def measured(settings: Settings) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Offsets and confidences of each talking clip at each shift, (clips, shifts)."""
    lips = backend("lip_motion", settings)
    found = [[track.score_shifted(lips, shift) for shift in SHIFTS] for track in talking(settings, lips.geometry)]
    offsets = np.array([[score.offset for score in scores] for scores in found], np.int64)
    return offsets, np.array([[score.confidence for score in scores] for scores in found])


def near_rows(offsets: NDArray[np.int64]) -> list[Row]:
    """How many clips as they are have an offset near 0."""
    counts = {frames: int((np.abs(offsets) <= frames).sum()) for frames in NEAR}
    return [
        Row(f"lip_motion: within {frames} of 0", f"> {NEAR[frames]}", f"{n} of {len(offsets)}", n > NEAR[frames])
        for frames, n in counts.items()
    ]


def move_rows(offsets: NDArray[np.int64], confidences: NDArray[np.float64]) -> list[Row]:
    """In how many clips the offset moves by exactly the shift, at each of the shifts."""
    moved = offsets - np.array(SHIFTS) == offsets[:, [UNSHIFTED]]
    surer = confidences >= np.median(confidences)
    shifted = [place for place in range(len(SHIFTS)) if place != UNSHIFTED]
    share = float(moved[surer][:, shifted].mean())
    return [
        Row("lip_motion: moves by the shift, surer half", f">= {MOVES}", f"{share:.3f}", share >= MOVES),
        Row("lip_motion: moves by the shift, all", "", f"{moved[:, shifted].mean():.3f}"),
    ]
