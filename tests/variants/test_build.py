import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.defects.near_duplicate import NearDuplicate
from avcur.defects.plant import COPY
from avcur.defects.wrong_speaker import WrongSpeaker
from avcur.errors import UserError
from avcur.filters.filter import Filter
from avcur.signal_table import SignalTable
from avcur.sources.base import TRUTH_SCHEMA
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.splits.near_duplicates import HASH
from avcur.tasks import TASKS
from avcur.variants.build import VariantBuilder
from avcur.variants.variant import Variant, find_variant
from tests.helpers.tables import clip, clips, hashed, measured, speaker_corpus

STRICT = {"name": "strict", "rules": {"snr": {"min": 10}}}
NONE: dict[str, Any] = {"name": "none", "rules": {}, "select": []}
ORACLE = {"name": "oracle", "arm": "oracle", "select": [{"_target_": "avcur.filters.select.Clean"}]}
UNIQUE = {"name": "unique", "select": [{"_target_": "avcur.filters.select.NearDuplicates"}]}
TASK = TASKS["speaker_id"]


@pytest.fixture
def builder(tmp_path: Path) -> VariantBuilder:
    return VariantBuilder(speaker_corpus(), GroupDisjoint(), {"snr": "sound"}, tmp_path)


def build(builder: VariantBuilder, body: dict[str, Any]) -> Variant:
    return builder.build(Filter.parse(body), TASK)


def test_a_filter_acts_on_training_rows_alone(builder: VariantBuilder) -> None:
    raw, strict = build(builder, NONE), build(builder, STRICT)
    for split in ("val", "test"):
        assert raw.rows(split).equals(strict.rows(split))
    assert 0 < len(strict.rows("train")) < len(raw.rows("train"))
    assert strict.classes == raw.classes == [f"s{n}" for n in range(6)]


def test_the_funnel_adds_up(builder: VariantBuilder) -> None:
    strict = build(builder, STRICT)
    funnel = {(r["stage"], r["reason"]): r["clips"] for r in strict.card["funnel"]}
    everything = funnel.pop(("all", None))
    assert everything == len(builder.corpus.clips) == sum(funnel.values())
    assert funnel[("kept", None)] == len(strict.rows("train"))
    rejected = pl.read_parquet(strict.directory / "rejected.parquet")
    assert funnel[("rejected", "snr < 10")] == len(rejected)
    assert rejected["snr"].max() < 10


def test_equal_content_has_an_equal_id_whatever_made_it(builder: VariantBuilder) -> None:
    strict = build(builder, STRICT)
    same = build(builder, {"name": "other", "rules": {"snr": {"min": 5}}})
    assert same.id == strict.id
    assert same.directory != strict.directory
    assert build(builder, NONE).id != strict.id


def test_other_bytes_under_the_same_names_are_another_variant(builder: VariantBuilder) -> None:
    changed = builder.corpus.clips.with_columns(content_key=pl.lit("other"))
    other = replace(builder, corpus=replace(builder.corpus, clips=changed))
    assert build(other, NONE).id != build(builder, NONE).id


def test_a_variant_reads_back_as_it_was_written(builder: VariantBuilder) -> None:
    strict = build(builder, STRICT)
    again = find_variant(builder.root, strict.id[:16], "speaker_id")
    assert again.id == strict.id
    assert again.clips.equals(strict.clips)
    assert again.clean_test == strict.clean_test
    with pytest.raises(UserError, match="made for task=speaker_id"):
        find_variant(builder.root, str(strict.directory), "audio_type")
    with pytest.raises(UserError, match="0 variants"):
        find_variant(builder.root, "feed", "speaker_id")


def test_the_oracle_keeps_what_nobody_planted_in(builder: VariantBuilder) -> None:
    oracle = build(builder, ORACLE)
    truth = builder.corpus.truth
    assert truth is not None
    kept = set(oracle.rows("train")["recording_id"])
    assert not kept & set(truth["recording_id"])
    assert kept == set(build(builder, NONE).rows("train")["recording_id"]) - set(truth["recording_id"])


def test_clean_test_is_the_test_without_defects(builder: VariantBuilder) -> None:
    raw = build(builder, NONE)
    truth = builder.corpus.truth
    assert truth is not None
    test = raw.rows("test")
    assert raw.clean_test == set(test.filter(~pl.col("recording_id").is_in(truth["recording_id"].to_list()))["clip_id"])
    assert 0 < len(raw.clean_test) < len(test)


def test_a_corpus_without_truth_has_no_oracle_and_an_all_clean_test(builder: VariantBuilder) -> None:
    real = replace(builder, corpus=replace(builder.corpus, truth=None))
    assert build(real, NONE).clean_test == set(build(real, NONE).rows("test")["clip_id"])
    with pytest.raises(UserError, match="no truth"):
        build(real, ORACLE)


def test_a_control_names_the_variant_whose_size_it_has(builder: VariantBuilder) -> None:
    strict = build(builder, STRICT)
    controls = [builder.build(Filter.parse(STRICT).control(True, k), TASK) for k in range(3)]
    assert {c.arm for c in controls} == {"control"}
    assert [c.card["control"]["variant_id"] for c in controls] == [strict.id] * 3
    assert [len(c.rows("train")) for c in controls] == [len(strict.rows("train"))] * 3
    assert len({c.id for c in controls}) == 3
    assert all(c.rows("test").equals(strict.rows("test")) for c in controls)


def test_label_defects_touch_training_rows_only_and_the_oracle_knows_them(builder: VariantBuilder) -> None:
    faulty = replace(builder, label_planters={"wrong_speaker": WrongSpeaker(rate=0.5)})
    clean, raw, oracle = build(builder, NONE), build(faulty, NONE), build(faulty, ORACLE)
    assert raw.rows("test")["label"].equals(clean.rows("test")["label"])
    assert raw.rows("val")["label"].equals(clean.rows("val")["label"])
    true = dict(clean.rows("train").select("clip_id", "label").iter_rows())
    wrong = {c for c, label in raw.rows("train").select("clip_id", "label").iter_rows() if label != true[c]}
    assert 0.3 < len(wrong) / len(true) < 0.7
    assert not wrong & set(oracle.rows("train")["clip_id"])
    assert len(build(faulty, NONE).clips) == len(clean.clips)


def doubled(builder: VariantBuilder) -> VariantBuilder:
    """The builder's corpus with the first 60 recordings once more as near-duplicates, in sessions of their own."""
    corpus = builder.corpus
    copies = corpus.clips.head(60).with_columns(
        (pl.col("session") + COPY).alias("session"), (pl.col("clip_id") + "x").alias("clip_id"),
        (pl.col("recording_id") + COPY).alias("recording_id"), (pl.col("media") + "x").alias("media"),
    )  # fmt: skip
    table = pl.concat([corpus.clips, copies])
    rng = random.Random(0)
    own = {c: rng.getrandbits(64) for c in corpus.clips["clip_id"]}
    bits = {c: own[c.removesuffix("x")] ^ (0b101 if c.endswith("x") else 0) for c in table["clip_id"]}
    snr = dict.fromkeys(copies["clip_id"], 20.0)
    truth = pl.DataFrame(
        [(r, "near_duplicate", 0.02, NearDuplicate.unit, r.removesuffix(COPY)) for r in copies["recording_id"]],
        schema=TRUTH_SCHEMA,
        orient="row",
    )
    signals = SignalTable.of(pl.concat([corpus.signals.long(), measured({"snr": snr}).long()])).joined(hashed(bits))
    changed = replace(corpus, clips=table, signals=signals, truth=pl.concat([corpus.truth, truth]))
    return replace(builder, corpus=changed, reads={**builder.reads, **dict.fromkeys(HASH, "picture")})


def test_near_duplicates_share_a_side_and_the_split_does_not_hang_on_the_filter(builder: VariantBuilder) -> None:
    twice = replace(doubled(builder), corpus=replace(doubled(builder).corpus, truth=None))
    raw, strict, unique = build(twice, NONE), build(twice, STRICT), build(twice, UNIQUE)
    marked = raw.clips.drop_nulls("near_duplicates")
    sides = marked.group_by("near_duplicates").agg(pl.col("split").n_unique(), pl.len())
    assert sides["split"].to_list() == [1] * 60
    assert sides["len"].to_list() == [2] * 60
    for split in ("val", "test"):
        assert raw.rows(split).equals(strict.rows(split))
        assert raw.rows(split).equals(unique.rows(split))
    apart = build(replace(twice, split=GroupDisjoint(near_duplicates=None)), NONE)
    leaked = apart.clips.with_columns(pl.col("recording_id").str.strip_suffix(COPY)).group_by("recording_id")
    assert leaked.agg(pl.col("split").n_unique())["split"].max() == 2


def test_one_of_each_training_pair_stays_and_the_funnel_counts_them_together(builder: VariantBuilder) -> None:
    twice = doubled(builder)
    raw, unique = build(twice, NONE).rows("train"), build(twice, UNIQUE)
    pairs = raw.drop_nulls("near_duplicates")
    kept = unique.rows("train")
    assert len(pairs) > 40
    assert len(kept) == len(raw) - len(pairs) // 2
    assert kept["near_duplicates"].drop_nulls().is_unique().all()
    assert {(r["stage"], r["reason"]): r["clips"] for r in unique.card["funnel"]}["rejected", "near-duplicate"] == (
        len(pairs) // 2
    )
    rejected = pl.read_parquet(unique.directory / "rejected.parquet")
    assert set(rejected["reason"]) <= {f"near-duplicate of {c}" for c in kept["clip_id"]}


def test_planted_copies_are_in_training_only_and_the_oracle_keeps_their_originals(builder: VariantBuilder) -> None:
    twice = doubled(builder)
    raw, oracle = build(twice, NONE), build(twice, ORACLE)
    copies = set(twice.corpus.clips.filter(pl.col("recording_id").str.ends_with(COPY))["clip_id"])
    trained = copies & set(raw.rows("train")["clip_id"])
    assert 0 < len(trained) < len(copies)
    assert not copies & set(raw.clips.filter(pl.col("split") != "train")["clip_id"])
    assert not copies & set(oracle.clips["clip_id"])
    noisy = set(builder.corpus.truth["recording_id"])  # type: ignore[index]
    originals = raw.clips.filter(pl.col("clip_id").is_in([c.removesuffix("x") for c in trained]))
    clean = set(originals.filter(~pl.col("recording_id").is_in(list(noisy)))["clip_id"])
    assert clean
    assert clean <= set(oracle.rows("train")["clip_id"])
    funnel = {(r["stage"], r["reason"]): r["clips"] for r in raw.card["funnel"]}
    assert funnel["held out", "training-only defect outside training"] == len(copies) - len(trained)
    assert funnel.pop(("all", None)) == len(twice.corpus.clips) == sum(funnel.values())


def test_a_copy_that_no_hash_tells_never_trains_beside_a_held_original(builder: VariantBuilder) -> None:
    twice = doubled(builder)
    unhashed = replace(
        twice.corpus, signals=SignalTable.of(twice.corpus.signals.long().filter(~pl.col("signal").is_in(list(HASH))))
    )
    raw = build(replace(twice, corpus=unhashed), NONE)
    held = set(raw.clips.filter(pl.col("split") != "train")["recording_id"])
    copies = [r for r in raw.rows("train")["recording_id"] if r.endswith(COPY)]
    assert copies
    assert not {r.removesuffix(COPY) for r in copies} & held


def test_a_swapped_voice_trains_only_where_it_and_its_donor_do(builder: VariantBuilder) -> None:
    raw = build(builder, NONE)
    side = dict(raw.clips.select("recording_id", "split").iter_rows())
    names = sorted(side)
    others = dict(zip(names, names[7:] + names[:7], strict=True))
    truth = pl.DataFrame(
        [(name, "other_voice", 1.0, "share of the recording", other) for name, other in others.items()],
        schema=TRUTH_SCHEMA,
        orient="row",
    )
    swapped = build(replace(builder, corpus=replace(builder.corpus, truth=truth[::3])), NONE)
    left_out = set(names) - set(swapped.clips["recording_id"])
    assert left_out == {n for n in truth[::3]["recording_id"] if {side[n], side[others[n]]} != {"train"}}
    assert 0 < len(left_out) < len(truth[::3])
    funnel = {(r["stage"], r["reason"]): r["clips"] for r in swapped.card["funnel"]}
    assert funnel["held out", "training-only defect outside training"] == len(left_out)


def test_values_that_differ_in_their_last_digits_have_a_histogram(builder: VariantBuilder) -> None:
    values = [60.0, 60.00000000000001, 59.99999999999999]
    ids = builder.corpus.clips["clip_id"]
    odd = measured({"face_size": {c: values[i % 3] for i, c in enumerate(ids)}})
    changed = replace(builder.corpus, signals=builder.corpus.signals.joined(odd))
    card = build(replace(builder, corpus=changed, reads={**builder.reads, "face_size": "picture"}), NONE).card
    assert sum(card["histograms"]["face_size"]["kept"]) == card["counts"]["train"]["clips"]


def test_crops_that_were_never_written_are_one_clear_error(builder: VariantBuilder) -> None:
    tracks = builder.corpus.clips.with_columns(track=pl.lit(0, pl.Int64), speaking=pl.lit([True]))
    uncropped = replace(builder, corpus=replace(builder.corpus, clips=tracks))
    with pytest.raises(UserError, match=r"face crops, which were not written.*active_speaker"):
        uncropped.build(Filter.parse(NONE), TASKS["active_speaker"])


def test_a_task_without_labels_is_one_clear_error(builder: VariantBuilder) -> None:
    with pytest.raises(UserError, match="no audio_type labels; it supports: speaker_id"):
        builder.build(Filter.parse(NONE), TASKS["audio_type"])


def test_unlabelled_clips_make_a_variant_without_a_task(tmp_path: Path) -> None:
    table = clips([clip("a"), clip("b")])
    corpus = replace(speaker_corpus(), clips=table, signals=measured({"snr": {"a": 1, "b": 20}}), truth=None)
    variant = VariantBuilder(corpus, GroupDisjoint(), {"snr": "sound"}, tmp_path).build(Filter.parse(STRICT), None)
    assert variant.task == "unlabelled"
    assert variant.rows("train")["clip_id"].to_list() == ["b"]


def test_retention_says_what_was_kept_of_each_label(builder: VariantBuilder) -> None:
    kept = build(builder, STRICT).card["retention"]["label"]
    assert set(kept) == {f"s{n}" for n in range(6)}
    assert all(0 < k < whole for k, whole in kept.values())


def faces_with_sound(count: int) -> pl.DataFrame:
    return clips([clip(f"c{n}", kind="track", track=0, crop_path=f"c{n}.mp4") for n in range(count)])


def test_a_task_without_labels_takes_every_face_with_sound(tmp_path: Path) -> None:
    rows = pl.concat(
        [
            faces_with_sound(20),
            clips([clip("silent", kind="track", track=0, crop_path="silent.mp4", audio_path=None), clip("unseen")]),
        ]
    )
    builder = VariantBuilder(replace(speaker_corpus(), clips=rows), GroupDisjoint(), {}, tmp_path)
    variant = builder.build(Filter.parse(NONE), TASKS["av_sync"])
    assert set(variant.clips["clip_id"]) == {f"c{n}" for n in range(20)}
    assert variant.classes == ["pair"]
    assert TASKS["av_sync"] not in builder.corpus.tasks(), "it runs when it is asked for"


def test_a_task_without_labels_says_what_it_lacks(builder: VariantBuilder) -> None:
    with pytest.raises(UserError, match="task=av_sync: this source has no face tracks with sound"):
        builder.build(Filter.parse(NONE), TASKS["av_sync"])


def test_clips_without_sound_are_left_out_of_all_sides_of_a_task_that_hears(
    builder: VariantBuilder, caplog: pytest.LogCaptureFixture
) -> None:
    whole = build(builder, NONE)
    mute = [whole.rows(split)["clip_id"][0] for split in ("train", "val", "test")]
    silent = pl.when(pl.col("clip_id").is_in(mute)).then(None).otherwise(pl.col("audio_path"))
    corpus = replace(builder.corpus, clips=builder.corpus.clips.with_columns(audio_path=silent))
    heard = build(replace(builder, corpus=corpus), NONE)
    assert set(whole.clips["clip_id"]) - set(heard.clips["clip_id"]) == set(mute)
    assert "left out 3 clips without sound" in caplog.text
