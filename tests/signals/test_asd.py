from __future__ import annotations

import functools
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avcur.asd.scorer import Scorer, num_heard
from avcur.asd.stretches import CONTEXT, stretches
from avcur.asd.windows import windowed_scores
from avcur.crops.geometry import GEOMETRIES
from avcur.errors import UserError
from avcur.features.mfcc import columns
from avcur.media.encode import write_audio, write_video
from avcur.records import Clip, Standardised, Track
from avcur.segment.segmentation import Segmentation
from avcur.signals.asd import Asd
from avcur.signals.base import ClipMedia
from avcur.store.keys import digest
from avcur.training.checkpoint import save_checkpoint
from avcur.weights import RECORDS, Checkpoint, Weights, published
from models.active_speaker.light_asd import LightAsd
from tests.helpers.media import noise
from tests.signals.clips import values

WINDOWS = {1: 3, 2: 3, 3: 2, 4: 1, 5: 1, 6: 1}
SIZE = 16
FACTS = {
    "task": "active_speaker", "crops": {"geometry": "face", "size": 32}, "scope": "s", "training_groups": ["g"],
    "training_recordings": [], "training_media": [], "datamodule": {"region": "mouth", "face_size": SIZE},
    "model": {"network": {"_target_": "models.active_speaker.light_asd.LightAsd", "width": 0.07, "momentum": 0.1}},
}  # fmt: skip


class Bright(nn.Module):
    """A bright face speaks; what is heard counts nothing. Reads one size alone."""

    def __init__(self, size: int = SIZE) -> None:
        super().__init__()
        self.level, self.size = nn.Parameter(torch.tensor(100.0)), size

    def see(self, faces: Tensor) -> Tensor:
        assert faces.shape[2:] == (self.size, self.size)
        return faces.float().mean(dim=(2, 3)).unsqueeze(-1) - self.level

    def hear(self, mfcc: Tensor) -> Tensor:
        return mfcc.mean(dim=2).unflatten(1, (-1, 4)).mean(dim=2, keepdim=True)

    def decide(self, seen: Tensor, heard: Tensor) -> Tensor:
        return torch.cat([-seen / 2, seen / 2], dim=2)


def signal(path: Path, network: nn.Module | None = None, **facts: Any) -> Asd:
    """By a checkpoint of `Bright` unless another network is given."""
    own = {"model": {"network": {"_target_": f"{Bright.__module__}.Bright", "size": SIZE}}}
    save_checkpoint(path, nn.ModuleDict({"network": network or Bright()}), {**FACTS, **own, **facts})
    return Asd(Bright, Weights("light_asd_ava"), Checkpoint(str(path)), WINDOWS, device="cpu")


def media(
    folder: Path, levels: np.ndarray, start: float = 0.0, end: float | None = None, seconds: float | None = None,
) -> ClipMedia:  # fmt: skip
    """A clip [start, end) of a track whose crop has those grey levels, with `seconds` of noise; None: no sound."""
    crop, sound = folder / "crop.mp4", folder / "a.wav"
    write_video(crop, (np.full((32, 32, 3), level, np.uint8) for level in levels), 25)
    if seconds is not None:
        write_audio(sound, noise(seconds))
    track = Track(0.0, ((0.2, 0.2, 0.8, 0.8),) * len(levels), (True,) * len(levels))
    clip = Clip("r", "track", start, track.end if end is None else end, 0)
    there = Standardised("r", folder / "v.mp4", None if seconds is None else sound, track.end)
    geometry = replace(GEOMETRIES["face"], size=32)
    return ClipMedia(clip, there, Segmentation((clip,), (track,)), None, {(geometry, 0): crop})


def test_score_and_share_are_of_the_frames(tmp_path: Path) -> None:
    levels = np.repeat([40, 200, 60], [40, 70, 35])
    found = signal(tmp_path / "m.pt").measure(media(tmp_path, levels, seconds=5.8))
    series = np.array(found["asd_score"].series)
    np.testing.assert_allclose(series, levels - 100.0, atol=4)
    assert found["asd_score"].value == pytest.approx(series.mean(), abs=1e-3)
    assert found["speaking_share"].value == pytest.approx(70 / 145)


def test_a_part_of_a_track_reads_its_own_pictures_and_sound(tmp_path: Path) -> None:
    levels = np.repeat([40, 200, 60], [40, 70, 35])
    found = signal(tmp_path / "m.pt").measure(media(tmp_path, levels, 1.0, 4.8, 5.8))
    np.testing.assert_allclose(found["asd_score"].series, levels[25:120] - 100.0, atol=4)


def test_frames_without_sound_have_no_score_and_do_not_count(tmp_path: Path) -> None:
    levels = np.repeat([200, 40], [50, 50])
    found = signal(tmp_path / "m.pt").measure(media(tmp_path, levels, seconds=3.0))
    series = np.array(found["asd_score"].series)
    assert np.isfinite(series).tolist() == [True] * 75 + [False] * 25
    assert found["speaking_share"].value == pytest.approx(50 / 75)
    assert [num_heard(np.zeros(n, np.float32)) for n in (0, 319, 320, 640, 959, 960)] == [0, 0, 1, 1, 1, 2]


def test_what_cannot_be_scored_says_why(tmp_path: Path) -> None:
    asd, levels = signal(tmp_path / "m.pt"), np.full(25, 200)
    assert set(values(asd.measure(media(tmp_path, levels))).values()) == {"no audio stream"}
    assert "sound ends before" in str(values(asd.measure(media(tmp_path, levels, seconds=0.01))))
    clip = Clip("r", "whole", 0.0, 1.0)
    whole = ClipMedia(clip, Standardised("r", None, None, 1.0), Segmentation((clip,)))
    assert set(values(asd.measure(whole)).values()) == {"no face track"}


def test_digital_silence_is_asked_about_all_the_same(tmp_path: Path) -> None:
    asd, silent = signal(tmp_path / "m.pt"), media(tmp_path, np.full(25, 200), seconds=1.0)
    write_audio(tmp_path / "a.wav", np.zeros(16_000, np.float32))
    assert values(asd.measure(silent))["speaking_share"] == 1.0, "by a network that does not listen"


def by_length(seen: Tensor, heard: Tensor) -> np.ndarray:
    """As the score of each frame the length of its window."""
    return np.full(seen.shape[:2], seen.shape[1], np.float32)


def blocks(count: int, size: int) -> list[tuple[Tensor, Tensor]]:
    numbers = torch.arange(count, dtype=torch.float32).unsqueeze(1)
    return [(part, -part) for part in numbers.split(size)]


def test_lengths_count_by_their_weights() -> None:
    weights = {25 * seconds: weight for seconds, weight in WINDOWS.items()}
    expected = 25 * (3 * 1 + 3 * 2 + 2 * 3 + 4 + 5 + 6) / 11
    np.testing.assert_allclose(windowed_scores(blocks(400, 70), by_length, weights), np.full(400, expected))
    np.testing.assert_allclose(windowed_scores(blocks(60, 7), by_length, {25: 1, 50: 0, 99: 3}), (25 + 3 * 60) / 4)
    assert windowed_scores([], by_length, weights).shape == (0,)


@pytest.mark.parametrize("size", [1, 7, 25, 60, 400])
def test_windows_follow_one_another_and_the_last_one_ends_with_the_stream(size: int) -> None:
    """Each frame's score is the number of its window's first frame."""

    def first(seen: Tensor, heard: Tensor) -> np.ndarray:
        assert torch.equal(seen, -heard)
        return seen[:, :1, 0].expand(seen.shape[:2]).numpy()

    found = windowed_scores(blocks(60, size), first, {25: 1})
    assert found.tolist() == [0] * 25 + [25] * 25 + [35] * 10


@pytest.mark.parametrize(("count", "size"), [(0, 5), (3, 5), (12, 5), (40, 1), (40, 7), (41, 29), (40, 100)])
def test_stretches_own_every_frame_once_with_context_around(count: int, size: int) -> None:
    found = list(stretches([np.full((1, 1), i, np.uint8) for i in range(count)], size))
    assert [int(p[0, 0]) for s in found for p in s.pictures[s.own]] == list(range(count))
    for stretch in found:
        numbers = [int(p[0, 0]) for p in stretch.pictures]
        assert numbers == list(range(stretch.start, stretch.stop))
        own = numbers[stretch.own]
        assert numbers[0] <= max(0, own[0] - CONTEXT)
        assert numbers[-1] >= min(count - 1, own[-1] + CONTEXT)


def test_windows_that_round_to_one_length_count_together() -> None:
    network, pictures = LightAsd(width=0.07).eval(), np.zeros((60, 32, 32, 3), np.uint8)
    apart, together = (
        Scorer(network, "cpu", "face", 32, windows, 99)(iter(pictures), noise(2.4))
        for windows in ({1: 3, 1.01: 2, 2: 4}, {1: 5, 2: 4})
    )
    np.testing.assert_array_equal(apart, together)
    assert not np.allclose(apart, Scorer(network, "cpu", "face", 32, {1: 2, 2: 4}, 99)(iter(pictures), noise(2.4)))


def test_stretches_change_nothing_of_the_real_network() -> None:
    torch.manual_seed(0)
    network = LightAsd(width=0.07).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):  # so that padding is no neutral value
            nn.init.uniform_(module.bias, -0.5, 0.5)
    pictures = np.random.default_rng(0).integers(0, 256, (70, 32, 32, 3), dtype=np.uint8)
    whole, *parts = (
        Scorer(network, "cpu", "face", 32, {1: 1, 2: 2}, size)(iter(pictures), noise(2.8)) for size in (99, 1, 13, 50)
    )
    assert whole.shape == (70,)
    assert np.ptp(whole) > 1e-3
    for part in parts:
        np.testing.assert_allclose(part, whole, atol=2e-5)


def test_the_score_of_one_window_is_the_networks_own() -> None:
    torch.manual_seed(1)
    network = LightAsd(width=0.07).eval()
    grey = np.random.default_rng(0).integers(0, 256, (25, 32, 32), dtype=np.uint8)
    found = Scorer(network, "cpu", "face", 32, {1: 1}, 10)((np.stack([g] * 3, axis=2) for g in grey), noise(1.0))
    with torch.inference_mode():
        mfcc = torch.from_numpy(columns(noise(1.0), 0, 100)[None])
        logits = network(mfcc, torch.from_numpy(grey[None]))[0][0]
    np.testing.assert_allclose(found, (logits[:, 1] - logits[:, 0]).numpy(), atol=2e-5)


def test_a_checkpoint_says_all_that_is_needed(tmp_path: Path) -> None:
    """The path alone: width, region, size and crops stand in it."""
    save_checkpoint(tmp_path / "m.pt", nn.ModuleDict({"network": LightAsd(width=0.07)}), FACTS)
    made = functools.partial(LightAsd)
    asd = Asd(made, Weights("light_asd_talkset"), Checkpoint(str(tmp_path / "m.pt")), WINDOWS, device="cpu")
    assert asd.missing() is None
    assert (asd.geometry.name, asd.geometry.size) == ("face", 32)
    assert asd.learned is not None
    assert asd.learned.groups == frozenset("g")
    found = values(asd.measure(media(tmp_path, np.full(30, 90), seconds=1.2)))
    assert isinstance(found["asd_score"], float)
    assert len(pickle.dumps(asd)) < 1000


def test_checkpoints_that_do_not_fit_are_named(tmp_path: Path) -> None:
    other = {"model": {"network": {"_target_": "models.active_speaker.two_tower.TwoTower"}}}
    with pytest.raises(UserError, match=r"m\.pt is a models\.active_speaker\.two_tower\.TwoTower; signals\.asd scores"):
        signal(tmp_path / "m.pt", **other).missing()
    with pytest.raises(UserError, match="trained for task=av_sync"):
        signal(tmp_path / "n.pt", task="av_sync").missing()
    with pytest.raises(UserError, match="which face crops"):
        _ = signal(tmp_path / "o.pt", crops=None).geometry


def asd_by(name: str, folder: Path | None = None, windows: dict[float, float] | None = None) -> Asd:
    weights = Weights(name, None if folder is None else str(folder))
    return Asd(functools.partial(LightAsd), weights, Checkpoint(), windows or WINDOWS, device="cpu")


def test_published_weights_read_the_crops_that_they_know(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert asd_by("light_asd_ava").geometry == GEOMETRIES["face"]
    assert asd_by("light_asd_talkset").geometry == GEOMETRIES["lower_face"]
    assert asd_by("light_asd_ava").learned is None
    keys = {digest(asd_by(name).key()) for name in ("light_asd_ava", "light_asd_talkset")}
    assert len(keys) == 2
    published._resolved.cache_clear()
    missing = asd_by("light_asd_ava", tmp_path)
    assert "pretrain_AVA_CVPR.model" in str(missing.missing())
    found = values(missing.measure(media(tmp_path, np.full(25, 90), seconds=1.0)))
    assert all("paths.weights=FOLDER" in str(reason) for reason in found.values())


@pytest.mark.parametrize(
    ("name", "windows", "match"),
    [("syncnet_v2", WINDOWS, "choose light_asd_ava or light_asd_talkset"), ("light_asd_ava", {1: 0}, "no length"),
     ("light_asd_ava", {0: 1}, "length of signals.asd.windows"), ("light_asd_ava", {1: -1}, "weight of 1 s")],
)  # fmt: skip
def test_odd_settings_are_named(name: str, windows: dict[float, float], match: str) -> None:
    with pytest.raises(UserError, match=match):
        asd_by(name, windows=windows)


@pytest.mark.parametrize("name", ["light_asd_ava", "light_asd_talkset"])
def test_the_published_weights_score_a_talking_face(name: str, real_media: Path) -> None:
    """The logits that are kept beside the weights, of 25 frames with their features."""
    folder = real_media.parent / "weights"
    kept = folder / "light_asd_parity.npz"
    if not kept.is_file() or not (folder / RECORDS[name].aliases[0]).is_file():
        pytest.skip("no published weights beside the real media (../shared/weights)")
    network = asd_by(name, folder)._scorer().network
    with np.load(kept) as arrays, torch.inference_mode():
        mfccs, faces = torch.from_numpy(arrays["mfcc"]), torch.from_numpy(arrays["faces_u8"])
        logits = network.decide(network.see(faces), network.hear(mfccs))[0].numpy()
        expected = arrays[next(key for key in arrays.files if name.removeprefix("light_asd_") in key)]
    np.testing.assert_allclose(logits, expected.reshape(25, 2), atol=1e-4)
