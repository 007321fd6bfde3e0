import polars as pl
import pytest

from avcur.errors import UserError
from avcur.filters.rules import Rule, apply_rules
from tests.helpers.tables import clip, clips, measured

READS = {"snr": "sound", "sharpness": "picture"}


def reasons(rules: dict[str, dict[str, object]], table: pl.DataFrame, signals: pl.DataFrame) -> dict[str, str | None]:
    parsed = {name: Rule.parse(name, body) for name, body in rules.items()}
    judged, _ = apply_rules(table, signals, parsed, READS)  # type: ignore[arg-type]
    return dict(judged.select("clip_id", "reason").iter_rows())


def test_the_first_rule_that_rejects_gives_the_reason() -> None:
    table = clips([clip(c, has_picture=True) for c in "abc"])
    signals = measured({"snr": {"a": 1, "b": 20, "c": 20}, "sharpness": {"a": 1, "b": 1, "c": 9}})
    found = reasons({"snr": {"min": 10}, "sharpness": {"min": 5, "max": 10}}, table, signals)
    assert found == {"a": "snr < 10", "b": "sharpness < 5", "c": None}


def test_bounds_are_inclusive() -> None:
    table = clips([clip(c) for c in "ab"])
    assert reasons({"snr": {"min": 1, "max": 2}}, table, measured({"snr": {"a": 1, "b": 2}})) == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("body", "expected"),
    [({}, "snr not applicable"), ({"on_missing": "keep"}, None)],
)
def test_a_missing_value_is_dropped_under_its_own_reason_or_kept(body: dict[str, str], expected: str | None) -> None:
    signals = measured({"snr": {"a": ("not_applicable", "no audio stream")}})
    assert reasons({"snr": {"min": 1, **body}}, clips([clip("a")]), signals) == {"a": expected}


@pytest.mark.parametrize(("body", "expected"), [({}, "snr failed"), ({"on_failed": "keep"}, None)])
def test_a_failure_is_no_low_score(body: dict[str, str], expected: str | None) -> None:
    signals = measured({"snr": {"a": ("failed", "OSError: gone")}})
    assert reasons({"snr": {"min": 1, **body}}, clips([clip("a")]), signals) == {"a": expected}
    assert reasons({"snr": {"min": 1, **body}}, clips([clip("a")]), measured({})) == {"a": expected}


def test_on_missing_error_says_which_clip_and_why() -> None:
    signals = measured({"snr": {"a": ("not_applicable", "no audio stream")}})
    with pytest.raises(UserError, match=r"1 clips, first 'r-a' \(no audio stream\)"):
        reasons({"snr": {"min": 1, "on_missing": "error"}}, clips([clip("a")]), signals)


def test_a_rule_judges_only_its_kinds_and_labels_and_what_has_its_stream() -> None:
    table = clips([
        clip("music", content="music"), clip("speech", content="speech"), clip("unlabelled"),
        clip("track", kind="track", content="speech"), clip("seen", has_picture=True, content="music"),
    ])  # fmt: skip
    low = dict.fromkeys(table["clip_id"], 0)
    by_label = reasons({"snr": {"min": 1, "labels": ["speech"]}}, table, measured({"snr": low}))
    assert {c for c, r in by_label.items() if r} == {"speech", "unlabelled", "track"}
    by_kind = reasons({"snr": {"min": 1, "kinds": ["track"]}}, table, measured({"snr": low}))
    assert {c for c, r in by_kind.items() if r} == {"track"}
    by_stream = reasons({"sharpness": {"min": 1}}, table, measured({"sharpness": low}))
    assert {c for c, r in by_stream.items() if r} == {"seen"}


def test_a_face_rule_never_judges_an_audio_window_unless_told_to() -> None:
    table = clips([clip("w", kind="window", has_picture=True)])
    none = measured({"sharpness": {"w": ("not_applicable", "no face")}})
    assert reasons({"sharpness": {"min": 1}}, table, none) == {"w": None}
    assert reasons({"sharpness": {"min": 1, "kinds": ["window"]}}, table, none) == {"w": "sharpness not applicable"}


def test_skipped_clips_are_counted() -> None:
    table = clips([clip("a", content="music"), clip("b", content="speech")])
    rule = Rule.parse("snr", {"min": 1, "labels": ["speech"]})
    assert apply_rules(table, measured({"snr": {"a": 0, "b": 0}}), {"snr": rule}, READS)[1] == {"snr": 1}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("snrr", {"min": 1}, "unknown signal 'snrr'; known signals: sharpness, snr"),
        ("snr", {"mim": 1}, "unknown entry 'mim'"),
        ("snr", {}, "give min or max"),
        ("snr", {"min": "low"}, "must be a number"),
        ("snr", {"min": 1, "on_missing": "ignore"}, "drop, keep or error"),
        ("snr", {"min": 1, "kinds": ["tracks"]}, "unknown kind 'tracks'"),
    ],
)
def test_a_misspelt_rule_is_one_clear_error(name: str, body: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        reasons({name: body}, clips([clip("a")]), measured({"snr": {"a": 1}}))


def test_a_rule_on_sound_or_duration_never_judges_a_still() -> None:
    rows = clips([clip("a", kind="still", end=0.04, has_picture=True), clip("b", end=0.04)])
    signals = measured({"speech_ratio": {"a": ("not_applicable", "a still has no sound"), "b": 0.1}})
    judged, skipped = apply_rules(
        rows, signals, {"speech_ratio": Rule("speech_ratio", min=0.5)}, {"speech_ratio": "sound"}
    )
    assert judged["reason"].to_list() == [None, "speech_ratio < 0.5"]
    assert skipped == {"speech_ratio": 1}
