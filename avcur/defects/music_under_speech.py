"""Music under somebody's words, as editors put it there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import AudioPlanter, Waveform, between
from avcur.defects.level import active_level, heard_level, unclipped
from avcur.records import SAMPLE_RATE, Recording
from avcur.sources.synthetic.music import draw_piece, excerpt


@dataclass(frozen=True, kw_only=True)
class MusicUnderSpeech(AudioPlanter):
    """Adds music from end to end; its severity is the ratio of speech to music in dB, both at their active level.

    The music is synthesised, a new piece for each recording: music borrowed from the source's own recordings could
    cross the split, and most sources have none. By default not on audio types: speech with music is another one.
    """

    unit = "speech to music, dB"
    spans = {"ratio": (-20.0, 40.0)}  # noqa: RUF012
    on: Sequence[str] = ("video", "speaker")
    ratio: Sequence[float] = (-5.0, 10.0)

    def hits(self, recording: Recording) -> bool:
        return super().hits(recording) and (recording.audio_type is None or recording.audio_type in self.on)

    def severity(self, rng: np.random.Generator) -> float:
        return between(rng, self.ratio)

    def transform(self, waveform: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        if not len(waveform):
            return waveform
        piece = draw_piece(rng)
        music = excerpt(piece, float(rng.uniform(0, piece.seconds)), len(waveform) / SAMPLE_RATE, rng)
        level = heard_level(waveform) * 10 ** (-severity / 20)
        return unclipped(waveform + level / max(active_level(music), 1e-9) * music)
