"""How much of a clip is speech, by Silero."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version as package_version
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal

Spans = tuple[tuple[int, int], ...]
"""Speech as [start, end) in samples of the clip's waveform."""


@dataclass
class VoiceActivity(Signal):
    """How much of a clip is speech and how long it pauses (Silero VAD at `threshold`).

    `speech_ratio`: share of the clip inside speech spans, 0..1; 0 where there is none.
    `longest_pause`: the longest stretch without speech between the clip's first and last speech, s; 0 where one span
    holds all speech, not applicable where there is none. Silence before the first and after the last word is no pause.

    Silero was not trained on music: piano and guitar can set it off, so judge music by other signals.
    """

    version = 2

    threshold: float = 0.5
    weights: str = field(default_factory=lambda: f"silero-vad {package_version('silero-vad')}", init=False)
    columns = ("speech_ratio", "longest_pause")
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        waveform = media.need_waveform()
        spans = speech_spans(media, self.threshold)
        ratio = sum(end - start for start, end in spans) / len(waveform)
        return {"speech_ratio": Measurement.ok(ratio), "longest_pause": longest_pause(spans)}


def longest_pause(spans: Spans) -> Measurement:
    if not spans:
        return Measurement.not_applicable("no speech")
    pauses = (start - end for (_, end), (start, _) in pairwise(spans))
    return Measurement.ok(max(pauses, default=0) / SAMPLE_RATE)


def speech_spans(media: ClipMedia, threshold: float) -> Spans:
    """The clip's speech, found once however many signals ask."""
    return media.shared(("speech", threshold), lambda: find_speech(media.need_waveform(), threshold))


def need_speech(media: ClipMedia, threshold: float) -> Spans:
    """The clip's speech, or NotApplicableError where there is none."""
    media.need_audible()
    spans = speech_spans(media, threshold)
    if not spans:
        raise NotApplicableError("no speech")
    return spans


def find_speech(waveform: NDArray[np.float32], threshold: float) -> Spans:
    """Speech in mono float32 (N,) at 16 kHz; Silero's own spans, padded by 30 ms, pauses under 100 ms closed."""
    import torch  # here, so that the process that only hands out work does without its 450 MB

    model, get_speech_timestamps = _silero()
    with torch.inference_mode():
        found = get_speech_timestamps(torch.from_numpy(waveform), model, threshold=threshold, sampling_rate=SAMPLE_RATE)
    return tuple((int(span["start"]), int(span["end"])) for span in found)


@lru_cache(maxsize=1)
def _silero() -> tuple[Any, Any]:
    """The model, once per process; importing silero_vad sets torch to one thread, which is undone."""
    import torch

    threads = torch.get_num_threads()
    try:
        from silero_vad import get_speech_timestamps, load_silero_vad

        return load_silero_vad(), get_speech_timestamps
    finally:
        torch.set_num_threads(threads)
