import polars as pl
import pytest

from avcur.errors import UserError
from avcur.training.learnable import check_learnable
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
