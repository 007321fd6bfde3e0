from itertools import pairwise

import polars as pl
import pytest

from avcur.variants.train_share import in_share

TRAIN = pl.DataFrame({
    "clip_id": [f"c{n:03d}" for n in range(103)],
    "label": ["a"] * 60 + ["b"] * 40 + ["c"] * 2 + [None],
})  # fmt: skip


def kept(share: float, draw: int = 0) -> pl.DataFrame:
    return TRAIN.filter(in_share(TRAIN, share, draw))


@pytest.mark.parametrize("share", [0.001, 0.1, 0.25, 0.5, 1.0])
def test_each_label_has_its_share_and_at_least_one_clip(share: float) -> None:
    counts = dict(kept(share)["label"].value_counts().iter_rows())
    wanted = {"a": 60, "b": 40, "c": 2, None: 1}
    assert counts == {label: max(1, round(share * count)) for label, count in wanted.items()}


def test_a_larger_share_keeps_what_a_smaller_one_drew() -> None:
    shares = [set(kept(share)["clip_id"]) for share in (0.1, 0.2, 0.5, 0.9)]
    assert all(small < large for small, large in pairwise(shares))


def test_draws_differ_and_hang_on_no_order() -> None:
    assert set(kept(0.3, draw=1)["clip_id"]) != set(kept(0.3, draw=2)["clip_id"])
    turned = TRAIN.reverse()
    assert set(turned.filter(in_share(turned, 0.3, 1))["clip_id"]) == set(kept(0.3, draw=1)["clip_id"])
