"""Files through the product's own stages: standardised, looked at, tracked, cropped and scored by the signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from avcur.configuration import construct, make_stages
from avcur.records import Measurement, Recording
from avcur.segment.segmentation import load_tracks
from avcur.signals.asd import CROPS, Asd
from avcur.signals.base import Signal
from avcur.stage import Job, perform
from avcur.store.keys import digest
from experiments.benchmarks.faces.product import configuration
from experiments.benchmarks.row import Row, Settings

NAMES = tuple(CROPS)


@dataclass(frozen=True)
class Scored:
    """One face track: the middle of its first box (fraction of the picture's width), and what was measured of it."""

    x: float
    num_frames: int
    values: Mapping[str, Measurement]


@cache
def signal(name: str, settings: Settings) -> Asd:
    """As the configuration has it, with the published weights `name`."""
    chosen = ["signals=asd", f"signals.asd.weights.name={name}"]
    if settings.weights is not None:
        chosen.append(f"paths.weights={settings.weights}")
    found: Asd = construct(configuration(*chosen).signals.asd)
    return found


def absent_rows(settings: Settings, what: str) -> list[Row]:
    """One line for each of the published weights that are not here, with the reason."""
    reasons = {name: signal(name, settings).missing() for name in NAMES}
    return [Row(f"{what}: {name}", "", reason) for name, reason in reasons.items() if reason is not None]


def present(settings: Settings) -> list[str]:
    return [name for name in NAMES if signal(name, settings).missing() is None]


def scored(clip: str, measuring: Signal, settings: Settings) -> list[Scored]:
    """Each face track of a clip of the media folder, from left to right; what was looked at is kept in `scratch`."""
    geometry, folder = measuring.geometry, settings.scratch / "scored" / digest(clip)[:12]
    assert geometry is not None
    paths = folder / "look.npz", folder / "tracks.npz"
    job = Job(
        Recording(clip, settings.clip(clip)), folder, *paths, {geometry: folder / geometry.name}, None, None, None
    )
    done = perform(make_stages(configuration(), {"one": measuring}), job)
    if done.reason is not None or done.segmented is None:
        raise SystemExit(f"{clip}: {done.reason}")
    tracks = load_tracks(paths[1]) if paths[1].exists() else ()
    found = []
    for segment, measured in zip(done.segmented.clips, done.measured, strict=True):
        if segment.track is not None:
            boxes = tracks[segment.track].boxes
            found.append(Scored((boxes[0][0] + boxes[0][2]) / 2, len(boxes), measured["one"]))
    return sorted(found, key=lambda track: track.x)


def stem(clip: str) -> str:
    return Path(clip).stem
