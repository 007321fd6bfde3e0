"""The whole visual pass on 1080p at 25 fps with one face, on two cores, and where the time goes."""

from __future__ import annotations

import multiprocessing
import os
import time
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from avcur.records import FPS, Standardised
from experiments.benchmarks.faces.made import landscape
from experiments.benchmarks.faces.parts import profile, shares
from experiments.benchmarks.faces.product import look_and_segment, segmenter, standardised, use_threads
from experiments.benchmarks.row import Row, Settings

CORES, REPEATS = 2, 5
BAR, AIM = 3.0, 5.0

_worker: tuple[Any, Barrier]
"""What a worker process holds: its segmenter, its networks loaded, and where all wait before they begin."""


def _prepare(media: Standardised, barrier: Barrier) -> None:
    global _worker
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    segment = segmenter()
    use_threads(1)
    segment.visual(media, 1)
    _worker = segment, barrier


def _times(media: Standardised, threads: int) -> tuple[float, float, int]:
    """Beginning and end on the machine's clock, s, and grid frames; `threads` decode, networks have one as in a run."""
    segment, barrier = _worker
    barrier.wait()
    began = time.monotonic()
    look = segment.visual(media, threads)
    segment(media, look)
    return began, time.monotonic(), look.num_frames


def _profile(media: Standardised) -> dict[str, float]:
    return profile(partial(look_and_segment, media, _worker[0], 1))[1]


def times_real_time(media: Standardised, workers: int, warm_up: Standardised) -> tuple[list[float], dict[str, float]]:
    """Seconds of video per second, repeatedly, with so many recordings at once on the cores; and the profile of one."""
    context = multiprocessing.get_context("spawn")
    speeds = []
    with context.Pool(workers, _prepare, (warm_up, context.Barrier(workers))) as pool:
        for _ in range(REPEATS):
            runs = pool.map(partial(_times, threads=CORES // workers), [media] * workers, chunksize=1)
            began, ended, frames = zip(*runs, strict=True)
            speeds.append(sum(frames) / FPS / (max(ended) - min(began)))
        parts = pool.apply(_profile, (media,)) if workers == 1 else {}
    return sorted(speeds), parts


def measure(what: str, path: Path, warm_up: Standardised) -> list[Row]:
    media = standardised(path)
    alone, parts = times_real_time(media, 1, warm_up)
    both, _ = times_real_time(media, CORES, warm_up)
    print(f"{what}: {shares(parts)}")
    print("\n".join(f"  {name:24} {ms:6.2f} ms" for name, ms in parts.items()), flush=True)
    return [
        _row(f"visual pass, {what}, one recording on {CORES} cores", alone),
        _row(f"visual pass, {what}, {CORES} recordings, a core each", both),
        Row(f"profile, {what}", "", shares(parts)),
    ]


def _row(what: str, speeds: list[float]) -> Row:
    """The median counts; the spread says how busy the machine was with other things."""
    median = speeds[len(speeds) // 2]
    figure = f"{median:.1f}x, median of {len(speeds)} ({speeds[0]:.1f} to {speeds[-1]:.1f})"
    return Row(what, f">= {BAR:.0f}x real time (aim {AIM:.0f}x)", figure, median >= BAR)


def rows(settings: Settings) -> list[Row]:
    if len(os.sched_getaffinity(0)) < CORES:
        return [Row("visual pass at 1080p", f"on {CORES} cores", "this machine has one core")]
    warm_up = standardised(settings.clip("video/grid_bbaf2n.mpg"))
    upright = measure("1080x1920 HEVC", settings.clip("video/latentsync_demo2.mp4"), warm_up)
    return upright + measure("1920x1080 H.264", landscape(settings), warm_up)
