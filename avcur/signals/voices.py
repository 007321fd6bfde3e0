"""Whether one voice speaks in a clip, and how many there are, by speaker embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from avcur.engines.device import device_named
from avcur.records import SAMPLE_RATE, Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.levels import Waveform
from avcur.signals.voice_activity import Spans, speech_spans
from avcur.weights import Weights, read_checkpoint, tensors

Embeddings = NDArray[np.float32]

WINDOW = round(1.5 * SAMPLE_RATE)
HOP = WINDOW // 2
"""Samples from one window to the next; also the shortest speech that a voice is told from."""
LEAST_WINDOWS = 2
"""Of a voice: one odd window (a laugh, a cough) is none, where another voice is there."""


@dataclass
class Voices(Signal):
    """`voice_similarity`: least cosine of a window's voice to the mean voice of the clip; `num_voices`: how many.

    Embeddings (192 dimensions) of SpeechBrain's ECAPA-TDNN for windows of 1.5 s, every 0.75 s of what Silero calls
    speech (at `speech_threshold`), each span by itself; the windows of a clip of more than `max_windows` are thinned
    evenly. The similarity is the least, not the mean, because a few seconds of another voice spoil a clip of one
    speaker and hardly move a mean. Voices are clusters of at least two windows, by average linkage: two are one voice
    while the mean cosine between their windows is above 1 - `distance`. 0.75 is where SpeechBrain's own verification
    tells two utterances apart (cosine 0.25); it was not tuned for short windows.
    """

    weights: Weights
    distance: float = 0.75
    speech_threshold: float = 0.5
    max_windows: int = 1000
    batch_size: int = 16
    device: str = "auto"
    columns = ("voice_similarity", "num_voices")
    reads = "sound"

    def missing(self) -> str | None:
        return self.weights.missing()

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        waveform = media.need_waveform()
        starts = voice_windows(speech_spans(media, self.speech_threshold), self.max_windows)
        if not len(starts):
            raise NotApplicableError(f"no speech of {HOP / SAMPLE_RATE} s")
        voices = self._embeddings(waveform, starts)
        mean = voices.mean(axis=0)
        return {
            "voice_similarity": Measurement.ok((voices @ mean).min() / np.linalg.norm(mean)),
            "num_voices": Measurement.ok(num_voices(voices, self.distance)),
        }

    def _embeddings(self, waveform: Waveform, spans: NDArray[np.int64]) -> Embeddings:
        """Of unit length, (W, 192), for spans [start, end) of samples (W, 2)."""
        import torch  # here, so that the process that only hands out work does without its 450 MB

        device = device_named(self.device)
        fbank, network = _networks(self.weights, device)
        found = []
        for i in range(0, len(spans), self.batch_size):
            batch = np.stack([np.resize(waveform[a:b], WINDOW) for a, b in spans[i : i + self.batch_size]])
            with torch.inference_mode():
                features = fbank(torch.from_numpy(batch).to(device))
                # As published: each utterance's mean taken away, its variance left.
                voices = network(features - features.mean(dim=1, keepdim=True))[:, 0]
            found.append(torch.nn.functional.normalize(voices, dim=1).cpu().numpy())
        return np.concatenate(found)


def voice_windows(spans: Spans, most: int) -> NDArray[np.int64]:
    """Windows of 1.5 s in spans of samples, as [start, end) (W, 2): the last one of each ends with it.

    A span shorter than a window is one by itself, and none where it is shorter than 0.75 s. At most `most`, evenly.
    """
    found = [window for start, end in spans if end - start >= HOP for window in _span_windows(start, end)]
    chosen = np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int)
    return np.array([found[i] for i in chosen], np.int64).reshape(-1, 2)


def _span_windows(start: int, end: int) -> list[tuple[int, int]]:
    starts = [*range(start, end - WINDOW, HOP), max(start, end - WINDOW)]
    return [(first, min(first + WINDOW, end)) for first in starts]


def num_voices(voices: Embeddings, distance: float) -> int:
    """Clusters of unit vectors (W, D) by average linkage of 1 - cosine, those of one window apart; 1 or more."""
    if len(voices) < 2:
        return 1
    tree = linkage(voices.astype(np.float64), "average", metric="cosine")
    sizes = np.bincount(fcluster(tree, distance, "distance"))
    return max(1, int((sizes >= LEAST_WINDOWS).sum()))


@lru_cache(maxsize=1)
def _networks(weights: Weights, device: str) -> tuple[Any, Any]:
    """Filter banks and the embedding network of `spkrec-ecapa-voxceleb` (20.8 million parameters), once per process."""
    from speechbrain.lobes.features import Fbank
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN

    network = ECAPA_TDNN(80, lin_neurons=192, channels=[1024, 1024, 1024, 1024, 3072], attention_channels=128)
    network.load_state_dict(tensors(read_checkpoint(weights.path())))
    return Fbank(n_mels=80).to(device), network.eval().to(device)
