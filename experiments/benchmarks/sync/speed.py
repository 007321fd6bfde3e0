"""How many times real time each backend is on one core, given decoded crops and sound."""

from __future__ import annotations

import time

from avcur.records import FPS
from experiments.benchmarks.faces.product import on_cores
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sync.backends import absent_rows, backend, present
from experiments.benchmarks.sync.tracks import MAX_LAG, talking

CLIP = "latentsync_demo2"
"""Twenty seconds."""
REPEATS = 5
BARS = {"lip_motion": 50.0}


def rows(settings: Settings) -> list[Row]:
    return [*(_row(name, settings) for name in present(settings)), *absent_rows(settings, "times real time")]


def _row(name: str, settings: Settings) -> Row:
    measuring = backend(name, settings)
    track = next(track for track in talking(settings, measuring.geometry) if track.name.startswith(CLIP))
    faces, heard = list(track.faces(0, len(track))), track.waveform(0, len(track))
    speeds = []
    with on_cores(1):
        for _ in range(REPEATS + 1):
            began = time.perf_counter()
            measuring.distances(iter(faces), heard, MAX_LAG)
            speeds.append(len(track) / FPS / (time.perf_counter() - began))
    slow, *_, fast = kept = sorted(speeds[1:])  # the first one loads the network
    median, bar = kept[REPEATS // 2], BARS.get(name)
    figure = f"{median:.0f}x ({slow:.0f}x to {fast:.0f}x)"
    held = None if bar is None else median >= bar
    return Row(f"times real time, one core: {name}", f">= {bar:.0f}x" if bar else "", figure, held)
