"""Speed: the whole product path against MTCNN as it comes, on the same 1080p clip in the same run."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path

import torch

from avcur.media.decode import frames
from experiments.benchmarks.faces.product import look_and_segment, on_cores, segmenter, standardised
from experiments.benchmarks.faces.reference import FPS, network
from experiments.benchmarks.row import Row, Settings, num_cores

CLIP = "video/latentsync_demo2.mp4"
BAR = 20.0


def seconds_of_reference(path: Path, count: int) -> float:
    """Seconds per frame of MTCNN's defaults, one frame after the other at full size, decoding included."""
    mtcnn = network()
    with torch.inference_mode():
        source = frames(path, fps=FPS)
        mtcnn.detect(next(source).image)
        began = time.perf_counter()
        seen = sum(1 for frame in islice(source, count) if mtcnn.detect(frame.image) is not None)
        return (time.perf_counter() - began) / seen


def seconds_of_product(path: Path, threads: int) -> float:
    """Seconds per grid frame of decoding, shots, detection, refinement and tracks; the networks are loaded before."""
    segment, media = segmenter(), standardised(path)
    segment.visual(media, threads)
    found = look_and_segment(media, segment, threads)
    return found.seconds / found.look.num_frames


def rows(settings: Settings) -> list[Row]:
    path, results = settings.clip(CLIP), []
    for cores in sorted({num_cores(), 1}, reverse=True):
        with on_cores(cores):
            slow = seconds_of_reference(path, settings.reference_frames)
            fast = seconds_of_product(path, cores)
        figure = f"{slow / fast:.1f}x ({slow * 1e3:.0f} ms against {fast * 1e3:.1f} ms a frame)"
        bar = f">= {BAR:.0f}x" if cores == num_cores() else ""
        what = f"speed against the reference, 1080p, both on {cores} core{'s' * (cores > 1)}"
        results.append(Row(what, bar, figure, slow / fast >= BAR if bar else None))
    return results
