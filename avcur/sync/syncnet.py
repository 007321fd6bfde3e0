"""Synchrony by the published SyncNet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from avcur.crops.geometry import GEOMETRIES, Geometry, Image
from avcur.engines.device import device_named
from avcur.errors import check_number
from avcur.features import COLUMNS_PER_FRAME
from avcur.features.mfcc import columns, num_columns
from avcur.sync.backend import Distances, Waveform
from avcur.sync.lagged import Embeddings, Stretches, lagged_distances
from avcur.weights import LearnedFrom, Weights, read_checkpoint, tensors

PICTURES = 5
"""Frames that a picture embedding sees."""
COLUMNS = 20
"""Columns of MFCC that a sound embedding hears: 0.2 s, the same five frames."""
EMBEDDING = 1024
_CENTRE = PICTURES // 2


@dataclass(frozen=True)
class SyncNet:
    """Euclidean distances between the 1024-dimensional embeddings of SyncNet (Chung and Zisserman, 2016).

    An embedding sees five frames, or hears the 20 columns of MFCC (0.2 s) that begin with them, and is counted as that
    of the middle one: the first two and last two frames have no distances, and neither has sound so near its ends (at
    the end a frame more, as the last column's window is longer than its hop). `batch_size` windows go through at once.
    """

    weights: Weights
    batch_size: int = 16
    device: str = "auto"

    def __post_init__(self) -> None:
        check_number("signals.sync.backend.batch_size", self.batch_size, least=1, whole=True)

    @property
    def geometry(self) -> Geometry:
        """Head and shoulders, 224 px, as the network was trained (syncnet_python's crop)."""
        return GEOMETRIES["voxceleb"]

    @property
    def learned(self) -> LearnedFrom | None:
        return None

    def missing(self) -> str | None:
        return self.weights.missing()

    def distances(self, pictures: Iterator[Image], waveform: Waveform, max_lag: int) -> Distances:
        """(T, 2 max_lag + 1) for RGB `pictures` (T of them, 224 px) and their sound at 16 kHz, as `SyncBackend` says.

        Holds `batch_size` pictures and the embeddings of the sound that may belong to them.
        """
        stretches = Stretches(pictures, self.batch_size, PICTURES - 1)
        found = lagged_distances(
            map(self._see, stretches),
            lambda first, stop: self._hear(waveform, first, stop),
            num_sounds(len(waveform)),
            max_lag,
        )
        rows = np.full((stretches.count, 2 * max_lag + 1), np.nan, np.float32)
        rows[_CENTRE : _CENTRE + len(found)] = found
        return rows

    def _see(self, stretch: list[Image]) -> Embeddings:
        """Pictures (n, 224, 224, 3) -> (n - 4, 1024)."""
        device = device_named(self.device)
        bgr = np.stack(stretch)[..., ::-1]
        return _run(_network(self.weights, device).see, np.ascontiguousarray(bgr), device)

    def _hear(self, waveform: Waveform, first: int, stop: int) -> Embeddings:
        """Sound windows [first, stop) -> (stop - first, 1024)."""
        device = device_named(self.device)
        hear = _network(self.weights, device).hear
        found = [np.empty((0, EMBEDDING), np.float32)]
        for start in range(first, stop, self.batch_size):
            windows = sound_windows(waveform, start, min(start + self.batch_size, stop))
            found.append(_run(hear, windows, device))
        return np.concatenate(found)


def num_sounds(num_samples: int) -> int:
    """How many sound windows, one a frame, lie wholly inside so many samples."""
    return max(0, (num_columns(num_samples) - COLUMNS) // COLUMNS_PER_FRAME + 1)


def sound_windows(waveform: Waveform, first: int, stop: int) -> NDArray[np.float32]:
    """The MFCC (stop - first, 20, 13) of the windows that begin with frames [first, stop)."""
    found = columns(waveform, COLUMNS_PER_FRAME * first, COLUMNS_PER_FRAME * (stop - 1) + COLUMNS)
    return np.ascontiguousarray(sliding_window_view(found, COLUMNS, axis=0)[::COLUMNS_PER_FRAME].transpose(0, 2, 1))


def _run(network: Any, batch: NDArray[Any], device: str) -> Embeddings:
    import torch  # here, so that the process that only hands out work does without its 450 MB

    with torch.inference_mode():
        embeddings: Embeddings = network(torch.from_numpy(batch).to(device)).cpu().numpy()
    return embeddings


@lru_cache(maxsize=1)
def _network(weights: Weights, device: str) -> Any:
    """One network per process, outside the backend, which stays small to pickle."""
    import torch

    from avcur.sync.syncnet_network import SyncNetNetwork

    network: Any = SyncNetNetwork()
    network.load(tensors(read_checkpoint(weights.path())))
    # In this layout its thin convolutions take three quarters of the time on a CPU.
    network.netcnnlip.to(memory_format=torch.channels_last_3d)
    return network.eval().to(device)
