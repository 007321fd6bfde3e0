"""Whether a track's face is the one that speaks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from avcur.asd.scorer import Scorer
from avcur.crops.geometry import Geometry, geometry_of
from avcur.engines.device import device_named
from avcur.errors import UserError, check_number
from avcur.records import FPS, Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.weights import RECORDS, Checkpoint, LearnedFrom, Weights, trained

CROPS = {name: record.crops[0] for name, record in RECORDS.items() if record.crops}
"""The geometry of the crops that published weights are shown, by their name."""
PUBLISHED_SIZE = 112


@dataclass
class Asd(Signal):
    """Of a face track with sound, whether its face is heard to speak, by Light-ASD (Liao et al., CVPR 2023).

    `asd_score`: mean over frames of the speaking score, the log-odds of speaking against not speaking, so that 0 is the
    network's own decision boundary; its `series` is the score of each frame at 25 fps, NaN where the sound has ended.
    `speaking_share`: share of the frames with sound whose score is above 0.

    A frame's score is the mean over windows of several lengths, `windows` being weights by seconds; a weight of 0
    leaves a length out. The network is that of a `checkpoint` of our own training (`task=active_speaker`), which says
    its size and its crops, or else of the published `weights`.
    Such networks know moving lips and the presence of speech, not synchrony: another's voice scores nearly as high.
    """

    network: Callable[..., Any]
    weights: Weights
    checkpoint: Checkpoint
    windows: Mapping[float, float]
    batch_size: int = 125
    device: str = "auto"
    columns = ("asd_score", "speaking_share")
    reads = "both"

    def __post_init__(self) -> None:
        if self.weights.name not in CROPS:
            raise UserError(f"signals.asd.weights.name={self.weights.name}: choose {' or '.join(CROPS)}")
        for seconds, weight in self.windows.items():
            check_number("A length of signals.asd.windows, seconds,", seconds, least=1 / FPS)
            check_number(f"signals.asd.windows: the weight of {seconds} s", weight)
        if not any(self.windows.values()):
            raise UserError("signals.asd.windows has no length with a weight; give one, such as {1: 1}")
        check_number("signals.asd.batch_size", self.batch_size, least=1, whole=True)

    @property
    def geometry(self) -> Geometry:
        """That of the crops which the network was trained on."""
        return geometry_of(self.checkpoint, CROPS[self.weights.name])

    @property
    def learned(self) -> LearnedFrom | None:
        return self.checkpoint.learned()

    def missing(self) -> str | None:
        if self.checkpoint.path is None:
            return self.weights.missing()
        self.checkpoint.missing("active_speaker")
        made, own = self.checkpoint.facts()["model"]["network"]["_target_"], _name(self.network)
        if made != own:
            raise UserError(f"{self.checkpoint.path} is a {made}; signals.asd scores with {own} alone")
        return None

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        media.need_motion()
        pictures = media.crop_pictures(self.geometry)
        scores = self._scorer()(pictures, media.need_waveform())
        if not len(scores):
            raise NotApplicableError("the sound ends before the clip's first frame does")
        num_frames = max(len(scores), round(media.clip.duration * FPS))
        series = np.pad(scores, (0, num_frames - len(scores)), constant_values=np.nan)
        return {
            "asd_score": Measurement.ok(scores.mean(dtype=np.float64), series),
            "speaking_share": Measurement.ok((scores > 0).mean()),
        }

    def _scorer(self) -> Scorer:
        """The network is loaded once per process, outside the signal, which stays small to pickle."""
        device = device_named(self.device)
        if self.checkpoint.path is None:
            network = trained(self.network, Checkpoint(str(self.weights.path())), device)
            return Scorer(network, device, "face", PUBLISHED_SIZE, self.windows, self.batch_size)
        facts = self.checkpoint.facts()
        settings = {name: value for name, value in facts["model"]["network"].items() if not name.startswith("_")}
        network = trained(functools.partial(self.network, **settings), self.checkpoint, device)
        reads = facts["datamodule"]
        return Scorer(network, device, reads["region"], reads["face_size"], self.windows, self.batch_size)


def _name(network: Callable[..., Any]) -> str:
    """As a config's `_target_` names a network's class."""
    made = network.func if isinstance(network, functools.partial) else network
    return f"{made.__module__}.{made.__qualname__}"
