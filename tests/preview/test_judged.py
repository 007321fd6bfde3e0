from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from avcur.filters.filter import Filter
from avcur.preview.judged import JudgedClip, Judgements, Verdict, rules, signals_judged
from avcur.records import Clip
from avcur.signal_table import SIGNAL_SCHEMA, SignalTable
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS
from avcur.variants.build import VariantBuilder
from avcur.variants.variant import Variant
from tests.helpers.tables import speaker_corpus

STRICT = {"name": "strict", "rules": {"snr": {"min": 10}}}
CLIP = Clip("r", "whole", 0.0, 1.0)


@pytest.fixture
def strict(tmp_path: Path) -> Variant:
    builder = VariantBuilder(speaker_corpus(), GroupDisjoint(), {"snr": "sound"}, tmp_path, recipe={"filter": STRICT})
    return builder.build(Filter.parse(STRICT), TASKS["speaker_id"])


def test_every_clip_has_its_verdict_and_its_values(strict: Variant) -> None:
    corpus = speaker_corpus()
    judgements = Judgements(corpus, [strict])
    states = []
    for recording_id in corpus.clips["recording_id"]:
        (judged,) = judgements.of(recording_id)
        assert judged.clip.recording_id == recording_id
        (verdict,) = judged.verdicts.values()
        states.append(verdict.state)
        value = judged.values["snr"].value
        assert value is not None
        if verdict.state == "rejected":
            assert (judged.state, judged.reason) == ("rejected", "snr < 10")
            assert value < 10
        elif verdict.state == "kept":
            assert judged.reason is None
            assert value >= 10
    assert states.count("kept") == len(strict.rows("train"))
    assert states.count("held out") == len(strict.clips) - len(strict.rows("train"))
    assert states.count("rejected") > 0


def test_a_recording_without_clips_has_none(strict: Variant) -> None:
    assert Judgements(speaker_corpus(), [strict]).of("nobody") == ()


def test_without_a_variant_nothing_is_judged() -> None:
    (judged,) = Judgements(speaker_corpus(), []).of("r-c0000")
    assert judged.state is None
    assert judged.reason is None
    assert judged.values


def test_of_all_values_over_time_the_speaking_scores_alone_are_kept() -> None:
    corpus = speaker_corpus()
    clip_id, other = corpus.clips["clip_id"][:2]
    rows = [(clip_id, name, "ok", 1.0, None, [1.0, -2.0]) for name in ("asd_score", "sync_confidence")]
    rows.append((other, "asd_score", "not_applicable", None, "no face track", None))
    corpus = replace(corpus, signals=SignalTable.of(pl.DataFrame(rows, schema=SIGNAL_SCHEMA, orient="row")))
    judged, without = (Judgements(corpus, []).of(f"r-{name}")[0] for name in (clip_id, other))
    assert judged.speaking_scores is not None
    assert judged.speaking_scores.tolist() == [1.0, -2.0]
    assert {m.series for m in judged.values.values()} == {None}
    assert without.speaking_scores is None


def test_reasons_name_the_variants_where_they_disagree() -> None:
    agreed = JudgedClip(CLIP, {"a": Verdict("rejected", "snr < 10"), "b": Verdict("rejected", "snr < 10")})
    assert (agreed.state, agreed.reason) == ("rejected", "snr < 10")
    apart = JudgedClip(CLIP, {"a": Verdict("kept"), "b": Verdict("rejected", "snr < 10")})
    assert (apart.state, apart.reason) == ("rejected", "b: snr < 10")
    assert JudgedClip(CLIP, {"a": Verdict("held out"), "b": Verdict("kept")}).state == "kept"


def test_the_rules_of_a_variant_are_those_of_its_recipe_by_the_signal_that_they_judge(strict: Variant) -> None:
    assert rules(strict) == [("snr", {"min": 10})]
    low, high = {"signal": "snr", "min": 10}, {"signal": "snr", "max": 30}
    strict.card["recipe"] = {"filter": {"name": "f", "rules": {"low": low, "high": high, "off": None}}}
    assert rules(strict) == [("snr", low), ("snr", high)]
    assert signals_judged(strict) == ["snr"]
    strict.card["recipe"] = {}
    assert rules(strict) == []
