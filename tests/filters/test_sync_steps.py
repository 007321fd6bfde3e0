"""Steps that trim, split and re-align: what they keep, what they say of the rest, and that the funnel adds up."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hydra.errors import InstantiationException

from avcur.errors import UserError
from avcur.filters.filter import Filter, apply_filter
from avcur.filters.select import SelectionContext
from avcur.filters.sync import SplitBySync
from avcur.signal_table import SIGNAL_SCHEMA, SignalTable
from avcur.signals.base import Reads
from avcur.variants.card import funnel
from tests.helpers.tables import clip, clips

KNOWN: dict[str, Reads] = {
    "sync_confidence": "both", "sync_offset": "both", "speaker_changes": "sound", "snr": "sound",
}  # fmt: skip
SPLIT = {"_target_": "avcur.filters.sync.SplitBySync", "min": 2.0}
CORRECT = {"_target_": "avcur.filters.sync.CorrectOffset"}
SPEAKERS = {"_target_": "avcur.filters.speakers.SplitAtSpeakerChanges"}


def confident(*runs: tuple[int, float]) -> list[float]:
    return [value for count, value in runs for _ in range(count)]


def track(clip_id: str, frames: int, start: float = 1.0, **values: Any) -> dict[str, Any]:
    return clip(
        clip_id, kind="track", track=0, start=start, end=start + frames / 25, has_picture=True,
        **{"content": "speaking", **values},
    )  # fmt: skip


def context(*measured: tuple[str, str, str, float | None, list[float] | None]) -> SelectionContext:
    rows = [(c, signal, state, value, None if state == "ok" else "why", s) for c, signal, state, value, s in measured]
    return SelectionContext(SignalTable.of(pl.DataFrame(rows, schema=SIGNAL_SCHEMA, orient="row")), KNOWN, None)


def outcome(rows: list[dict[str, Any]], context: SelectionContext, *steps: dict[str, Any]) -> pl.DataFrame:
    table = clips(rows).with_columns(label=pl.lit("x"), split=pl.lit("train"))
    return apply_filter(Filter.parse({"name": "f", "select": list(steps)}), table, context).rows.sort("start")


def kept(rows: pl.DataFrame) -> list[tuple[float, float]]:
    return [
        (round(s, 6), round(e, 6)) for s, e in rows.filter(pl.col("reason").is_null()).select("start", "end").rows()
    ]


def of_confidence(series: list[float]) -> SelectionContext:
    return context(("a", "sync_confidence", "ok", 3.0, series))


def test_a_clip_in_sync_throughout_stays_as_it_is() -> None:
    found = outcome([track("a", 100)], of_confidence([2.0] * 100), SPLIT)
    assert found.select("clip_id", "reason").rows() == [("a", None)]


def test_a_long_span_out_of_sync_is_cut_away_with_five_frames_at_its_edges() -> None:
    series = confident((100, 5.0), (40, 0.0), (110, 5.0))
    found = outcome([track("a", 250)], of_confidence(series), SPLIT)
    assert kept(found) == [(1.0, 1 + 95 / 25), (1 + 145 / 25, 11.0)]
    assert set(found["reason"].drop_nulls()) == {"no 75 frames in sync (sync_confidence >= 2)"}
    assert float((found["end"] - found["start"]).sum()) == pytest.approx(10.0)


def test_short_dips_are_bridged_and_short_parts_dropped() -> None:
    series = confident((60, 5.0), (15, 0.0), (60, 5.0), (16, 0.0), (74, 5.0))
    found = outcome([track("a", 225)], of_confidence(series), SPLIT)
    assert kept(found) == [(1.0, 1 + 130 / 25)]
    series = confident((60, 5.0), (16, 0.0), (60, 5.0))
    assert kept(outcome([track("a", 136)], of_confidence(series), SPLIT)) == []


def test_spans_agree_with_a_loop_over_frames() -> None:
    rng = np.random.default_rng(3)
    step = SplitBySync(min=2.0, merge=3, min_frames=7, trim=2)
    for _ in range(50):
        good = rng.random(60) < 0.7
        frames = good.copy()
        for i in range(60):  # bridge: a bad stretch of at most 3 between good ones
            for length in (1, 2, 3):
                inside = i > 0 and i + length < 60 and good[i - 1] and good[i + length]
                if inside and not good[i : i + length].any():
                    frames[i : i + length] = True
        expected, first = [], None
        for i in range(61):
            on = i < 60 and frames[i]
            if on and first is None:
                first = i
            if not on and first is not None:
                if i - first >= 7:
                    expected.append((first + (2 if first else 0), i - (2 if i < 60 else 0)))
                first = None
        assert step._spans(good) == expected


def test_frames_at_the_ends_without_a_value_are_as_their_neighbours_and_long_silences_are_out_of_sync() -> None:
    nan = float("nan")
    series = confident((8, nan), (90, 5.0), (2, nan))
    assert kept(outcome([track("a", 100)], of_confidence(series), SPLIT)) == [(1.0, 5.0)]
    series = confident((100, 5.0), (50, nan))
    assert kept(outcome([track("a", 150)], of_confidence(series), SPLIT)) == [(1.0, 1 + 95 / 25)]
    assert kept(outcome([track("a", 100)], of_confidence([nan] * 100), SPLIT)) == []


def test_parts_go_by_the_confidence_of_their_own_frames() -> None:
    series = confident((100, 5.0), (60, 0.0), (100, 5.0))
    changes = [100 / 25]
    ctx = context(("a", "sync_confidence", "ok", 3.0, series), ("a", "speaker_changes", "ok", 1.0, changes))
    found = outcome([track("a", 260)], ctx, {**SPEAKERS, "margin": 0.0}, SPLIT)
    assert kept(found) == [(1.0, 5.0), (1 + 165 / 25, 1 + 260 / 25)]


def test_an_offset_is_undone_and_a_large_one_dropped() -> None:
    ctx = context(*((name, "sync_offset", "ok", value, None) for name, value in (("a", 5.0), ("b", -7.0), ("c", 0.0))))
    found = outcome([track(n, 100, start=s) for n, s in (("a", 1.0), ("b", 2.0), ("c", 3.0))], ctx, CORRECT)
    rows = {row["parent_id"]: row for row in found.iter_rows(named=True)}
    assert rows["a"]["audio_offset"] == -0.2  # the sound led by five frames
    assert (rows["a"]["start"], rows["a"]["end"], rows["a"]["reason"]) == (1.0, 5.0, None)
    assert rows["b"]["reason"] == "|sync_offset| > 6"
    assert (rows["c"]["clip_id"], rows["c"]["audio_offset"]) == ("c", 0.0)
    coarse = outcome([track("a", 100)], ctx, {**CORRECT, "min_offset": 6})
    assert coarse.select("clip_id", "audio_offset", "reason").rows() == [("a", 0.0, None)]


def test_a_clip_is_split_where_its_speaker_changes() -> None:
    ctx = context(("a", "speaker_changes", "ok", 2.0, [1.013, 1.5]), ("b", "speaker_changes", "ok", 0.0, []))
    rows = [clip("a", end=4.0, content="speech"), clip("b", end=4.0, content="speech")]
    found = outcome(rows, ctx, {**SPEAKERS, "min_seconds": 0.7})
    assert kept(found.filter(parent_id="a")) == [(0.0, 0.76), (1.76, 4.0)]
    assert kept(found.filter(parent_id="b")) == [(0.0, 4.0)]


def test_rows_that_the_signal_is_not_for_are_kept_and_those_without_a_value_go() -> None:
    rows = [
        track("silent", 100, content="not_speaking"), track("none", 100), track("broken", 100),
        clip("window", kind="window"), clip("sound", has_picture=False), clip("still", kind="still", has_picture=True),
    ]  # fmt: skip
    ctx = context(
        ("none", "sync_confidence", "not_applicable", None, None), ("broken", "sync_confidence", "failed", None, None)
    )
    found = outcome(rows, ctx, {**SPLIT, "labels": ["speaking"]})
    reasons = dict(found.select("clip_id", "reason").iter_rows())
    assert reasons["none"] == "sync_confidence not applicable"
    assert reasons["broken"] == "sync_confidence failed"
    assert [reasons[n] for n in ("silent", "window", "sound", "still")] == [None] * 4
    lenient = dict(outcome(rows, ctx, {**SPLIT, "on_missing": "keep"}).select("clip_id", "reason").iter_rows())
    assert (lenient["none"], lenient["broken"]) == (None, "sync_confidence failed")


def test_the_funnel_of_split_clips_adds_up() -> None:
    series = confident((100, 5.0), (40, 0.0), (110, 5.0))
    found = outcome([track("a", 250), track("b", 250)], of_confidence(series), {**SPLIT, "on_failed": "keep"})
    stages = {(r["stage"], r["reason"]): r["clips"] for r in funnel(found)}
    assert stages["all", None] == 2
    assert stages["split", "parts added"] == 2
    assert stages["kept", None] == 3
    assert sum(r["hours"] for r in funnel(found) if r["stage"] in ("kept", "rejected")) == pytest.approx(20 / 3600)


def test_changes_are_timed_from_the_measured_clip_whatever_was_cut_before() -> None:
    series = confident((50, 0.0), (200, 5.0))
    ctx = context(("a", "sync_confidence", "ok", 3.0, series), ("a", "speaker_changes", "ok", 1.0, [6.0]))
    found = outcome([track("a", 250)], ctx, {**SPLIT, "trim": 0}, {**SPEAKERS, "margin": 0.0})
    assert kept(found) == [(3.0, 7.0), (7.0, 11.0)]


def test_one_label_may_be_given_as_a_word() -> None:
    ctx = context(("a", "sync_offset", "ok", 12.0, None))
    for labels, gone in (("speaking", True), (["speaking"], True), ("music", False)):
        found = outcome([track("a", 100)], ctx, {**CORRECT, "labels": labels})
        assert (found["reason"][0] is not None) == gone


@pytest.mark.parametrize(
    ("step", "name", "value"),
    [(SPLIT, "merge", -1), (SPLIT, "min_frames", 0), (SPLIT, "trim", 1.5), (SPLIT, "on_missing", "kepp"),
     (SPLIT, "min", "abc"), (SPLIT, "min", None), (SPLIT, "on_failed", "error"), (SPLIT, "kinds", ["trak"]),
     (CORRECT, "max_offset", "abc"), (SPEAKERS, "margin", -1), (SPEAKERS, "min_seconds", None)],
)  # fmt: skip
def test_a_wrong_parameter_is_refused_by_name(step: dict[str, Any], name: str, value: Any) -> None:
    with pytest.raises(InstantiationException, match=name) as error:
        Filter.parse({"name": "f", "select": [{**step, name: value}]})
    assert isinstance(error.value.__cause__, UserError)
