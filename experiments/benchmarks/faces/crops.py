"""Crops: how fast they are written, one core per recording as in a worker."""

from __future__ import annotations

import time

from avcur.crops.geometry import GEOMETRIES
from avcur.crops.write import write_crops
from experiments.benchmarks.faces.product import seen, use_threads
from experiments.benchmarks.row import Row, Settings

CLIP = "video/latentsync_demo2.mp4"


def rows(settings: Settings) -> list[Row]:
    found = seen(settings.clip(CLIP))
    tracks = found.segmentation.tracks
    use_threads(1)
    speeds = []
    for name, geometry in GEOMETRIES.items():
        folder = settings.scratch / "crops" / name
        folder.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        write_crops(found.media, tracks, [folder / f"{i}.mp4" for i in range(len(tracks))], geometry)
        seconds = time.perf_counter() - began
        speeds.append(f"{name} ({geometry.size} px) {sum(len(t.boxes) for t in tracks) / seconds:.0f}")
    return [Row("crops from 1080p, frames per second on one core", "", ", ".join(speeds))]
