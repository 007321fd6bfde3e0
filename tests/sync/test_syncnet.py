import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from avcur.crops.geometry import Image
from avcur.errors import UserError
from avcur.features.mfcc import mfcc
from avcur.sync import syncnet
from avcur.sync.lagged import lagged_distances
from avcur.sync.lags import score
from avcur.sync.syncnet import SyncNet, num_sounds, sound_windows
from avcur.sync.syncnet_network import SyncNetNetwork
from avcur.weights import RECORDS, Record, Weights


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def pictures(count: int) -> list[Image]:
    return list(np.random.default_rng(1).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def network() -> SyncNetNetwork:
    torch.manual_seed(0)
    return SyncNetNetwork().eval()


@pytest.fixture(scope="module")
def weights(network: SyncNetNetwork, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weights]:
    """Random ones, under a record of their own."""
    folder = tmp_path_factory.mktemp("weights")
    # As old as the published file: before batch norms counted their batches.
    published = {name: value for name, value in network.state_dict().items() if "num_batches" not in name}
    torch.save(published, folder / "random.model")
    digest = hashlib.sha256((folder / "random.model").read_bytes()).hexdigest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECORDS, "random", Record("random", "random.model", "http://x", digest, 0, "none", "a test"))
        yield Weights("random", str(folder))


def test_the_network_has_the_published_sizes_and_names(network: SyncNetNetwork) -> None:
    state = network.state_dict()
    # The published file has 54,573,114 bytes: these numbers and some 12 kB of names.
    assert 4 * sum(value.numel() for value in state.values()) == 54_561_080
    shapes = {
        "netcnnaud.0.weight": (64, 1, 3, 3), "netcnnaud.4.weight": (192, 64, 3, 3), "netcnnaud.8.bias": (384,),
        "netcnnaud.11.weight": (256, 384, 3, 3), "netcnnaud.14.weight": (256, 256, 3, 3),
        "netcnnaud.18.weight": (512, 256, 5, 4), "netcnnaud.19.running_mean": (512,),
        "netcnnlip.0.weight": (96, 3, 5, 7, 7), "netcnnlip.4.weight": (256, 96, 1, 5, 5),
        "netcnnlip.8.weight": (256, 256, 1, 3, 3), "netcnnlip.14.weight": (256, 256, 1, 3, 3),
        "netcnnlip.18.weight": (512, 256, 1, 6, 6), "netcnnlip.19.running_var": (512,),
        "netfcaud.0.weight": (512, 512), "netfcaud.3.weight": (1024, 512), "netfclip.1.weight": (512,),
    }  # fmt: skip
    assert {name: tuple(state[name].shape) for name in shapes} == shapes
    assert {name.split(".")[0] for name in state} == {"netcnnaud", "netcnnlip", "netfcaud", "netfclip"}


def test_a_stretch_gives_what_its_windows_give_one_by_one(network: SyncNetNetwork) -> None:
    stretch = torch.from_numpy(np.stack(pictures(7)))
    with torch.inference_mode():
        together = network.see(stretch)
        alone = torch.cat([network.see(stretch[i : i + 5]) for i in range(3)])
    assert together.shape == (3, 1024)
    torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-3)
    assert (together[0] - together[1]).norm() > 100 * (together - alone).norm()


def test_sound_windows_begin_with_their_frame() -> None:
    waveform = noise(16_000)
    whole = mfcc(waveform)
    assert num_sounds(len(waveform)) == 20  # 25 frames, less four, less the last column's longer window
    windows = sound_windows(waveform, 3, 6)
    assert windows.shape == (3, 20, 13)
    np.testing.assert_allclose(windows[1], whole[16:36], rtol=1e-5)
    assert [num_sounds(n) for n in (0, 3439, 3440, 4079, 4080)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("block", [1, 4, 7, 100])
def test_lagged_distances_are_the_definition_whatever_the_blocks(block: int) -> None:
    seen, heard = noise(30, 6), noise(26, 6, seed=1)
    asked: list[tuple[int, int]] = []

    def hear(first: int, stop: int) -> np.ndarray:
        asked.append((first, stop))
        return heard[first:stop]

    found = lagged_distances((seen[i : i + block] for i in range(0, 30, block)), hear, 26, 3)
    for i, lag in np.ndindex(30, 7):
        j = i - (lag - 3)
        expected = np.linalg.norm(seen[i] - heard[j]) if 0 <= j < 26 else np.nan
        np.testing.assert_allclose(found[i, lag], expected, rtol=1e-5)
    assert [a[1] for a in asked[:-1]] == [a[0] for a in asked[1:]]  # each once, in order
    assert asked[-1][1] == 26


@pytest.mark.parametrize("offset", [-12, 0, 5])
def test_an_ideal_embedding_has_its_offset(offset: int) -> None:
    """Positive: the sound of picture i is heard at i - offset."""
    ideal = noise(90, 16)
    heard = ideal[20 + offset : 80 + offset]
    found = score(lagged_distances([ideal[20:80]], lambda first, stop: heard[first:stop], len(heard), 15))
    assert found.offset == offset
    assert found.confidence > found.distance


def test_blocks_change_nothing_and_nothing_is_padded(weights: Weights) -> None:
    images, waveform = pictures(12), 0.1 * noise(12 * 640)
    whole = SyncNet(weights, batch_size=16).distances(iter(images), waveform, 2)
    pieces = SyncNet(weights, batch_size=3).distances(iter(images), waveform, 2)
    np.testing.assert_allclose(pieces, whole, rtol=1e-4)
    there = ~np.isnan(whole)
    assert whole.shape == (12, 5)
    assert not there[:2].any()
    assert not there[10:].any()
    sounds = num_sounds(len(waveform))
    assert sounds == 7
    assert [there[:, lag + 2].sum() for lag in (-2, 0, 2)] == [sounds - 2, sounds, 8 - 2]


@pytest.mark.parametrize(("frames", "samples"), [(4, 6400), (0, 6400), (8, 3000), (8, 0)])
def test_too_little_to_see_or_hear_has_no_distances(weights: Weights, frames: int, samples: int) -> None:
    found = SyncNet(weights).distances(iter(pictures(frames)), noise(samples), 2)
    assert found.shape == (frames, 5)
    assert np.isnan(found).all()


class Levels:
    """In the network's place: what it sees is how bright, what it hears is how loud each of the five frames is."""

    def see(self, stretch: Tensor) -> Tensor:
        assert stretch[0, 0, 0, 0] == 1  # blue first, of RGB pictures
        values = stretch[:, 0, 0, 2].float().unfold(0, 5, 1)
        return values - values.mean(dim=1, keepdim=True)

    def hear(self, windows: Tensor) -> Tensor:
        values = 10 * windows[:, :, 0].unflatten(1, (5, 4)).mean(dim=2)
        return values - values.mean(dim=1, keepdim=True)


@pytest.mark.parametrize("offset", [-3, 0, 4])
def test_pictures_and_sound_are_compared_at_the_same_time(
    weights: Weights, monkeypatch: pytest.MonkeyPatch, offset: int
) -> None:
    monkeypatch.setattr(syncnet, "_network", lambda weights, device: Levels())
    monkeypatch.setattr(syncnet, "EMBEDDING", 5)
    levels = np.random.default_rng(3).uniform(-4, 4, 80)
    images = [np.stack([np.full((8, 8), v, np.uint8) for v in (128 + 10 * level, 2, 1)], axis=2) for level in levels]
    loud = np.repeat(np.exp(levels / 2), 640)  # the energy's logarithm is the level
    waveform = (0.01 * loud * noise(len(loud))).astype(np.float32)
    heard = np.roll(waveform, -640 * offset)
    given = iter(images[10:70])
    found = score(SyncNet(weights, batch_size=7).distances(given, heard[6400 : 70 * 640], 6))
    assert found.offset == offset
    assert found.confidence > found.distance


def test_pictures_are_streamed(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncnet, "_network", lambda weights, device: Levels())
    monkeypatch.setattr(syncnet, "EMBEDDING", 5)
    alive = most = 0

    class Picture(np.ndarray):
        def __del__(self) -> None:
            nonlocal alive
            alive -= self.base is None

    def stream() -> Iterator[Image]:
        nonlocal alive, most
        for _ in range(200):
            picture = np.ndarray.__new__(Picture, (4, 4, 3), np.uint8)
            picture[:] = (9, 9, 1)
            alive += 1
            most = max(most, alive)
            yield picture

    found = SyncNet(weights, batch_size=8).distances(stream(), noise(200 * 640), 2)
    assert len(found) == 200
    assert most <= 2 * (8 + 4)


def test_without_weights_the_reason_names_the_file(tmp_path: Path) -> None:
    assert "syncnet_v2.model" in str(SyncNet(Weights("syncnet_v2", str(tmp_path))).missing())


def test_weights_of_another_network_are_refused(network: SyncNetNetwork) -> None:
    others = {**network.state_dict(), "netfcaud.3.weight": torch.zeros(512, 512)}
    with pytest.raises(UserError, match="netfcaud"):
        SyncNetNetwork().load(others)
