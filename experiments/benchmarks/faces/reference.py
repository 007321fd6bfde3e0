"""The reference: MTCNN with default parameters on every decoded frame at full size, cached by the file's bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from avcur.media.decode import frames
from avcur.store.commit import committed
from avcur.store.keys import file_digest

CACHE = Path("data/benchmarks/faces/reference")
FPS = 25


@dataclass(frozen=True)
class Reference:
    """All faces of a video on the 25 fps grid: `frame` (N,), `boxes` (N, 4) px, `probabilities` (N,); picture size."""

    frame: NDArray[np.int64]
    boxes: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    num_frames: int
    width: int
    height: int


def network() -> torch.nn.Module:
    from facenet_pytorch import MTCNN

    return MTCNN(keep_all=True)


def reference(path: Path) -> Reference:
    """Read the cached reference, or make it: slow, about two frames a second at 1080p."""
    cache = CACHE / f"{file_digest(path)[:20]}.npz"
    if not cache.exists():
        found = _detect(path)
        with committed(cache) as beside:
            np.savez(beside, **vars(found))
    with np.load(cache, allow_pickle=False) as stored:
        counts = {name: int(stored[name]) for name in ("num_frames", "width", "height")}
        return Reference(stored["frame"], stored["boxes"], stored["probabilities"], **counts)


def _detect(path: Path) -> Reference:
    # In this memory layout it is faster and its boxes are equal to 1e-3 px; the speed benchmark uses the plain one.
    mtcnn = network().to(memory_format=torch.channels_last)
    numbers, boxes, probabilities, count, size = [], [], [], 0, (0, 0)
    with torch.inference_mode():
        for count, frame in enumerate(frames(path, fps=FPS), start=1):
            size = (frame.image.shape[1], frame.image.shape[0])
            found, likely = mtcnn.detect(frame.image)
            for box, probability in zip(found if found is not None else (), likely, strict=False):
                numbers.append(count - 1)
                boxes.append(box)
                probabilities.append(probability)
    return Reference(
        np.array(numbers, np.int64), np.array(boxes, np.float64).reshape(-1, 4), np.array(probabilities, np.float64),
        count, *size,
    )  # fmt: skip
