"""Frozen frames: the repeats that a transcode put into retalking_4, and none where pictures only rest."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from avcur.signals.freeze import Freeze
from experiments.benchmarks.faces.clips import CROWD, real_clips
from experiments.benchmarks.faces.product import seen
from experiments.benchmarks.row import Row, Settings

CLIP, REPEATS = "video/retalking_4.mp4", 37
"""The manifest counts 37 repeats in it."""


def luma_differences(path: Path) -> NDArray[np.float64]:
    """Mean absolute difference of each decoded luma plane at full size to the one before, NaN for the first."""
    differences, before = [np.nan], None
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="gray").astype(np.int16)
            if before is not None:
                differences.append(float(np.abs(luma - before).mean()))
            before = luma
    return np.array(differences)


def exact_repeats(path: Path) -> tuple[list[int], list[int]]:
    """The 37 frames most like the one before, and all frames below the largest step in that order."""
    differences = luma_differences(path)
    order = np.argsort(differences)[: np.isfinite(differences).sum()]
    half = order[: len(order) // 2]
    steps = np.diff(np.log(differences[half] + 1e-3))
    return order[:REPEATS].tolist(), order[: max(REPEATS, int(steps.argmax()) + 1)].tolist()


def frozen_frames(path: Path, threshold: float) -> list[int]:
    return np.flatnonzero(seen(path).look.frame_difference < threshold).tolist()


def rows(settings: Settings) -> list[Row]:
    path, threshold = settings.clip(CLIP), Freeze().threshold
    found = set(frozen_frames(path, threshold))
    exact, alike = exact_repeats(path)
    differences = seen(path).look.frame_difference
    others = np.array([d for i, d in enumerate(differences) if i not in found][1:])
    figure = (
        f"{len(found)} frozen, {len(found & set(exact))} of the {REPEATS} most exact repeats among them, "
        f"{len(found - set(alike))} that are none; differences up to {max(differences[list(found)], default=0):.3f} "
        f"against {others.min():.3f} of the others (threshold {threshold} grey levels)"
    )
    held = set(exact) <= found <= set(alike)
    return [Row("retalking_4", f"its {REPEATS} repeated frames found as frozen", figure, held), _others(settings)]


def _others(settings: Settings) -> Row:
    """Where else frames are called frozen: the three clips with the largest share."""
    shares = []
    for name in [*real_clips(settings), CROWD]:
        path = settings.clip(name)
        if name != CLIP:
            frames = len(seen(path).look.frame_time)
            shares.append((len(frozen_frames(path, Freeze().threshold)) / frames, path.stem, frames))
    most = sorted(shares, reverse=True)[:3]
    figure = ", ".join(f"{name} {round(share * frames)} of {frames}" for share, name, frames in most)
    return Row("frozen frames elsewhere, the three highest", "", figure)
