"""The metric that each task is judged by, for a run and for resampled test groups."""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from avcur.metrics import active_speaker, audio_type, classification, synchrony
from avcur.metrics.ranking import OfWeights

Metric = Callable[[ArrayLike, ArrayLike], float]
"""(target (N,), scores (N, C)) -> value."""
GroupedMetric = Callable[[ArrayLike, ArrayLike, ArrayLike | None], OfWeights]
"""(target (N,), scores (N, C), group index (N,)) -> (weights (R, G) -> values (R,))."""

PRIMARY: dict[str, tuple[str, Metric]] = {
    "active_speaker": ("ap", active_speaker.average_precision),
    "speaker_id": ("accuracy", classification.accuracy),
    "audio_type": ("macro_f1", audio_type.macro_f1),
    "av_sync": ("within_1", synchrony.within_1),
}

BY_GROUP: dict[tuple[str, str], GroupedMetric] = {
    ("active_speaker", "ap"): active_speaker.average_precision_by_group,
    ("speaker_id", "accuracy"): classification.accuracy_by_group,
    ("speaker_id", "macro_f1"): classification.macro_f1_by_group,
    ("audio_type", "macro_f1"): audio_type.macro_f1_by_group,
    ("av_sync", "within_1"): synchrony.within_1_by_group,
    ("av_sync", "within_3"): synchrony.within_3_by_group,
}
"""(task, metric) -> the same metric as a function of how often each test group was drawn."""

DEFINITIONS: dict[str, str] = {
    "ap": "Average precision over all faces and frames pooled, as AVA ActiveSpeaker defines it: precision is made "
    "monotone in recall, and frames with equal scores count as one step. Chance is the share of speaking frames.",
    "accuracy": "The share of test clips whose highest-scoring class is the right one.",
    "macro_f1": "The F1 of each class (harmonic mean of precision and recall), averaged over the classes of the "
    "test set with equal weight.",
    "within_1": "The share of test clips, each with its own sound moved by a fixed number of frames in -15..15, whose "
    "best lag is at most one frame (40 ms) off the true one. Chance is 0.09.",
    "within_3": "As within_1, with at most three frames (120 ms) off. Chance is 0.21.",
}
