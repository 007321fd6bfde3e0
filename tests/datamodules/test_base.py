from collections import Counter

import pytest
import torch

from avcur.variants.variant import Variant
from datamodules.audio_type import AudioTypeDataModule
from datamodules.base import FullBatches


@pytest.mark.parametrize(("items", "batch"), [(10, 4), (3, 8), (8, 8), (1, 4)])
def test_batches_are_full_and_see_every_item(items: int, batch: int) -> None:
    batches = list(FullBatches(items, batch))
    assert len(batches) == len(FullBatches(items, batch)) == -(-items // batch)
    assert {len(b) for b in batches} == {batch}
    seen = Counter(i for b in batches for i in b)
    assert set(seen) == set(range(items))
    assert max(seen.values()) - min(seen.values()) <= 1


def test_batches_follow_the_seed() -> None:
    def drawn(seed: int) -> list[list[int]]:
        torch.manual_seed(seed)
        return list(FullBatches(20, 4))

    assert drawn(1) == drawn(1) != drawn(2)


def test_worker_processes_give_the_same_test_batches(sounds: Variant) -> None:
    alone, helped = (AudioTypeDataModule(sounds, num_workers=n, eval_batch_size=8) for n in (0, 2))
    for a, b in zip(alone.test_dataloader(), helped.test_dataloader(), strict=True):
        assert torch.equal(a["features"], b["features"])


def test_runs_of_a_process_share_decoded_clips(sounds: Variant) -> None:
    first, second = AudioTypeDataModule(sounds), AudioTypeDataModule(sounds)
    item_a, item_b = first.items("train")[0], second.items("train")[0]
    assert first.features(item_a) is second.features(item_b)
