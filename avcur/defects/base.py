"""What a planter is: a known fault of picture or sound with a rate, a range of severity and the content it may hit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from avcur.errors import UserError
from avcur.media.suffixes import VIDEO_SUFFIXES
from avcur.records import Box, Recording
from avcur.tasks import AUDIO_TYPES

Image = NDArray[np.uint8]
Waveform = NDArray[np.float32]
Modality = Literal["video", "audio"]

TARGETS = ("video", "audio", "speaker", "audio_type", *AUDIO_TYPES)
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
"""Where the picture lies in itself."""


def targets(recording: Recording) -> set[str]:
    """What a recording is to a planter: video or audio by its suffix, and the labels that it carries."""
    found = {"video" if recording.path.suffix.lower() in VIDEO_SUFFIXES else "audio"}
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
    copies: ClassVar[bool] = False
    """Whether the recording itself is left alone, and another one that has the fault is added."""
    training_only: ClassVar[bool] = False
    """Whether what it plants bears the content of another recording (`other` in the truth), which may then not lie on
    another side of the split."""
    rate: float
    on: Sequence[str]

    spans: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """The least and the largest number that the parameters of two numbers may have."""

    def __post_init__(self) -> None:
        for name, (least, most) in self.spans.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise UserError(
                    f"{type(self).__name__}: {name} is [low, high] within {least} to {most}, got [{low}, {high}]"
                )
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

    def placed(self, severity: float, rng: np.random.Generator) -> Box:
        """Where the whole original picture lies in the planted one; `rng` is as `transform` gets it, not yet used."""
        return WHOLE


class AudioPlanter(Planter):
    """A fault of the sound."""

    modality = "audio"

    @abstractmethod
    def transform(self, waveform: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        """The sound, (N,) at 16 kHz, with the fault; the length is unchanged."""


class BorrowingPlanter(Planter):
    """A fault of the sound that is made of the sound of another recording of the source, the donor."""

    modality = "audio"
    training_only = True

    @abstractmethod
    def lends(self, donor: Recording, recording: Recording) -> bool:
        """Whether the labels of `donor` allow that it lends its sound to `recording`, which is another one."""

    @abstractmethod
    def transform(self, waveform: Waveform, lent: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        """The sound, (N,) at 16 kHz, with the fault made of the donor's `lent`, (M,), M > 0; N is unchanged."""


def between(rng: np.random.Generator, span: Sequence[float]) -> float:
    """A number drawn evenly from [low, high]."""
    low, high = span
    return float(rng.uniform(low, high))
