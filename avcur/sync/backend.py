"""What a lip-sync backend is: it compares each frame's mouth with the sound at every offset; `lags` makes the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avcur.crops.geometry import Geometry, Image
from avcur.weights import LearnedFrom

Waveform = NDArray[np.float32]
Distances = NDArray[np.float32]
"""(T, 2 L + 1): row i is frame i at 25 fps, column o + L the offset o in frames, positive where the sound leads."""


class SyncBackend(Protocol):
    """A dataclass of plain parameters, small to pickle; a network is loaded when it is first used, once per process."""

    @property
    def geometry(self) -> Geometry:
        """The face crops it reads."""
        ...

    @property
    def learned(self) -> LearnedFrom | None:
        """What a checkpoint of our own in it was trained on; None for published weights and without any."""
        ...

    def missing(self) -> str | None:
        """Why it can compare nothing at all, such as weights that are not there; None where it can."""
        ...

    def distances(self, pictures: Iterator[Image], waveform: Waveform, max_lag: int) -> Distances:
        """How far the mouth of frame i is from the sound at frame i - o, for each offset o of -max_lag..max_lag.

        `pictures` are face crops at 25 fps, streamed; `waveform` is their sound, 16 kHz mono. NaN where there is no
        sound at i - o, or no picture around frame i: nothing is ever padded.
        """
        ...
