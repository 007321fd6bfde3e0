"""The selection step for near-duplicates, and what a filter is checked for before any work."""

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from avcur.errors import UserError
from avcur.filters.filter import Filter, apply_filter
from avcur.filters.select import NearDuplicates, SelectionContext
from avcur.signals.base import Reads
from avcur.splits.near_duplicates import MAX_DISTANCE
from tests.helpers.tables import clip, clips, hashed, measured

CONF = Path(__file__).resolve().parents[2] / "conf"
KNOWN: dict[str, Reads] = {
    "perceptual_hash_high": "picture", "perceptual_hash_low": "picture", "sharpness": "picture", "face_size": "picture",
    "detection_confidence": "picture", "duration": "sound",
}  # fmt: skip
HASHES = {"a": 0b0, "b": 0b1, "c": 0b11, "d": 0b111 << 40, "e": 0b111 << 41, "f": 2**63 - 1}
TOP = {"_target_": "avcur.filters.select.Top", "signal": "snrr", "count": 1}
SHARPNESS = {"a": 3.0, "b": ("not_applicable", "no face"), "c": 9.0, "d": 1.0, "e": 2.0, "f": 0.0}


def reasons(body: dict[str, Any], rows: list[dict[str, Any]] | None = None) -> dict[str, str | None]:
    lengths = {"b": 5.0, "c": 4.0}
    table = clips(rows or [clip(c, end=lengths.get(c, 3.0), has_picture=True) for c in HASHES])
    signals = hashed(HASHES).joined(measured({"sharpness": SHARPNESS}))
    outcome = apply_filter(Filter.parse(body), table, SelectionContext(signals, KNOWN, None))
    return dict(outcome.rows.select("clip_id", "reason").iter_rows())


def composed(*overrides: str) -> dict[str, Any]:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("curate", list(overrides))
    filter_: Any = OmegaConf.to_container(config.filter, resolve=True)
    return dict(filter_)


def near_duplicates(**values: Any) -> dict[str, Any]:
    return {"name": "f", "select": [{"_target_": "avcur.filters.select.NearDuplicates", **values}]}


def of(best: str) -> str:
    return f"near-duplicate of {best}"


def test_the_longest_of_a_set_stays_and_the_first_by_id_of_equals() -> None:
    found = reasons(near_duplicates(max_distance=2))
    assert found == {"a": of("b"), "b": None, "c": of("b"), "d": None, "e": of("d"), "f": None}


def test_the_best_by_a_signal_stays_and_clips_without_a_value_lose() -> None:
    highest = reasons(near_duplicates(max_distance=2, by="sharpness"))
    assert highest == {"a": of("c"), "b": of("c"), "c": None, "d": of("e"), "e": None, "f": None}
    lowest = reasons(near_duplicates(max_distance=2, by="sharpness", lowest=True))
    assert lowest == {"a": None, "b": of("a"), "c": of("a"), "d": None, "e": of("d"), "f": None}


def test_the_distance_can_be_swept() -> None:
    assert reasons(near_duplicates(max_distance=0)) == dict.fromkeys(HASHES)
    assert reasons(near_duplicates(max_distance=1)) == {**dict.fromkeys(HASHES), "a": of("b"), "c": of("b")}


def test_all_faces_of_the_recording_that_is_kept_stay() -> None:
    rows = [clip("a", recording_id="one"), clip("b", recording_id="one"), clip("c", recording_id="two", end=2.0)]
    assert reasons(near_duplicates(max_distance=2), rows) == {"a": None, "b": None, "c": of("a")}


def test_only_clips_that_the_rules_kept_stand_for_others() -> None:
    rules = {"sharpness": {"max": 2.5, "on_missing": "drop"}}
    found = reasons({**near_duplicates(max_distance=2), "rules": rules})
    rejected = {"a": "sharpness > 2.5", "b": "sharpness not applicable", "c": "sharpness > 2.5"}
    assert found == {**rejected, "d": None, "e": of("d"), "f": None}


@pytest.mark.parametrize(
    ("body", "known", "unknown"),
    [
        (near_duplicates(by="snrr"), KNOWN, "snrr"),
        (near_duplicates(), {"sharpness": "picture"}, "perceptual_hash_high"),
        ({"name": "f", "select": [TOP]}, KNOWN, "snrr"),
    ],
)
def test_a_step_on_an_unknown_signal_fails_before_work_and_lists_the_known(
    body: dict[str, Any], known: dict[str, Reads], unknown: str
) -> None:
    for filter_ in (Filter.parse(body), Filter.parse(body).control(True, 0)):
        with pytest.raises(UserError, match=rf"filter.select: unknown signal '{unknown}'; known signals: .*sharpness"):
            filter_.check(known)
    Filter.parse({"name": "f", "rules": {"sharpness": {"min": 1}}}).check(known)


def test_the_configured_steps_name_signals_that_exist() -> None:
    for name in ("near_duplicates", "voxceleb"):
        Filter.parse(composed(f"+filter={name}")).check(KNOWN)


def test_the_distance_is_the_splits_own_unless_told_otherwise() -> None:
    steps = [
        Filter.parse(composed("+filter=near_duplicates", *overrides)).steps[0]
        for overrides in ((), ("split.near_duplicates=3",), ("filter.select.0.max_distance=5",))
    ]
    assert steps == [NearDuplicates(MAX_DISTANCE), NearDuplicates(3), NearDuplicates(5)]


def test_voxceleb_keeps_large_sure_tracks_of_three_seconds() -> None:
    start = 1.44  # 75 frames from here are 2.9999999999999996 s, as floats go
    assert start + 75 / 25 - start < 3
    rows = [clip(c, kind="track", has_picture=True, start=start, end=start + 75 / 25) for c in "abcd"]
    rows += [clip("w", kind="window"), clip("s")]
    spans = {r["clip_id"]: r["end"] - r["start"] for r in rows} | {"d": 74 / 25, "w": 0.96, "s": 1.0}
    signals = measured({
        "face_size": {"a": 100.0, "b": 99.0, "c": 300.0, "d": 300.0},
        "detection_confidence": {"a": 0.95, "b": 0.95, "c": 0.85, "d": 0.95}, "duration": spans,
    })  # fmt: skip
    context = SelectionContext(signals, KNOWN, None)
    outcome = apply_filter(Filter.parse(composed("+filter=voxceleb")), clips(rows), context)
    assert dict(outcome.rows.select("clip_id", "reason").iter_rows()) == {
        "a": None, "b": "face_size < 100", "c": "detection_confidence < 0.9", "d": "duration < 2.98", "w": None,
        "s": "duration < 2.98",
    }  # fmt: skip
