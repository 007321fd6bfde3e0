"""Whether more than one person speaks in a clip, and when the speaker changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avcur.features import HOP, mfcc
from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.bic import SHORTEST, Sums, changes, num_clusters
from avcur.signals.levels import Waveform
from avcur.signals.voice_activity import Spans, need_speech

Floats = NDArray[np.float64]

PER_HOP = 10
"""MFCC columns of a hop: 0.1 s, the grain of the times."""
PIECE = 300
"""Hops whose columns are computed at once."""


@dataclass
class SpeakerChanges(Signal):
    """`speaker_changes`: how often the speaker changes; its series are the times, s from the clip's start.

    `num_speakers`: how many voices the stretches between the changes have.

    Both by the Bayesian information criterion (`avcur.signals.bic`) on the 13 MFCC of what Silero calls speech at
    `threshold`; a change in a pause is placed in its middle. `penalty` is BIC's lambda, set on joins of other speakers
    and on monologues (LibriSpeech train-clean-100, 5 s each; talking-head clips); theory's 1 takes neighbouring columns
    for independent and finds changes everywhere.

    A voice needs 1 s in one go; changes faster than that, and people who speak at once, are not seen. Another
    microphone, room or music under the same voice is a change as well. Not applicable under 2 s of speech.
    """

    threshold: float = 0.5
    penalty: float = 2.25
    columns = ("speaker_changes", "num_speakers")
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        times, hops = speech_hops(media.need_waveform(), need_speech(media, self.threshold))
        if len(times) < 2 * SHORTEST:
            raise NotApplicableError("less than 2 s of speech")
        sums = Sums.of(hops)
        found = changes(sums, self.penalty)
        series = [(times[i - 1] + PER_HOP * HOP + times[i]) / 2 for i in found]
        speakers = num_clusters(sums, [0, *found, len(sums)], self.penalty)
        return {
            "speaker_changes": Measurement.ok(len(found), series),
            "num_speakers": Measurement.ok(speakers),
        }


def speech_hops(waveform: Waveform, spans: Spans) -> tuple[Floats, Floats]:
    """Beginnings of the whole hops inside speech spans, s (N,), and their MFCC (N, 10, 13)."""
    pieces = [piece for start, end in spans for piece in _span_hops(waveform[start:end])]
    starts = [_starts(start, mfcc.num_columns(end - start) // PER_HOP) for start, end in spans]
    return np.concatenate(starts), np.concatenate([np.empty((0, PER_HOP, 13)), *pieces])


def _starts(first: int, count: int) -> Floats:
    return np.asarray(first / SAMPLE_RATE + PER_HOP * HOP * np.arange(count), np.float64)


def _span_hops(speech: Waveform) -> Iterator[Floats]:
    count = mfcc.num_columns(len(speech)) // PER_HOP
    for first in range(0, count, PIECE):
        stop = min(count, first + PIECE)
        yield (
            mfcc.columns(speech, first * PER_HOP, stop * PER_HOP).reshape(stop - first, PER_HOP, -1).astype(np.float64)
        )
