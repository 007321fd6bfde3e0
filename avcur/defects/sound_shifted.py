"""Sound that runs ahead of the picture or behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import AudioPlanter, Waveform, between
from avcur.records import SAMPLE_RATE


@dataclass(frozen=True, kw_only=True)
class SoundShifted(AudioPlanter):
    """Shifts the sound against the picture; its severity is the shift in seconds, positive where the sound leads.

    What the shift uncovers at one end is filled with the sound's own mirror image, of the same voice, level and room
    and without a jump: silence would tell the fault to anything that looks for silence, and in a clip cut from a longer
    recording, sound goes on at both ends. Labels of who speaks go by the picture, so they stay.
    """

    unit = "s, positive: the sound leads the picture"
    spans = {"seconds": (0.04, 5.0)}  # noqa: RUF012
    on: Sequence[str] = ("video",)
    seconds: Sequence[float] = (0.12, 0.6)
    """How far, to either side; the least is three frames, as late sound is noticed from 125 ms on (ITU-R BT.1359)."""

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.seconds) * (1 if rng.random() < 0.5 else -1)

    def transform(self, waveform: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        ahead = round(severity * SAMPLE_RATE)
        if len(waveform) <= abs(ahead):
            return waveform[::-1].copy()  # nothing of it stays in the recording; its mirror image is left
        kept = waveform[ahead:] if ahead > 0 else waveform[: len(waveform) + ahead]
        return np.pad(kept, (max(-ahead, 0), max(ahead, 0)), mode="symmetric")
