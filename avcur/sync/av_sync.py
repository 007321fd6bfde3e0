"""Synchrony by a network of our own training (task=av_sync)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.crops.geometry import Geometry, Image, geometry_of
from avcur.crops.regions import grey_region
from avcur.engines.device import device_named
from avcur.errors import UserError, check_number
from avcur.features import COLUMNS_PER_FRAME
from avcur.features.log_mel import log_mel_piece
from avcur.records import SAMPLES_PER_FRAME
from avcur.sync.backend import Distances, Waveform
from avcur.sync.lagged import Embeddings, Stretches, lagged_distances
from avcur.weights import Checkpoint, LearnedFrom, trained


@dataclass(frozen=True)
class AvSync:
    """Cosine distances, 0..2, between the mouth's and the sound's embeddings of a network that `task=av_sync` trained.

    `network` makes it untrained, with the parameters of training; each process does so once. What it reads (the crops'
    geometry, region and size, the number of mels) stands in the checkpoint.
    `batch_size` frames go through at once. The network sees `margin` frames to either side of a frame: so many frames
    at both ends have no distance, and neither has sound so near to its ends, where a window of 32 ms takes one more.
    """

    network: Callable[[], Any]
    checkpoint: Checkpoint
    batch_size: int = 64
    device: str = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.checkpoint, Checkpoint):
            raise UserError(f"Give a checkpoint as signals.sync.backend.checkpoint.path={self.checkpoint}")
        check_number("signals.sync.backend.batch_size", self.batch_size, least=1, whole=True)

    @property
    def geometry(self) -> Geometry:
        """That of the crops it was trained on; the default training crop without a checkpoint."""
        return geometry_of(self.checkpoint, "face")

    @property
    def learned(self) -> LearnedFrom | None:
        return self.checkpoint.learned()

    def missing(self) -> str | None:
        reason = self.checkpoint.missing("av_sync")
        return None if reason is None else f"{reason} (signals.sync.backend.checkpoint.path=model.pt of task=av_sync)"

    def distances(self, pictures: Iterator[Image], waveform: Waveform, max_lag: int) -> Distances:
        """(T, 2 max_lag + 1) for RGB face crops (T of them) and their sound, as `SyncBackend` says.

        Holds `batch_size` grey mouths and the embeddings of the sound that may belong to them.
        """
        reader = _reader(self)
        stretches = Stretches(map(reader.mouth, pictures), self.batch_size, 2 * reader.margin)
        found = lagged_distances(
            map(reader.see, stretches),
            lambda first, stop: reader.hear(waveform, first, stop, self.batch_size),
            max(
                0, len(waveform) // SAMPLES_PER_FRAME - 1 - 2 * reader.margin
            ),  # the last frame's windows reach beyond the sound
            max_lag,
        )
        rows = np.full((stretches.count, 2 * max_lag + 1), np.nan, np.float32)
        # Of vectors of unit length, half the squared distance is one minus the cosine.
        rows[reader.margin : reader.margin + len(found)] = np.square(found) / 2
        return rows


@dataclass(frozen=True, eq=False)
class _Reader:
    """A loaded network and what it reads."""

    network: Any
    device: str
    region: Any
    face_size: int
    num_mels: int

    @property
    def margin(self) -> int:
        return int(self.network.margin)

    def mouth(self, picture: Image) -> Image:
        return grey_region(picture, self.region, self.face_size)

    def see(self, stretch: list[Image]) -> Embeddings:
        """Grey mouths (n) -> (n - 2 margin, D)."""
        return self._run(self.network.see, np.stack(stretch))

    def hear(self, waveform: Waveform, first: int, stop: int, batch_size: int) -> Embeddings:
        """Embeddings [first, stop) -> (stop - first, D); number k sees frames k to k + 2 margin.

        Number 0 is NaN, as the first window of frame 0 begins before the sound.
        """
        found = [self._hear(waveform, at, min(at + batch_size, stop)) for at in range(first, stop, batch_size)]
        heard = np.concatenate(found) if found else self._nothing()
        heard[: 1 if first == 0 else 0] = np.nan
        return heard

    def _hear(self, waveform: Waveform, first: int, stop: int) -> Embeddings:
        columns = log_mel_piece(
            waveform, self.num_mels, COLUMNS_PER_FRAME * first, COLUMNS_PER_FRAME * (stop + 2 * self.margin)
        )
        return self._run(self.network.hear, columns)

    def _nothing(self) -> Embeddings:
        whole = np.zeros((COLUMNS_PER_FRAME * (2 * self.margin + 1), self.num_mels), np.float32)
        return self._run(self.network.hear, whole)[:0]

    def _run(self, stream: Any, one: NDArray[Any]) -> Embeddings:
        import torch  # here, so that the process that only hands out work does without its 450 MB

        with torch.inference_mode():
            embeddings: Embeddings = stream(torch.from_numpy(one[None]).to(self.device))[0].cpu().numpy()
        return np.array(embeddings)


def _reader(backend: AvSync) -> _Reader:
    """The network is loaded once per process, outside the backend, which stays small to pickle."""
    reads, device = backend.checkpoint.facts()["datamodule"], device_named(backend.device)
    network = trained(backend.network, backend.checkpoint, device)
    return _Reader(network, device, reads["region"], reads["face_size"], reads["num_mels"])
