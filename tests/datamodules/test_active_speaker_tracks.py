"""Whole tracks in batches of similar length."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

from avcur.variants.variant import Variant
from datamodules.active_speaker import ActiveSpeakerDataModule
from datamodules.frame_sound import frame_mfcc

LENGTHS = [20, 30, 30, 41, 44, 50]


@pytest.fixture(scope="module")
def lengths(faces: Variant) -> Variant:
    """Six training tracks of 20 to 50 frames."""
    number = pl.col("clip_id").str.slice(1).cast(pl.Int64)
    frames = pl.lit(pl.Series(LENGTHS + [50] * 3)).gather(number)
    clips = faces.clips.with_columns(end=frames / 25, speaking=pl.col("speaking").list.head(frames))
    return Variant(**{**vars(faces), "clips": clips})


def data_of(variant: Variant, **options: object) -> ActiveSpeakerDataModule:
    plain = {"batching": "tracks", "frames_per_batch": 100, "augment_faces": False, "face_size": 16}
    return ActiveSpeakerDataModule(variant, **{**plain, **options})


def rows_of(data: ActiveSpeakerDataModule) -> dict[int, tuple[dict[str, torch.Tensor], int]]:
    """Each track's batch, and its row in it."""
    return {int(i): (batch, row) for batch in data.train_dataloader() for row, i in enumerate(batch["index"])}


def test_batches_are_cut_to_the_shortest_and_hold_the_frames_asked_for(lengths: Variant) -> None:
    data = data_of(lengths)
    assert len(data.train_dataloader()) == 3
    batches = list(data.train_dataloader())
    shapes = sorted(tuple(batch["faces"].shape[:2]) for batch in batches)
    assert shapes == [(2, 20), (2, 30), (2, 44)]
    assert sorted(int(i) for batch in batches for i in batch["index"]) == list(range(6))
    for index, (batch, row) in rows_of(data).items():
        item, count = data.items("train")[index], batch["faces"].shape[1]
        assert np.array_equal(batch["faces"][row], item.faces(16)[:count])
        assert np.array_equal(batch["mfcc"][row], frame_mfcc(item, item.num_frames)[: 4 * count])
        assert np.array_equal(batch["target"][row], item.speaking[:count])
        assert "mask" not in batch


def test_padded_batches_hold_whole_tracks_and_a_mask_of_them(lengths: Variant) -> None:
    data = data_of(lengths, padding="mask")
    rows = rows_of(data)
    assert sorted(rows) == list(range(6))
    for index, (batch, row) in rows.items():
        item, frames = data.items("train")[index], batch["faces"].shape[1]
        count = item.num_frames
        assert frames == max(data.items("train")[int(i)].num_frames for i in batch["index"])
        assert batch["mask"][row].tolist() == [t < count for t in range(frames)]
        assert np.array_equal(batch["faces"][row, :count], item.faces(16))
        assert (batch["faces"][row, count:] == batch["faces"][row, count - 1]).all()
        assert np.array_equal(batch["mfcc"][row, : 4 * count], frame_mfcc(item, count))
        assert (batch["mfcc"][row, 4 * count :] == batch["mfcc"][row, 4 * count - 1]).all()
        assert not batch["target"][row, count:].any()


def test_of_long_tracks_a_random_part_is_trained_on(lengths: Variant) -> None:
    torch.manual_seed(0)
    data = data_of(lengths, max_frames=25)
    item, samples = data.items("train")[5], data.train_samples()
    columns, whole = frame_mfcc(item, 50), item.faces(16)
    firsts = set()
    for _ in range(20):
        sample = samples.sample(5)
        (first,) = (f for f in range(26) if np.array_equal(columns[4 * f : 4 * f + 100], sample["mfcc"].numpy()))
        assert np.array_equal(sample["faces"], whole[first : first + 25])
        assert np.array_equal(sample["target"], item.speaking[first : first + 25])
        firsts.add(first)
    assert len(firsts) > 5


@pytest.mark.parametrize("padding", ["cut", "mask"])
@pytest.mark.parametrize("labels", ["source", "pairs"])
def test_one_seed_gives_the_same_batches(lengths: Variant, padding: str, labels: str) -> None:
    def drawn(seed: int) -> list[dict[str, torch.Tensor]]:
        torch.manual_seed(seed)
        data = data_of(lengths, padding=padding, labels=labels, augment_faces=True)
        return [batch for _ in range(2) for batch in data.train_dataloader()]

    def same(one: list[dict[str, torch.Tensor]], other: list[dict[str, torch.Tensor]]) -> bool:
        return all(torch.equal(a[k], b[k]) for a, b in zip(one, other, strict=True) for k in a)

    first = drawn(1)
    assert same(first, drawn(1))
    assert [b["index"].tolist() for b in first] != [b["index"].tolist() for b in drawn(2)]


def test_worker_processes_see_every_track_too(lengths: Variant) -> None:
    loader = data_of(lengths, num_workers=2, padding="mask", prefetch_factor=2).train_dataloader()
    assert (loader.prefetch_factor, loader.persistent_workers) == (2, True)
    assert sorted(int(i) for batch in loader for i in batch["index"]) == list(range(6))
