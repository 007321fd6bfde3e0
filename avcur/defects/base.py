"""What a planter is: a known fault of picture or sound with a rate, a range of severity and the content it may hit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from avcur.errors import UserError
from avcur.records import Recording

Image = NDArray[np.uint8]
Waveform = NDArray[np.float32]
Modality = Literal["video", "audio"]

_VIDEO_SUFFIXES = {
    ".mp4",
    ".m4v",
    ".mov",
    ".mkv",
    ".webm",
    ".avi",
    ".mpg",
    ".mpeg",
    ".mts",
    ".ts",
    ".flv",
    ".wmv",
    ".ogv",
}
_AUDIO_TYPES = ("speech", "music", "both", "neither")
TARGETS = ("video", "audio", "speaker", "audio_type", *_AUDIO_TYPES)


def targets(recording: Recording) -> set[str]:
    """What a recording is to a planter: video or audio by its suffix, and the labels that it carries."""
    found = {"video" if recording.path.suffix.lower() in _VIDEO_SUFFIXES else "audio"}
    if recording.speaker is not None:
        found.add("speaker")
    if recording.audio_type is not None:
        found |= {"audio_type", recording.audio_type}
    return found


@dataclass(frozen=True, kw_only=True)
class Planter(ABC):
    """Plants one defect in a share `rate` of the recordings that are any of `on` (names in TARGETS)."""

    modality: ClassVar[Modality]
    unit: ClassVar[str]
    """What the severity counts."""
    rate: float
    on: Sequence[str]

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise UserError(f"A defect's rate is a share, 0 to 1, got {self.rate} for {type(self).__name__}")
        object.__setattr__(self, "on", tuple(self.on))
        if unknown := sorted(set(self.on) - set(TARGETS)):
            raise UserError(
                f"{type(self).__name__}: unknown target {unknown[0]!r} in `on`; known: {', '.join(TARGETS)}"
            )

    def hits(self, recording: Recording) -> bool:
        """Whether this planter may touch the recording at all."""
        return bool(targets(recording) & set(self.on))

    @abstractmethod
    def severity(self, rng: np.random.Generator) -> float:
        """Draw how bad it gets, in the planter's own unit."""


class VideoPlanter(Planter):
    """A fault of the picture; frames stream through it."""

    modality = "video"

    @abstractmethod
    def transform(
        self, frames: Iterator[Image], num_frames: int, severity: float, rng: np.random.Generator
    ) -> Iterator[Image]:
        """The frames, (H, W, 3) RGB of unchanged size and number, with the fault; `num_frames` may be an estimate."""


class AudioPlanter(Planter):
    """A fault of the sound."""

    modality = "audio"

    @abstractmethod
    def transform(self, waveform: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        """The sound, (N,) at 16 kHz, with the fault; the length is unchanged."""


def between(rng: np.random.Generator, span: Sequence[float]) -> float:
    """A number drawn evenly from [low, high]."""
    low, high = span
    return float(rng.uniform(low, high))
