from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from avcur.crops.geometry import GEOMETRIES, Image
from avcur.crops.regions import grey_region
from avcur.errors import UserError
from avcur.features.log_mel import log_mel
from avcur.store.keys import parameters
from avcur.sync.av_sync import AvSync
from avcur.training.checkpoint import save_checkpoint
from avcur.weights import Checkpoint
from models.av_sync.dense_sync import DenseSync
from models.av_sync.module import AvSync as Training
from models.av_sync.module import lag_similarities, lags_there

SIZE, MELS = 16, 20
FACTS = {
    "task": "av_sync", "crops": {"geometry": "face", "size": None}, "scope": "s#0", "training_groups": ["g"],
    "training_recordings": ["r"], "training_media": ["m"],
    "datamodule": {"region": "mouth", "face_size": SIZE, "num_mels": MELS, "segment_frames": 46},
}  # fmt: skip


@pytest.fixture(scope="module")
def network() -> DenseSync:
    torch.manual_seed(0)
    return DenseSync(SIZE, MELS, num_out=8).eval()


@pytest.fixture
def backend(network: DenseSync, tmp_path: Path) -> AvSync:
    save_checkpoint(tmp_path / "model.pt", Training(network), FACTS)
    make = partial(DenseSync, face_size=SIZE, num_mels=MELS, num_out=8)
    return AvSync(make, Checkpoint(str(tmp_path / "model.pt")), device="cpu")


def saved(backend: AvSync, network: DenseSync, path: Path, **facts: object) -> AvSync:
    save_checkpoint(path, Training(network), {**FACTS, **facts})
    return replace(backend, checkpoint=Checkpoint(str(path)))


def pictures(count: int) -> Iterator[Image]:
    rng = np.random.default_rng(0)
    return (rng.integers(0, 256, (112, 112, 3), dtype=np.uint8) for _ in range(count))


def sound(frames: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, round(frames * 640)).astype(np.float32)


def test_distances_are_those_that_training_scores(backend: AvSync, network: DenseSync) -> None:
    found = backend.distances(pictures(60), sound(60), 15)
    mouths = torch.from_numpy(np.stack([grey_region(p, "mouth", SIZE) for p in pictures(60)]))[None]
    columns = np.pad(log_mel(sound(60), MELS)[:240], ((60, 60), (0, 0)))
    heard = torch.zeros(1, 90, dtype=torch.bool)
    heard[0, 16:74] = True  # the first and last frame's windows reach beyond the sound
    there = heard.unfold(1, 7, 1).all(dim=2)
    with torch.inference_mode():
        similarities = lag_similarities(network.see(mouths), network.hear(torch.from_numpy(columns)[None]))
    expected = (1 - similarities).masked_fill(~lags_there(there, similarities), torch.nan)
    assert found.shape == (60, 31)
    assert np.isnan(found[:3]).all()
    assert np.isnan(found[57:]).all()
    np.testing.assert_allclose(found[3:57], expected[0].numpy(), atol=1e-4)
    assert 20 * 31 < np.isfinite(found).sum() < 54 * 31


def test_blocks_change_nothing(backend: AvSync) -> None:
    whole = backend.distances(pictures(50), sound(50), 4)
    for batch_size in (1, 7, 44):
        blocks = replace(backend, batch_size=batch_size).distances(pictures(50), sound(50), 4)
        np.testing.assert_allclose(blocks, whole, atol=1e-4)


@pytest.mark.parametrize(("frames", "seconds_of_sound"), [(0, 10), (6, 50), (50, 0), (50, 7.5), (20, 60)])
def test_short_pictures_and_short_sounds_give_nothing_where_nothing_is(
    backend: AvSync, frames: int, seconds_of_sound: float
) -> None:
    found = backend.distances(pictures(frames), sound(seconds_of_sound), 2)
    assert found.shape == (frames, 5)
    assert np.isfinite(found).any() == (frames == 20)


def test_the_key_is_of_the_weights_and_not_of_where_they_lie(
    backend: AvSync, network: DenseSync, tmp_path: Path
) -> None:
    shutil.copy(tmp_path / "model.pt", tmp_path / "copy.pt")
    elsewhere = replace(backend, checkpoint=Checkpoint(str(tmp_path / "copy.pt")))
    assert parameters(elsewhere) == parameters(replace(backend, device="cuda", batch_size=3))
    assert parameters(saved(backend, network, tmp_path / "third.pt", scope="s#1")) != parameters(backend)
    assert parameters(replace(backend, checkpoint=Checkpoint(None))) != parameters(backend)


def test_it_is_small_to_send_and_reads_its_checkpoint_where_it_is_used(backend: AvSync) -> None:
    backend.distances(pictures(12), sound(12), 2)
    sent = pickle.dumps(backend)
    assert len(sent) < 1000
    again = pickle.loads(sent).distances(pictures(12), sound(12), 2)
    np.testing.assert_array_equal(again, backend.distances(pictures(12), sound(12), 2))


def test_without_a_checkpoint_it_says_so(backend: AvSync) -> None:
    nothing = replace(backend, checkpoint=Checkpoint(None))
    assert "no checkpoint given" in str(nothing.missing())
    with pytest.raises(UserError, match="no such file"):
        replace(backend, checkpoint=Checkpoint("gone.pt")).missing()
    assert nothing.geometry == GEOMETRIES["face"]
    assert nothing.learned is None


def test_the_checkpoint_says_what_it_reads_and_what_it_was_trained_on(
    backend: AvSync, network: DenseSync, tmp_path: Path
) -> None:
    assert backend.missing() is None
    assert backend.geometry == GEOMETRIES["face"]
    assert backend.learned is not None
    assert (backend.learned.groups, backend.learned.media) == (frozenset("g"), frozenset("m"))
    lower = saved(backend, network, tmp_path / "b.pt", crops={"geometry": "lower_face", "size": 64})
    assert (lower.geometry.name, lower.geometry.size) == ("lower_face", 64)
    with pytest.raises(UserError, match="which face crops"):
        _ = saved(backend, network, tmp_path / "c.pt", crops=None).geometry
    with pytest.raises(UserError, match="trained for task=audio_type"):
        saved(backend, network, tmp_path / "d.pt", task="audio_type").missing()


def test_another_network_is_named_as_a_user_error(backend: AvSync) -> None:
    wider = replace(backend, network=partial(DenseSync, face_size=SIZE, num_mels=MELS, num_out=9))
    with pytest.raises(UserError, match=r"model\.pt does not fit the network"):
        wider.distances(pictures(12), sound(12), 2)
