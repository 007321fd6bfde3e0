import polars as pl
import pytest

from avcur.errors import UserError
from avcur.training.learnable import check_learnable
from avcur.variants.train_share import OUTSIDE
from avcur.variants.variant import Variant

FUNNEL = [
    {"stage": "all", "reason": None, "clips": 40, "hours": 0.1},
    {"stage": "held out", "reason": "test", "clips": 30, "hours": 0.1},
    {"stage": "rejected", "reason": "laplacian_variance below 50", "clips": 7, "hours": 0.1},
    {"stage": "rejected", "reason": "snr below 10", "clips": 2, "hours": 0.1},
]
TRAIN = pl.col("split") == "train"


def but(variant: Variant, clips: pl.DataFrame, **card: object) -> Variant:
    return Variant(**{**vars(variant), "clips": clips, "card": {**variant.card, "funnel": FUNNEL, **card}})


def test_healthy_variants_pass(speakers: Variant, sounds: Variant, faces: Variant) -> None:
    for variant in (speakers, sounds, faces):
        check_learnable(variant)


def test_zero_survivors_name_the_worst_rule(speakers: Variant) -> None:
    with pytest.raises(UserError, match=r"no training clip is left.*'laplacian_variance below 50' \(7 clips\)"):
        check_learnable(but(speakers, speakers.clips.filter(~TRAIN)))


def test_without_rejections_the_source_is_too_small(speakers: Variant) -> None:
    with pytest.raises(UserError, match="larger source"):
        check_learnable(but(speakers, speakers.clips.filter(~TRAIN), funnel=FUNNEL[:2]))


def test_what_no_rule_took_is_not_blamed_on_the_filter(speakers: Variant) -> None:
    empty = speakers.clips.filter(~TRAIN)
    undrawn = {"stage": "rejected", "reason": "not drawn", "clips": 36, "hours": 0.1}
    kept = {"stage": "kept", "reason": None, "clips": 4, "hours": 0.1}
    control = {"filter": "strict", "variant_id": "a", "draw": 0, "residual": {}}
    with pytest.raises(UserError, match=r"what filter 'strict' keeps \(4 clips\)"):
        check_learnable(but(speakers, empty, funnel=[*FUNNEL[:2], undrawn, kept], control=control))
    outside = {**undrawn, "reason": OUTSIDE}
    with pytest.raises(UserError, match=r"train_share=0\.01 leaves too little"):
        check_learnable(but(speakers, empty, funnel=[*FUNNEL[:2], outside], condition={"train_share": 0.01}))


def test_one_clip_per_speaker_is_refused(speakers: Variant) -> None:
    single = speakers.clips.filter(~TRAIN | pl.col("clip_id").str.ends_with("-00"))
    with pytest.raises(UserError, match="4 training clips of 4 speakers"):
        check_learnable(but(speakers, single))


def test_one_emptied_speaker_is_no_reason_to_stop(speakers: Variant) -> None:
    check_learnable(but(speakers, speakers.clips.filter(~TRAIN | (pl.col("label") != "speaker00"))))


def test_one_class_is_refused(sounds: Variant) -> None:
    with pytest.raises(UserError, match=r"1 class \(music\)"):
        check_learnable(but(sounds, sounds.clips.filter(~TRAIN | (pl.col("label") == "music"))))


def test_faces_need_crops_labels_and_both_classes(faces: Variant) -> None:
    with pytest.raises(UserError, match="segment=face_tracks"):
        check_learnable(but(faces, faces.clips.with_columns(crop_path=pl.lit(None, pl.String))))
    unlabelled = but(faces, faces.clips.with_columns(speaking=pl.lit(None, pl.List(pl.Boolean))))
    with pytest.raises(UserError, match=r"datamodule\.labels=pairs"):
        check_learnable(unlabelled)
    check_learnable(unlabelled, labels="pairs")
    silent = faces.clips.with_columns(speaking=pl.col("speaking").list.eval(pl.lit(False)))
    with pytest.raises(UserError, match="not speaking"):
        check_learnable(but(faces, silent))


def test_faces_without_labels_or_crops_in_a_test_split_are_refused(faces: Variant) -> None:
    blank = pl.when(TRAIN).then(pl.col("speaking"))
    unlabelled = but(faces, faces.clips.with_columns(speaking=blank))
    with pytest.raises(UserError, match=r"no val clip has .* speaking labels \(datamodule\.labels=pairs"):
        check_learnable(unlabelled)
    check_learnable(unlabelled, labels="pairs")
    with pytest.raises(UserError, match="none of its 1 val clips has a face crop"):
        check_learnable(but(faces, faces.clips.with_columns(crop_path=pl.when(TRAIN).then(pl.col("crop_path")))))


def test_an_empty_test_split_is_refused(sounds: Variant) -> None:
    with pytest.raises(UserError, match="no test clips"):
        check_learnable(but(sounds, sounds.clips.filter(pl.col("split") != "test")))


def test_synchrony_needs_crops_and_another_clip(faces: Variant) -> None:
    pairs = Variant(**{**vars(faces), "task": "av_sync"})
    check_learnable(pairs)
    with pytest.raises(UserError, match="segment=face_tracks"):
        check_learnable(but(pairs, pairs.clips.with_columns(crop_path=pl.lit(None, pl.String))))
    with pytest.raises(UserError, match="a single training clip"):
        check_learnable(but(pairs, pairs.clips.filter(~TRAIN | (pl.col("clip_id") == "t00"))))


def spread(variant: Variant, sessions: list[tuple[str, str, str]], **card: object) -> Variant:
    """A variant of the given clips: (speaker, session, split)."""
    like = variant.clips[0].drop("label", "split", "clip_id", "group")
    rows = pl.DataFrame(sessions, schema=["label", "session", "split"], orient="row").with_row_index("clip_id")
    rows = rows.with_columns(pl.format("c{}", "clip_id").alias("clip_id"), pl.col("session").alias("group"))
    trained = {label: 1 for label, _, split in sessions if split == "train"}
    return but(variant, rows.join(like, how="cross"), funnel=FUNNEL[:2], retention={"label": trained}, **card)


SIDES = ("train", "train", "test", "val")


def test_few_clips_of_many_speakers_are_refused_with_the_count_and_the_remedy(speakers: Variant) -> None:
    once = [(f"s{n}", f"s{n}/a", SIDES[n % 4]) for n in range(80)]
    twice = [(f"t{n}", f"t{n}/{video}", "train") for n in range(10) for video in ("a", "a" if n < 5 else "b")]
    with pytest.raises(UserError) as refused:
        check_learnable(spread(speakers, once + twice))
    assert (
        "60 training clips of 50 speakers are fewer than 2 clips per speaker; in all, 100 clips of 90 speakers, "
        "of whom 80 have a single clip and 85 a single session (video)."
    ) in str(refused.value)
    assert "subset.min_clips=5 subset.min_sessions=4 subset.speakers=20" in str(refused.value)


def test_speakers_of_one_session_cannot_be_split_by_session(speakers: Variant) -> None:
    single = [(f"s{n}", f"s{n}/a", SIDES[n % 4]) for n in range(8) for _ in range(5)]
    with pytest.raises(UserError, match=r"none of its 2 test classes has .* 40 clips of 8 .* 0 .* and 8 a single sess"):
        check_learnable(spread(speakers, single))
    one_is_known = [*single, ("s2", "s2/b", "train"), ("s2", "s2/b", "train")]
    check_learnable(spread(speakers, one_is_known))
    most = [*one_is_known, ("s10", "s10/a", "test")]
    with pytest.raises(UserError, match=r"2 of its 3 test classes have no training clip.*subset\.min_sessions=4"):
        check_learnable(spread(speakers, most))


def test_verified_speakers_need_not_be_trained(strangers: Variant) -> None:
    check_learnable(strangers)
    assert not set(strangers.rows("test")["label"]) & set(strangers.rows("train")["label"])


@pytest.mark.parametrize("split", ["val", "test"])
def test_verification_needs_pairs_of_both_kinds(strangers: Variant, split: str) -> None:
    held = pl.col("split") == split
    first = strangers.rows(split)["label"][0]
    with pytest.raises(UserError, match=rf"its 4 {split} clips make no pair of different speakers; .*split\.{split}"):
        check_learnable(but(strangers, strangers.clips.filter(~held | (pl.col("label") == first))))
    single = strangers.clips.filter(~held | pl.col("clip_id").str.ends_with("-00"))
    with pytest.raises(UserError, match="clips make no pair of one speaker"):
        check_learnable(but(strangers, single))


def test_verification_needs_training_speakers_with_clips(strangers: Variant) -> None:
    single = strangers.clips.filter(~TRAIN | pl.col("clip_id").str.ends_with("-00"))
    with pytest.raises(UserError, match="4 training clips of 4 speakers"):
        check_learnable(but(strangers, single))
    one = strangers.rows("train")["label"][0]
    with pytest.raises(UserError, match="1 class"):
        check_learnable(but(strangers, strangers.clips.filter(~TRAIN | (pl.col("label") == one))))
