"""On a GPU: hours of 1080p video per hour, and the share of the time that decoding takes."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from avcur.media.decode import pictures
from avcur.records import FPS
from experiments.benchmarks.faces.made import landscape
from experiments.benchmarks.faces.product import look_and_segment, segmenter, standardised
from experiments.benchmarks.row import Row, Settings, num_cores


def _decoding_seconds(path: Path, threads: int) -> float:
    began = time.perf_counter()
    for _ in pictures(path, threads=threads):
        pass
    return time.perf_counter() - began


def rows(settings: Settings) -> list[Row]:
    if not torch.cuda.is_available():
        return [Row("on a GPU", "", "no GPU")]
    results, threads = [], num_cores()
    for what, path in (("HEVC", settings.clip("video/latentsync_demo2.mp4")), ("H.264", landscape(settings))):
        segment, media = segmenter("segment.visual.detector.device=cuda"), standardised(path)
        segment.visual(media, threads)
        found = look_and_segment(media, segment, threads)
        hours = found.look.num_frames / FPS / found.seconds
        share = _decoding_seconds(path, threads) / found.seconds
        figure = f"{hours:.1f} hours per hour; pure decoding takes {share:.0%} of that time; {threads} cores"
        results.append(Row(f"{torch.cuda.get_device_name()}, 1080p {what}", "", figure))
    return results
