"""Near-duplicates: exactly the pairs that comparing all would find, without comparing all."""

import random
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from avcur.errors import UserError
from avcur.splits.groups import connected_components
from avcur.splits.near_duplicates import candidates, near_duplicates
from tests.helpers.tables import clip, clips, hashed, measured

ONES = 2**64 - 1


def sets(rows: list[dict[str, object]], bits: dict[str, int], max_distance: int | None = 6) -> dict[str, str | None]:
    table = clips(rows)
    found = near_duplicates(table, hashed(bits), max_distance)
    return dict(zip(table["clip_id"], found, strict=True))


def flipped(bits: int, *places: int) -> int:
    for place in places:
        bits ^= 1 << place
    return bits


def test_near_hashes_of_different_recordings_are_one_set_named_by_its_first_clip() -> None:
    bits = {"b": ONES, "a": flipped(ONES, 0, 13, 20, 33, 45, 63), "c": flipped(ONES, *range(7)), "d": 0}
    assert sets([clip(c) for c in "bacd"], bits) == {"b": "a", "a": "a", "c": None, "d": None}


def test_sets_are_linked_through_others() -> None:
    bits = {"a": 0, "b": 0b11111, "c": 0b1111111111}
    assert sets([clip(c) for c in "abc"], bits, 5) == {"a": "a", "b": "a", "c": "a"}
    assert sets([clip(c) for c in "abc"], bits, 4) == {"a": None, "b": None, "c": None}


def test_clips_of_one_recording_are_no_duplicates_but_share_those_of_another() -> None:
    two_faces = [clip(f"a{n}", recording_id="a", kind="track", track=n) for n in (1, 2)]
    assert sets(two_faces, {"a1": 5, "a2": 5}) == {"a1": None, "a2": None}
    near = [*two_faces, clip("b1", recording_id="b", kind="track", track=0)]
    assert sets(near, {"a1": 5, "a2": 4, "b1": 7}) == {"a1": "a1", "a2": "a1", "b1": "a1"}


def test_clips_of_different_kinds_and_without_a_hash_have_none() -> None:
    rows = [clip("a", kind="whole"), clip("b", kind="still"), clip("c", kind="whole")]
    assert sets(rows, {"a": 9, "b": 9, "c": 9}) == {"a": "a", "b": None, "c": "a"}
    assert sets(rows, {"a": 9}) == {"a": None, "b": None, "c": None}
    failed = measured({f"perceptual_hash_{half}": dict.fromkeys("abc", ("failed", "why")) for half in ("high", "low")})
    assert near_duplicates(clips(rows), failed, 6).to_list() == [None] * 3
    assert near_duplicates(clips(rows), measured({}), 6).to_list() == [None] * 3


def test_null_asks_for_none_and_impossible_distances_are_refused() -> None:
    assert sets([clip("a"), clip("b")], {"a": 1, "b": 1}, None) == {"a": None, "b": None}
    with pytest.raises(UserError, match="got 32"):
        sets([clip("a")], {"a": 1}, 32)


@pytest.mark.parametrize("seed", range(12))
def test_the_sets_are_those_of_comparing_all_pairs(seed: int) -> None:
    rng, max_distance = random.Random(seed), seed
    centres = [rng.getrandbits(64) for _ in range(12)]
    bits, rows = {}, []
    for n in range(120):
        flips = rng.sample(range(64), rng.randint(0, max(1, max_distance)))
        bits[f"c{n}"] = flipped(rng.choice(centres), *flips) if n % 3 else rng.getrandbits(64)
        rows.append(clip(f"c{n}", recording_id=f"r{rng.randrange(80)}"))
    pairs = [
        [a["clip_id"], b["clip_id"]]
        for a, b in combinations(rows, 2)
        if a["recording_id"] != b["recording_id"]
        and (bits[a["clip_id"]] ^ bits[b["clip_id"]]).bit_count() <= max_distance
    ]
    linked = {c for pair in pairs for c in pair}
    names = connected_components([*([c] for c in bits), *pairs])[: len(bits)]
    expected = {c: name if c in linked else None for c, name in zip(bits, names, strict=True)}
    assert sets(rows, bits, max_distance) == expected
    assert len(linked) > 1


def test_few_pairs_are_compared_and_no_step_holds_many_of_them() -> None:
    rng = np.random.default_rng(0)
    spread = rng.integers(0, 2**63, 2000, dtype=np.uint64)
    assert sum(len(a) for a, _ in candidates(spread, 6)) < 0.05 * 2000 * 1999 / 2
    # A crowd that shares most bands, as dark pictures do: every pair of it is compared, in small steps.
    crowd = np.concatenate([spread, rng.integers(0, 2**20, 500, dtype=np.uint64)])
    steps = [len(a) for a, _ in candidates(crowd, 6)]
    assert max(steps) <= len(crowd)
    assert sum(steps) > 500 * 499 / 2


def test_the_order_of_rows_does_not_matter() -> None:
    bits = {f"c{n}": n // 2 * 0x0101010101010101 for n in range(40)}
    table = clips([clip(c) for c in bits])
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=1)
    one, two = (t.with_columns(near_duplicates(t, hashed(bits), 2)).sort("clip_id") for t in (table, shuffled))
    assert one["near_duplicates"].equals(two["near_duplicates"])
    assert one["near_duplicates"].null_count() == 0
    assert one.select(pl.col("near_duplicates").n_unique()).item() < 40
