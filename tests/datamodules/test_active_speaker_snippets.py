from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from avcur.crops.regions import Region
from avcur.errors import UserError
from avcur.features.mfcc import mfcc
from avcur.variants.variant import Variant
from datamodules import clip_item
from datamodules.active_speaker_snippets import OFFSETS, SnippetDataModule, snippet_faces, snippet_mfcc
from datamodules.cache import shared_cache


def data_of(variant: Variant, **options: object) -> SnippetDataModule:
    return SnippetDataModule(variant, **{"face_size": 24, **options})


def test_the_faces_are_the_nearest_at_10_fps_around_the_scored_frame(faces: Variant) -> None:
    item = data_of(faces).items("test")[0]
    whole = item.faces(24)
    assert OFFSETS.tolist() == [-5, -2, 0, 2, 5]
    assert np.abs(OFFSETS / 25 - np.arange(-2, 3) / 10).max() <= 0.5 / 25 + 1e-9
    np.testing.assert_array_equal(snippet_faces(item, 20, 24, "face"), whole[[15, 18, 20, 22, 25]])
    np.testing.assert_array_equal(snippet_faces(item, 0, 24, "face"), whole[[0, 0, 0, 2, 5]])
    np.testing.assert_array_equal(snippet_faces(item, 48, 24, "face"), whole[[43, 46, 48, 49, 49]])


def test_the_sound_is_of_the_scored_frame_and_two_to_either_side(faces: Variant) -> None:
    item = data_of(faces).items("test")[0]
    exact = mfcc(item.waveform()).astype(np.float64)
    normal = (exact - exact.mean(axis=0)) / exact.std(axis=0)
    np.testing.assert_allclose(snippet_mfcc(item, 20), normal[72:92], atol=1e-4)
    start = snippet_mfcc(item, 0)
    np.testing.assert_allclose(start[8:], normal[:12], atol=1e-4)
    assert (start[:8] == start[8]).all()
    assert snippet_mfcc(item, 49).shape == (20, 13)


def test_the_sound_is_normalised_over_the_clip(faces: Variant) -> None:
    item = data_of(faces).items("train")[0]
    tiled = np.concatenate([snippet_mfcc(item, frame) for frame in range(2, 48, 5)])
    assert np.abs(tiled.mean(axis=0)).max() < 0.15
    assert np.abs(tiled.std(axis=0) - 1).max() < 0.15


def test_every_fourth_frame_of_every_clip_is_tested(faces: Variant) -> None:
    batches = list(data_of(faces, eval_batch_size=10).test_dataloader())
    assert [len(b["index"]) for b in batches] == [10, 10, 6]
    found = [(int(i), int(f)) for b in batches for i, f in zip(b["index"], b["frame"][:, 0], strict=True)]
    assert found == [(clip, frame) for clip in range(2) for frame in range(0, 50, 4)]
    batch = batches[0]
    assert (batch["faces"].shape, batch["faces"].dtype) == ((10, 5, 24, 24), torch.uint8)
    assert (batch["mfcc"].shape, batch["mfcc"].dtype) == ((10, 20, 13), torch.float32)
    speaking = data_of(faces).items("test")[0].speaking
    assert batch["target"].tolist() == [[int(speaking[4 * k])] for k in range(10)]


def test_training_passes_are_balanced_and_follow_the_seed(faces: Variant) -> None:
    few = faces.clips.with_columns(speaking=pl.lit([i >= 40 for i in range(50)]))
    data = data_of(Variant(**{**vars(faces), "clips": few}), batch_size=16, augment_faces=True)

    def drawn(seed: int) -> list[dict[str, torch.Tensor]]:
        torch.manual_seed(seed)
        return list(data.train_dataloader())

    batches = drawn(0)
    assert len(batches) == -(-6 * 13 // 16)
    assert torch.cat([b["target"] for b in batches]).float().mean() == 0.5
    for a, b in zip(batches, drawn(0), strict=True):
        assert all(torch.equal(a[k], b[k]) for k in a)
    order = [b["frame"].tolist() for b in batches]
    assert order != [b["frame"].tolist() for b in drawn(1)]
    plain = data_of(Variant(**{**vars(faces), "clips": few}), batch_size=13, rebalance=False)
    spots = [(int(i), int(f)) for b in plain.train_dataloader() for i, f in zip(b["index"], b["frame"], strict=True)]
    assert len(set(spots)) == len(spots) == 78


@pytest.mark.parametrize(("cache_bytes", "most"), [(0, 11), (6 * 50 * 24**2, 11), (6 * 50 * (24**2 + 208), 50)])
def test_of_clips_that_do_not_fit_the_cache_a_snippets_frames_alone_are_decoded(
    faces: Variant, monkeypatch: pytest.MonkeyPatch, cache_bytes: int, most: int
) -> None:
    read, counts = clip_item.read_faces, []

    def counted(path: Path, size: int, first: int, count: int, region: Region) -> np.ndarray:
        counts.append(count)
        return read(path, size, first, count, region)

    def drawn(cache_bytes: int) -> list[dict[str, torch.Tensor]]:
        torch.manual_seed(0)
        data = data_of(faces, batch_size=16, cache_bytes=cache_bytes)
        return list(data.train_dataloader())

    monkeypatch.setattr(clip_item, "read_faces", counted)
    # Of a small cache a clip would be a large part, and never be decoded as a whole.
    monkeypatch.setattr(clip_item, "_LARGE", 1)
    shared_cache(0)
    batches = drawn(cache_bytes)
    assert max(counts) == most
    assert most == 11 or len(counts) == 6
    for a, b in zip(batches, drawn(2**24), strict=True):
        assert all(torch.equal(a[k], b[k]) for k in a)


def test_clips_without_labels_are_left_out_aloud(faces: Variant, caplog: pytest.LogCaptureFixture) -> None:
    blank = Variant(**{**vars(faces), "clips": faces.clips.with_columns(speaking=None)})
    assert data_of(blank).items("train") == []
    assert "6 of 6 clips" in caplog.text
    with pytest.raises(UserError, match="frame_stride"):
        data_of(faces, frame_stride=0)
