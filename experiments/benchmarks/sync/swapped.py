"""Does a confidence tell a face's own sound from another person's? Every pair of talking clips, each backend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avcur.sync.backend import SyncBackend
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sync.backends import absent_rows, backend, present
from experiments.benchmarks.sync.tracks import CroppedTrack, talking

DRAWS = 1000


def rows(settings: Settings) -> list[Row]:
    return [
        *(_row(name, settings) for name in present(settings)),
        *absent_rows(settings, "own sound against another's"),
    ]


def _row(name: str, settings: Settings) -> Row:
    measuring = backend(name, settings)
    tracks = talking(settings, measuring.geometry)
    people = np.array([track.person for track in tracks])
    found = confidences(measuring, tracks)
    own, others = np.diagonal(found), found[people[:, None] != people]
    low, high = interval(found, people)
    print(
        f"{name}: confidence of own sound, quartiles {_quartiles(own)}; of another's {_quartiles(others)}", flush=True
    )
    print(f"  another's: 95 % are below {np.percentile(others, 95):.2f}, 99 % below {np.percentile(others, 99):.2f}")
    figure = f"AUC {auc(found, people, np.ones(len(tracks))):.3f} ({low:.3f} to {high:.3f}), {others.size} pairs"
    return Row(f"own sound against another's: {name}", "", figure)


def confidences(measuring: SyncBackend, tracks: Sequence[CroppedTrack]) -> NDArray[np.float64]:
    """Of the mouth of clip i with the sound of clip j, both as long as the shorter, (clips, clips)."""
    return np.array([[mouth.score_with(measuring, sound).confidence for sound in tracks] for mouth in tracks])


def auc(found: NDArray[np.float64], people: NDArray[np.str_], weights: NDArray[np.float64]) -> float:
    """Chance that own sound has the higher confidence, a tie counting half; `weights` (clips,) repeat clips."""
    mouths, sounds = np.nonzero(people[:, None] != people)
    own, others = np.diagonal(found)[:, None], found[mouths, sounds]
    wins = (own > others) + 0.5 * (own == others)
    weight = weights[:, None] * (weights[mouths] * weights[sounds])
    return float((wins * weight).sum() / weight.sum())


def interval(found: NDArray[np.float64], people: NDArray[np.str_]) -> tuple[float, float]:
    """95 % of bootstrap draws of people, each with all their clips as mouth and as sound."""
    rng = np.random.default_rng(0)
    names, person = np.unique(people, return_inverse=True)
    drawn = (np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names)) for _ in range(DRAWS))
    values = [auc(found, people, counts[person].astype(float)) for counts in drawn]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _quartiles(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:.2f}" for value in np.percentile(values, [25, 50, 75]))
