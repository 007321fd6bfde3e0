from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from avcur.media.decode import read_audio
from avcur.signals import voices
from avcur.signals.voices import Voices, num_voices, voice_windows
from avcur.weights import RECORDS, Record, Weights
from tests.helpers.media import noise
from tests.signals.clips import sound, values

SECOND = 16_000


def unit(*rows: np.ndarray) -> np.ndarray:
    stacked = np.concatenate(rows)
    return (stacked / np.linalg.norm(stacked, axis=1, keepdims=True)).astype(np.float32)


def voice(axis: int, count: int, spread: float = 0.02) -> np.ndarray:
    """Windows of one voice: around an axis of 192."""
    centre = np.zeros(192)
    centre[axis] = 1.0
    return centre + spread * np.random.default_rng(axis).normal(size=(count, 192))


def test_voices_are_counted_and_one_odd_window_is_none() -> None:
    assert num_voices(unit(voice(0, 1)), 0.75) == 1
    assert num_voices(unit(voice(0, 9)), 0.75) == 1
    assert num_voices(unit(voice(0, 9), voice(1, 1)), 0.75) == 1
    assert num_voices(unit(voice(0, 9), voice(1, 4), voice(2, 2)), 0.75) == 3
    assert num_voices(unit(voice(0, 1), voice(1, 1)), 0.75) == 1


def test_windows_stay_in_their_spans() -> None:
    spans = ((0, 4 * SECOND), (5 * SECOND, 6 * SECOND), (7 * SECOND, 7 * SECOND + 8000))
    found = voice_windows(spans, 100) / SECOND
    assert found.tolist() == [[0, 1.5], [0.75, 2.25], [1.5, 3.0], [2.25, 3.75], [2.5, 4.0], [5, 6]]
    assert voice_windows(((0, 24_000),), 100).tolist() == [[0, 24_000]]
    assert (voice_windows(spans, 3) / SECOND).tolist() == [[0, 1.5], [1.5, 3.0], [5, 6]]
    assert voice_windows((), 3).shape == (0, 2)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weights]:
    """Random ones of the published sizes, under a record of their own."""
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN

    torch.manual_seed(0)
    network = ECAPA_TDNN(80, lin_neurons=192, channels=[1024, 1024, 1024, 1024, 3072], attention_channels=128)
    # The published file has 83,316,686 bytes: these numbers and their names.
    assert sum(value.nbytes for value in network.state_dict().values()) == 83_224_056
    folder = tmp_path_factory.mktemp("weights")
    torch.save(network.state_dict(), folder / "random.ckpt")
    digest = hashlib.sha256((folder / "random.ckpt").read_bytes()).hexdigest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECORDS, "random", Record("random", "random.ckpt", "http://x", digest, 0, "none", "a test"))
        yield Weights("random", str(folder))


def test_embeddings_have_unit_length_whatever_the_batch(weights: Weights) -> None:
    waveform = noise(4.0)
    spans = voice_windows(((0, 4 * SECOND),), 100)
    together = Voices(weights, batch_size=16)._embeddings(waveform, spans)
    pieces = Voices(weights, batch_size=2)._embeddings(waveform, spans)
    assert together.shape == (5, 192)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(pieces, together, atol=1e-4)


def test_level_does_not_change_a_voice(weights: Weights) -> None:
    """The mean of the log spectra is taken away."""
    signal, waveform, spans = Voices(weights), noise(1.5), np.array([[0, 24_000]])
    loud, soft = (signal._embeddings(gain * waveform, spans) for gain in (1.0, 0.25))
    np.testing.assert_allclose(loud, soft, atol=1e-3)


def test_another_voice_lowers_the_least_similarity(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "speech_spans", lambda media, threshold: ((0, 15 * SECOND),))
    signal, media = Voices(weights), sound(tmp_path, noise(15.0))
    found = []
    for rows in (unit(voice(0, 19)), unit(voice(0, 15), voice(1, 4))):
        monkeypatch.setattr(Voices, "_embeddings", lambda self, waveform, spans, rows=rows: rows[: len(spans)])
        found.append(values(signal.measure(media)))
    assert [f["num_voices"] for f in found] == [1.0, 2.0]
    assert found[0]["voice_similarity"] > 0.9
    assert found[1]["voice_similarity"] == pytest.approx(4 / np.hypot(15, 4), abs=0.05)


def test_real_speech_goes_through(weights: Weights, real_media: Path, tmp_path: Path) -> None:
    waveform = read_audio(real_media / "speech_speaker/1688/1688-142285-0003.flac", SECOND)
    found = values(Voices(weights).measure(sound(tmp_path, waveform)))
    assert -1 <= found["voice_similarity"] <= 1
    assert found["num_voices"] >= 1


def test_silence_has_no_voice(weights: Weights, tmp_path: Path) -> None:
    found = Voices(weights).measure(sound(tmp_path, np.zeros(SECOND, np.float32)))
    assert set(values(found).values()) == {"no speech of 0.75 s"}


def test_without_weights_the_reason_names_the_file(tmp_path: Path) -> None:
    found = values(Voices(Weights("ecapa_voxceleb", str(tmp_path))).measure(sound(tmp_path, noise(1.0))))
    assert list(found) == ["voice_similarity", "num_voices"]
    assert "embedding_model.ckpt (ecapa_voxceleb) is not in" in str(found["num_voices"])


def test_small_to_pickle(weights: Weights, tmp_path: Path) -> None:
    signal = Voices(weights)
    signal._embeddings(noise(1.5), np.array([[0, 24_000]]))
    assert len(pickle.dumps(signal)) < 1000
