"""Refuse, before training, a variant that its task cannot learn from."""

from __future__ import annotations

import polars as pl

from avcur.errors import UnlearnableError
from avcur.labels import has_crop_and_sound
from avcur.variants.variant import Variant

MIN_CLIPS_PER_SPEAKER = 2
"""On average over the speakers that are left: 100 random VoxCeleb2 clips have 90 speakers, accuracy 0."""


def check_learnable(variant: Variant, *, labels: str = "source") -> None:
    """Raise a UserError that says what is missing and which rule to relax.

    `labels` is the datamodule's: with "pairs" an active_speaker variant needs no speaking labels.
    """
    train = variant.rows("train")
    problem = None if len(train) else "no training clip is left"
    problem = problem or _problem_of_task(variant.task, train, labels) or _untrained_classes(variant)
    if problem is not None:
        raise UnlearnableError(f"Variant {_name(variant)} cannot train {variant.task}: {problem}. {_advice(variant)}")
    check_tested(variant, labels=labels)


def check_tested(variant: Variant, *, labels: str = "source") -> None:
    """Raise a UserError where val or test has nothing to score; `labels` as in `check_learnable`."""
    for split in ("val", "test"):
        rows = variant.rows(split)
        if not len(rows):
            raise UnlearnableError(
                f"Variant {_name(variant)} has no {split} clips; give the split more groups or more data"
            )
        if variant.task == "active_speaker" and (lack := _no_crops(rows, split) or _no_labels(rows, split, labels)):
            raise UnlearnableError(f"Variant {_name(variant)} cannot score active_speaker: {lack}")


def _problem_of_task(task: str, train: pl.DataFrame, labels: str) -> str | None:
    match task:
        case "active_speaker":
            return _no_crops(train) or (None if labels == "pairs" else _one_sided(train))
        case "av_sync":
            return _no_crops(train) or _no_other(train)
        case "speaker_id":
            return _one_class(train) or _few_clips(train)
        case "audio_type":
            return _one_class(train)
        case _:
            return None


def _untrained_classes(variant: Variant) -> str | None:
    """Where each class lies on one side of the split, no filter matters and every score is 0."""
    trained = set(variant.card.get("retention", {}).get("label", {}))
    tested = set(variant.rows("test")["label"].drop_nulls())
    if not trained or not tested or variant.task == "active_speaker" or trained & tested:
        return None
    return (
        f"none of its {len(tested)} test classes has a training clip, before any filter: each class lies in one "
        "session or group; name more sessions, or use split.unit=utterance"
    )


def _no_crops(rows: pl.DataFrame, what: str = "training") -> str | None:
    usable = rows.filter(has_crop_and_sound())
    if len(usable):
        return None
    return f"none of its {len(rows)} {what} clips has a face crop and sound (segment=face_tracks)"


def _no_labels(rows: pl.DataFrame, split: str, labels: str) -> str | None:
    if labels == "pairs" or len(rows.filter(has_crop_and_sound())["speaking"].drop_nulls()):
        return None
    return f"no {split} clip has a face crop, sound and speaking labels (datamodule.labels=pairs tests without them)"


def _no_other(train: pl.DataFrame) -> str | None:
    return "it has a single training clip, whose sound cannot be swapped for another's" if len(train) < 2 else None


def _one_sided(train: pl.DataFrame) -> str | None:
    frames = train["speaking"].drop_nulls().explode()
    if not len(frames):
        return "no training clip has speaking labels (datamodule.labels=pairs trains without them)"
    if frames.n_unique() < 2:
        return f"all {len(frames)} labelled training frames are {'speaking' if frames[0] else 'not speaking'}"
    return None


def _one_class(train: pl.DataFrame) -> str | None:
    labels = train["label"].drop_nulls().unique().to_list()
    if len(labels) >= 2:
        return None
    return f"its {len(train)} training clips have {len(labels)} class ({', '.join(labels)})"


def _few_clips(train: pl.DataFrame) -> str | None:
    speakers = train["label"].n_unique()
    if len(train) >= MIN_CLIPS_PER_SPEAKER * speakers:
        return None
    return (
        f"{len(train)} training clips of {speakers} speakers are fewer than {MIN_CLIPS_PER_SPEAKER} clips per speaker"
    )


def _advice(variant: Variant) -> str:
    """The rule that rejected most clips, or how to get more data where no rule rejected any."""
    funnel = variant.card.get("funnel", [])
    lost = [row for row in funnel if row["reason"] and row["stage"] in ("rejected", "failed")]
    if not lost:
        return "No rule rejected a clip: use a larger source, or a subset with more clips per class"
    worst = max(lost, key=lambda row: row["clips"])
    rejected = f"{worst['stage']} by {worst['reason']!r} ({worst['clips']} clips)"
    return f"Most were {rejected}: relax that rule of filter {variant.filter_name!r}"


def _name(variant: Variant) -> str:
    return f"{variant.filter_name}-{variant.id[:10]}"
