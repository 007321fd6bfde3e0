"""How a head moves: drift, nods, turns of the eyes and blinks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avcur.records import FPS

Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Motion:
    """Curves (num_frames,): `dx`, `dy` in half head heights, `tilt` in degrees, `scale` about 1, eyes and brows."""

    dx: Curve
    dy: Curve
    tilt: Curve
    scale: Curve
    lids: Curve
    gaze: Curve
    brows: Curve


def draw_motion(rng: np.random.Generator, num_frames: int) -> Motion:
    def wander(amount: float, hertz: float) -> Curve:
        return amount * _wander(rng, num_frames, hertz)

    return Motion(
        dx=wander(0.05, 0.5), dy=wander(0.035, 0.8), tilt=wander(2.5, 0.5), scale=1 + wander(0.012, 0.3),
        lids=_blinks(rng, num_frames), gaze=np.clip(wander(0.4, 0.6), -1, 1),
        brows=np.clip(wander(0.02, 0.7), -0.02, 0.05),
    )  # fmt: skip


def _wander(rng: np.random.Generator, num_frames: int, hertz: float) -> Curve:
    """A smooth curve of about unit RMS: four sines up to `hertz`."""
    time = np.arange(num_frames) / FPS
    rates, phases = rng.uniform(0.2, 1.0, 4) * hertz, rng.uniform(0, 2 * np.pi, 4)
    return np.asarray(np.sin(2 * np.pi * rates[:, None] * time + phases[:, None]).sum(axis=0) / np.sqrt(2))


def _blinks(rng: np.random.Generator, num_frames: int) -> Curve:
    """Blinks of about 0.2 s every 2 to 5 s (people blink some 17 times a minute)."""
    lids, frame = np.zeros(num_frames), int(rng.uniform(0.3, 3) * FPS)
    while frame < num_frames:
        for offset, closed in enumerate((0.5, 1.0, 1.0, 0.6, 0.2)):
            if frame + offset < num_frames:
                lids[frame + offset] = closed
        frame += int(rng.uniform(2, 5) * FPS)
    return lids
