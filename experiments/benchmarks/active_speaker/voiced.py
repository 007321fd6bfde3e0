"""Real people who talk with pauses: do their scores follow what is heard? Voice activity is the only truth there is."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from avcur.records import SAMPLES_PER_FRAME
from avcur.signals.voice_activity import find_speech
from experiments.benchmarks.active_speaker.scoring import absent_rows, present, signal
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sync.tracks import CroppedTrack, talking

LEAST = 10
"""Frames with and without speech that a track needs for an AUC of its own."""
THRESHOLD = 0.5
"""Of Silero, as the signal has it."""


def rows(settings: Settings) -> list[Row]:
    return [*(_row(name, settings) for name in present(settings)), *absent_rows(settings, "voiced")]


def _row(name: str, settings: Settings) -> Row:
    measuring = signal(name, settings)
    scorer, areas, heard, unheard = measuring._scorer(), [], [], []
    for track in talking(settings, measuring.geometry):
        waveform = track.waveform(0, len(track))
        scores = scorer(track.faces(0, len(track)), waveform)
        voiced = _voiced(track, len(scores))
        heard.append(scores[voiced] > 0)
        unheard.append(scores[~voiced] > 0)
        if min(voiced.sum(), (~voiced).sum()) >= LEAST:
            areas.append(roc_auc_score(voiced, scores))
    shares = f"{np.concatenate(heard).mean():.1%} of voiced frames, {np.concatenate(unheard).mean():.1%} of the others"
    return Row(f"talking people, scores against voice activity: {name}", "",
               f"mean AUC {np.mean(areas):.3f} of {len(areas)} tracks; said to speak: {shares}")  # fmt: skip


def _voiced(track: CroppedTrack, num_frames: int) -> np.ndarray:
    """Which frames lie in speech, (num_frames,)."""
    voiced = np.zeros(num_frames, bool)
    for start, end in find_speech(track.waveform(0, len(track)), THRESHOLD):
        voiced[start // SAMPLES_PER_FRAME : end // SAMPLES_PER_FRAME] = True
    return voiced
