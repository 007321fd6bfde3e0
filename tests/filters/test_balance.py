"""Steps on what tracks show: the share of speaking frames, and even draws that repeat nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import InstantiationException
from omegaconf import OmegaConf

from avcur.errors import UserError
from avcur.filters.balance import BalanceSignal, BalanceSpeaking, LabelShare
from avcur.filters.filter import Filter, apply_filter
from avcur.filters.select import SelectionContext, Step
from avcur.labels import CLIP_SCHEMA
from avcur.signals.base import Reads
from tests.helpers.tables import clip, clips, measured

CONF = Path(__file__).resolve().parents[2] / "conf"
KNOWN: dict[str, Reads] = {"face_size": "picture", "snr": "sound"}
NOTHING = SelectionContext(measured({}), KNOWN, None)


def track(clip_id: str, speaking: list[bool] | None, **values: Any) -> dict[str, Any]:
    about = {"kind": "track", "track": 0, "has_picture": True, "speaking": speaking}
    return clip(clip_id, **{**about, **values})


def spoken(count: int, frames: int = 10) -> list[bool]:
    return [True] * count + [False] * (frames - count)


def judged(step: Step, rows: list[dict[str, Any]] | pl.DataFrame, context: SelectionContext = NOTHING) -> pl.DataFrame:
    table = rows if isinstance(rows, pl.DataFrame) else clips(rows)
    return apply_filter(Filter("f", steps=(step,)), table, context).rows


def reasons(step: Step, rows: list[dict[str, Any]], context: SelectionContext = NOTHING) -> dict[str, str | None]:
    return dict(judged(step, rows, context).select("clip_id", "reason").iter_rows())


def random_tracks(count: int, share: float, seed: int = 0) -> list[dict[str, Any]]:
    """Tracks of 20 to 99 frames: a third silent, some speaking throughout, the others mixed."""
    rng = np.random.default_rng(seed)
    shares = np.clip(rng.normal(share, 0.5, count), 0, 1)
    lengths = rng.integers(20, 100, count)
    return [
        track(f"t{i:03d}", spoken(round(float(s) * int(n)), int(n)))
        for i, (s, n) in enumerate(zip(shares, lengths, strict=True))
    ]


def share_of(rows: pl.DataFrame) -> float:
    frames = rows.filter(pl.col("reason").is_null())["speaking"].list.explode()
    return float(frames.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]


def test_a_share_outside_the_bounds_is_the_reason_and_the_bounds_are_inside() -> None:
    rows = [
        track(name, spoken(count)) for name, count in {"none": 0, "few": 2, "half": 5, "many": 8, "all": 10}.items()
    ]
    found = reasons(LabelShare(min=0.2, max=0.8), rows)
    assert found == {
        "none": "speaking share < 0.2", "few": None, "half": None, "many": None, "all": "speaking share > 0.8",
    }  # fmt: skip


def test_tracks_without_labels_have_a_reason_of_their_own_and_other_clips_are_no_matter() -> None:
    rows = [track("a", spoken(5)), track("b", None), track("c", []), clip("utterance", kind="whole", content="speech")]
    dropped = {"a": None, "b": "speaking not labelled", "c": "speaking not labelled", "utterance": None}
    assert reasons(LabelShare(), rows) == dropped
    assert reasons(BalanceSpeaking(share=0.5), rows) == dropped
    assert set(reasons(LabelShare(on_missing="keep"), rows).values()) == {None}
    assert set(reasons(BalanceSpeaking(share=0.5, on_missing="keep"), rows).values()) == {None}


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.7, 0.9])
def test_speaking_reaches_its_share_and_only_the_excess_is_given_up(share: float) -> None:
    rows = random_tracks(300, 0.35)
    found = judged(BalanceSpeaking(share=share), rows)
    assert abs(share_of(found) - share) < 0.005
    assert sorted(found["clip_id"]) == sorted(r["clip_id"] for r in rows)
    out = found.filter(pl.col("reason").is_not_null())
    assert set(out["reason"]) == {f"balanced out: speaking {share:g}"}
    own = out["speaking"].list.eval(pl.element().cast(pl.Float64)).list.mean()
    assert ((own < share) if share > 0.4 else (own > share)).all()


def test_a_set_that_has_the_share_already_and_one_without_labels_stay_whole() -> None:
    assert set(reasons(BalanceSpeaking(share=0.5), [track("a", spoken(10)), track("b", spoken(0))]).values()) == {None}
    assert reasons(BalanceSpeaking(share=0.5), [clip("a")]) == {"a": None}
    assert judged(BalanceSpeaking(), clips([])).height == 0


def test_the_draw_hangs_on_the_seed_and_each_clip_not_on_the_order_or_the_others() -> None:
    rows = clips(random_tracks(200, 0.2))
    drawn = [set(judged(BalanceSpeaking(seed=s), r).filter(pl.col("reason").is_null())["clip_id"])
             for s, r in ((0, rows), (0, rows.reverse()), (1, rows))]  # fmt: skip
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) > 10


def test_tracks_far_from_the_share_are_given_up_first() -> None:
    silent = [track(f"silent{i:02d}", spoken(0, 50)) for i in range(100)]
    nearly = [track(f"nearly{i:02d}", spoken(24, 50)) for i in range(100)]
    loud = [track(f"loud{i:02d}", spoken(50, 50)) for i in range(30)]
    found = reasons(BalanceSpeaking(share=0.5), [*silent, *nearly, *loud])
    lost = {kind: sum(bool(r) for c, r in found.items() if c.startswith(kind)) for kind in ("silent", "nearly", "loud")}
    assert lost["loud"] == 0
    assert lost["silent"] > 50 > 5 * lost["nearly"] / 2


def test_a_share_that_no_draw_reaches_is_an_error() -> None:
    rows = [track("a", spoken(1)), track("b", spoken(2))]
    with pytest.raises(UserError, match=r"no track speaks for as much as share=0.5"):
        reasons(BalanceSpeaking(share=0.5), rows)
    with pytest.raises(UserError, match=r"no track speaks for as little as share=0.05"):
        reasons(BalanceSpeaking(share=0.05), rows)


SIZES = {**{f"s{i}": 10.0 + i for i in range(8)}, **{f"m{i}": 64.0 + i for i in range(4)}, "l0": 128.0, "l1": 200.0}


def sized(**values: Any) -> tuple[list[dict[str, Any]], SelectionContext]:
    sizes = {**SIZES, **values}
    return [track(c, spoken(5)) for c in sizes], SelectionContext(measured({"face_size": sizes}), KNOWN, None)


def counts(found: dict[str, str | None]) -> dict[str, int]:
    return {size: sum(r is None for c, r in found.items() if c.startswith(size)) for size in "sml"}


@pytest.mark.parametrize(
    ("shares", "kept"),
    [
        ([1, 1, 1], {"s": 2, "m": 2, "l": 2}),
        ([4, 2, 1], {"s": 8, "m": 4, "l": 2}),
        ([0.5, 0.5, 0], {"s": 4, "m": 4, "l": 0}),
        ([1, 3, 1.5], {"s": 1, "m": 4, "l": 2}),
    ],
)
def test_bins_have_the_numbers_that_their_shares_say(shares: list[float], kept: dict[str, int]) -> None:
    rows, context = sized()
    found = reasons(BalanceSignal(signal="face_size", edges=[64, 128], shares=shares), rows, context)
    assert counts(found) == kept
    why = {"s": "face_size < 64", "m": "face_size 64 to 128", "l": "face_size >= 128"}
    assert all(reason in (None, f"balanced out: {why[c[0]]}") for c, reason in found.items())


def test_clips_without_a_value_go_by_their_own_reasons_and_those_not_judged_stay() -> None:
    rows, context = sized(x=("not_applicable", "no face"), y=("failed", "broken"))
    rows = [*rows, track("z", spoken(5)), clip("w", kind="window")]
    even = {"signal": "face_size", "edges": [64, 128], "shares": [1, 1, 1]}
    found = reasons(BalanceSignal(**even), rows, context)
    assert {c: found[c] for c in "xyzw"} == {
        "x": "face_size not applicable", "y": "face_size failed", "z": "face_size failed", "w": None,
    }  # fmt: skip
    kept = reasons(BalanceSignal(**even, on_missing="keep", on_failed="keep"), rows, context)
    assert {kept[c] for c in "xyzw"} == {None}
    assert counts(found) == counts(kept) == {"s": 2, "m": 2, "l": 2}


def test_labels_narrow_what_is_balanced() -> None:
    rows, context = sized()
    rows = [{**r, "content": "speaking" if r["clip_id"].endswith(("0", "1")) else "not_speaking"} for r in rows]
    step = BalanceSignal(signal="face_size", edges=[64], shares=[1, 1], labels=["not_speaking"])
    found = reasons(step, rows, context)
    assert {c for c, reason in found.items() if reason} < {f"s{i}" for i in range(2, 8)}
    assert counts(found) == {"s": 4, "m": 4, "l": 2}


def test_an_empty_bin_with_a_share_is_an_error_that_says_what_to_change() -> None:
    rows, context = sized()
    with pytest.raises(UserError, match=r"no clip has face_size >= 500.*share 0"):
        reasons(BalanceSignal(signal="face_size", edges=[64, 500], shares=[1, 1, 1]), rows, context)
    found = reasons(BalanceSignal(signal="face_size", edges=[64, 500], shares=[1, 1, 0]), rows, context)
    assert sum(r is None for r in found.values()) == 12
    assert reasons(BalanceSignal(signal="face_size", edges=[1], shares=[1, 1]), [clip("w", kind="window")]) == {
        "w": None
    }


@pytest.mark.parametrize(
    ("step", "values", "message"),
    [
        ("LabelShare", {"min": 0.8, "max": 0.2}, r"min=0\.8 is above max=0\.2"),
        ("LabelShare", {"max": 60}, "max is a share of at most 1"),
        ("LabelShare", {"on_missing": "error"}, "on_missing is drop or keep"),
        ("BalanceSpeaking", {"share": -0.1}, "share is a number of at least 0"),
        ("BalanceSignal", {"signal": "x", "edges": [2, 1], "shares": [1, 1, 1]}, "edges must rise"),
        ("BalanceSignal", {"signal": "x", "edges": [2], "shares": [1]}, "1 edges make 2 bins"),
        ("BalanceSignal", {"signal": "x", "edges": [2], "shares": [0, 0]}, "one of them above 0"),
        ("BalanceSignal", {"signal": "x", "edges": [], "shares": [1], "kinds": ["film"]}, "unknown kind 'film'"),
    ],
)
def test_what_makes_no_sense_is_named(step: str, values: dict[str, Any], message: str) -> None:
    body = {"name": "f", "select": [{"_target_": f"avcur.filters.balance.{step}", **values}]}
    with pytest.raises((UserError, InstantiationException), match=message):
        Filter.parse(body)


def test_the_configured_filter_evens_out_sizes_and_labels_and_its_numbers_are_swept() -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("curate", ["+filter=balanced", "filter.select.2.share=0.4", "filter.select.1.edges=[64]"])
    body: Any = OmegaConf.to_container(config.filter, resolve=True)
    filter_ = Filter.parse(body)
    assert filter_.columns == ("face_size",)
    rng = np.random.default_rng(3)
    rows = random_tracks(300, 0.25)
    sizes = {row["clip_id"]: float(rng.choice([50, 80], p=[0.7, 0.3])) for row in rows}
    context = SelectionContext(measured({"face_size": sizes}), KNOWN, None)
    found = apply_filter(filter_, pl.DataFrame(rows, schema=CLIP_SCHEMA), context).rows
    assert abs(share_of(found) - 0.4) < 0.02
    small = [sizes[c] < 64 for c in found.filter(pl.col("reason").is_null())["clip_id"]]
    assert abs(np.mean(small) - 0.5) < 0.1
