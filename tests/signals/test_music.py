from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avcur.errors import UserError
from avcur.features.log_mel import log_mel
from avcur.signals.music import Music, windows
from avcur.store.keys import digest
from avcur.training.checkpoint import save_checkpoint
from avcur.weights import Checkpoint, LearnedFrom
from tests.helpers.media import noise
from tests.signals.clips import sound, values

FACTS = {
    "task": "audio_type", "scope": "s", "training_groups": ["g"], "training_recordings": [], "training_media": [],
    "datamodule": {"crop_seconds": 0.5, "num_mels": 8},
}  # fmt: skip


class Loud(nn.Module):
    """Music is what is loud: the mean of a log-mel (B, T, 8) above a learned level; speech is never."""

    def __init__(self, lengths: int = 50) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.zeros(1))
        self.lengths = lengths

    def forward(self, log_mel: Tensor) -> Tensor:
        assert log_mel.shape[1:] == (self.lengths, 8)
        return torch.stack([torch.full((len(log_mel),), -9.0), log_mel.mean(dim=(1, 2)) - self.level], dim=1)


def signal(path: Path, level: float = -8.0, **facts: object) -> Music:
    module = nn.ModuleDict({"network": Loud()})
    with torch.no_grad():
        module["network"].level.fill_(level)
    save_checkpoint(path, module, {**FACTS, **facts})
    return Music(partial(Loud, lengths=50), Checkpoint(str(path)))


def test_windows_cover_all_time_once() -> None:
    starts, shares = windows(130, 50)
    assert starts.tolist() == [0, 50, 80]
    np.testing.assert_allclose(shares, np.array([50, 50, 30]) / 130)
    assert [a.tolist() for a in windows(100, 50)] == [[0, 50], [0.5, 0.5]]
    assert [a.tolist() for a in windows(20, 50)] == [[0], [1.0]]


def test_the_ratio_is_the_share_of_the_time(tmp_path: Path) -> None:
    waveform = np.concatenate([noise(3.0, 0.1), noise(1.2, 1e-4)])
    found = signal(tmp_path / "model.pt").measure(sound(tmp_path, waveform))["music_ratio"]
    assert found.value == pytest.approx(3.0 / 4.2, abs=0.01)
    assert found.series is not None
    assert [p > 0.5 for p in found.series] == [True] * 6 + [False] * 3


def test_probabilities_are_those_of_the_whole_spectrogram(tmp_path: Path) -> None:
    """Read in pieces: 20 windows are more than go through at once."""
    music = signal(tmp_path / "model.pt", level=-7.0)
    waveform = noise(10.0, 0.01)
    found = music.measure(sound(tmp_path, waveform))["music_ratio"]
    whole = log_mel(waveform, 8)
    starts, _ = windows(len(whole), 50)
    network = Loud()
    music.checkpoint.load_into(network)
    with torch.no_grad():
        expected = network(torch.from_numpy(np.stack([whole[s : s + 50] for s in starts]))).sigmoid()[:, 1]
    np.testing.assert_allclose(found.series, expected.numpy(), rtol=1e-3)


def test_a_short_clip_is_repeated_and_a_blip_has_no_window(tmp_path: Path) -> None:
    music = signal(tmp_path / "model.pt")
    assert music.measure(sound(tmp_path, noise(0.2)))["music_ratio"].value == 1.0
    assert "shorter than 32 ms" in str(values(music.measure(sound(tmp_path, noise(0.02)))))


def test_without_a_checkpoint_the_reason_says_how_to_give_one(tmp_path: Path) -> None:
    music = Music(Loud, Checkpoint())
    found = values(music.measure(sound(tmp_path, noise(1.0))))["music_ratio"]
    assert str(found).startswith("no checkpoint given (signals.music.checkpoint.path=")
    assert music.learned is None


def test_the_checkpoint_says_what_it_learned_from_and_of_which_task_it_is(tmp_path: Path) -> None:
    learned = signal(tmp_path / "model.pt").learned
    assert learned == LearnedFrom("s", frozenset("g"), frozenset(), frozenset())
    with pytest.raises(UserError, match="task=speaker_id; give one of task=audio_type"):
        signal(tmp_path / "other.pt", task="speaker_id").missing()


def test_keys_follow_the_weights_and_the_network(tmp_path: Path) -> None:
    first = signal(tmp_path / "a.pt")
    same, other = signal(tmp_path / "b.pt"), signal(tmp_path / "c.pt", level=-7.0)
    wider = Music(partial(Loud, lengths=60), first.checkpoint)
    keys = [digest(music.key()) for music in (first, same, other, wider)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert len(pickle.dumps(first)) < 1000
