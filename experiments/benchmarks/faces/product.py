"""The product as its users get it: the default configuration on one file."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from avcur.configuration import construct
from avcur.records import Recording, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.visual.look import Look
from experiments.benchmarks.row import num_cores

CONF = Path(__file__).resolve().parents[3] / "conf"


@dataclass(frozen=True)
class Seen:
    """What the product found in a recording, and the seconds that the look and the segmentation took."""

    media: Standardised
    look: Look
    segmentation: Segmentation
    seconds: float


def configuration(*overrides: str) -> DictConfig:
    """The default config of `curate.py` with face tracks."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("curate", ["segment=face_tracks", *overrides])


def segmenter(*overrides: str) -> Any:
    return construct(configuration(*overrides).segment)


def use_threads(threads: int) -> None:
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)


@contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Keep this thread, and the threads that it starts meanwhile, on so many cores."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:count])
    use_threads(count)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def standardised(path: Path) -> Standardised:
    stage = construct(configuration().standardise)
    found: Standardised = stage(Recording(path.name, path), _folder() / path.name)
    return found


def look_and_segment(media: Standardised, segment: Any, threads: int) -> Seen:
    """One timed pass and its tracks."""
    use_threads(threads)
    began = time.perf_counter()
    look = segment.visual(media, threads)
    segmentation = segment(media, look)
    return Seen(media, look, segmentation, time.perf_counter() - began)


@cache
def seen(path: Path) -> Seen:
    """The default product's findings on all cores; made once for all benchmarks of a run."""
    return look_and_segment(standardised(path), segmenter(), num_cores())


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="avcur-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
