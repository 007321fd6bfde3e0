"""Refuse, before training, a variant that its task cannot learn from."""

from __future__ import annotations

import polars as pl

from avcur.errors import UnlearnableError
from avcur.labels import has_crop_and_sound
from avcur.variants.train_share import OUTSIDE
from avcur.variants.variant import Variant

MIN_CLIPS_PER_SPEAKER = 2
"""On average over the speakers that are left: 100 random VoxCeleb2 clips have 90 speakers, accuracy 0."""
MOST_UNTRAINED = 0.5
"""Share of the test speakers that may have no training clip; beyond it not even a perfect model can be right half the
time."""
_SPEAKER_TASKS = ("speaker_id", "speaker_verification")
_ENOUGH_CLIPS, _ENOUGH_SESSIONS = 5, 4
"""What a subset is advised to ask of each speaker: of three sessions the usual shares leave validation none."""


def check_learnable(variant: Variant, *, labels: str = "source") -> None:
    """Raise a UserError that says what is missing and which rule to relax.

    `labels` is the datamodule's: with "pairs" an active_speaker variant needs no speaking labels.
    """
    train = variant.rows("train")
    problem = None if len(train) else "no training clip is left"
    problem = problem or _problem_of_task(variant, train, labels) or _untrained_classes(variant)
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
        if variant.task == "speaker_verification" and (lack := _no_pairs(rows)):
            raise UnlearnableError(
                f"Variant {_name(variant)} cannot score speaker_verification: its {len(rows)} {split} clips make no "
                f"pair of {lack}; give that side more speakers (split.{split}=0.3, or a larger source)"
            )


def _problem_of_task(variant: Variant, train: pl.DataFrame, labels: str) -> str | None:
    match variant.task:
        case "active_speaker":
            return _no_crops(train) or (None if labels == "pairs" else _one_sided(train))
        case "av_sync":
            return _no_crops(train) or _no_other(train)
        case "speaker_id" | "speaker_verification":
            return _one_class(train) or _few_clips(variant, train)
        case "audio_type":
            return _one_class(train)
        case _:
            return None


def _untrained_classes(variant: Variant) -> str | None:
    """Where most classes lie on one side of the split, no filter matters and scores are near 0.

    Speakers that are verified are unknown by design.
    """
    trained = set(variant.card.get("retention", {}).get("label", {}))
    tested = set(variant.rows("test")["label"].drop_nulls())
    if not trained or not tested or variant.task in ("active_speaker", "speaker_verification"):
        return None
    lost = len(tested - trained)
    if lost <= (MOST_UNTRAINED if variant.task == "speaker_id" else 1 - 1e-9) * len(tested):
        return None
    which = f"none of its {lost}" if lost == len(tested) else f"{lost} of its {len(tested)}"
    have = "has a training clip" if lost == len(tested) else "have no training clip"
    counts = f"; {_counts(variant)}" if variant.task == "speaker_id" else ""
    return (
        f"{which} test classes {have}, before any filter: each class lies in one session or group{counts}; name more "
        "sessions, or use split.unit=utterance"
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


def _few_clips(variant: Variant, train: pl.DataFrame) -> str | None:
    speakers = train["label"].n_unique()
    if len(train) >= MIN_CLIPS_PER_SPEAKER * speakers:
        return None
    return (
        f"{len(train)} training clips of {speakers} speakers are fewer than {MIN_CLIPS_PER_SPEAKER} clips per speaker; "
        + _counts(variant)
    )


def _counts(variant: Variant) -> str:
    """How thinly the clips of all sides are spread over speakers and sessions."""
    session = "session" if "session" in variant.clips.columns else "clip_id"
    of_speakers = variant.clips.drop_nulls("label").group_by("label")
    counted = of_speakers.agg(clips=pl.len(), sessions=pl.col(session).fill_null(pl.col("clip_id")).n_unique())
    single = len(counted.filter(clips=1))
    where = f" and {len(counted.filter(sessions=1))} a single session (video)" if session == "session" else ""
    return (
        f"in all, {counted['clips'].sum()} clips of {len(counted)} speakers, of whom {single} have a single clip{where}"
    )


def _no_pairs(rows: pl.DataFrame) -> str | None:
    """Which kind of pair the clips of a side cannot make; None where they make both."""
    counts = rows["label"].drop_nulls().value_counts()["count"]
    if len(counts) < 2:
        return "different speakers"
    return None if counts.max() >= 2 else "one speaker"  # type: ignore[operator]


def _remedy(variant: Variant) -> str:
    """The options that draw, from a larger source, about as many clips that can be learnt from."""
    speakers = max(2, len(variant.clips) // _ENOUGH_CLIPS)
    return f"subset.min_clips={_ENOUGH_CLIPS} subset.min_sessions={_ENOUGH_SESSIONS} subset.speakers={speakers}"


def _advice(variant: Variant) -> str:
    """The rule that rejected most clips, or how to get more data where no rule rejected any."""
    if control := variant.card.get("control"):
        kept = sum(row["clips"] for row in variant.card.get("funnel", []) if row["stage"] == "kept")
        return f"It is as small as what filter {control['filter']!r} keeps ({kept} clips): relax that filter"
    funnel = [row for row in variant.card.get("funnel", []) if row["reason"] != OUTSIDE]
    lost = [row for row in funnel if row["reason"] and row["stage"] in ("rejected", "failed")]
    if (share := (variant.card.get("condition") or {}).get("train_share")) is not None and not lost:
        return f"train_share={share} leaves too little: make it larger"
    if not lost and variant.task in _SPEAKER_TASKS:
        return f"No rule rejected a clip: use a larger source, and of it {_remedy(variant)}"
    if not lost:
        return "No rule rejected a clip: use a larger source, or a subset with more clips per class"
    worst = max(lost, key=lambda row: row["clips"])
    rejected = f"{worst['stage']} by {worst['reason']!r} ({worst['clips']} clips)"
    return f"Most were {rejected}: relax that rule of filter {variant.filter_name!r}"


def _name(variant: Variant) -> str:
    return f"{variant.filter_name}-{variant.id[:10]}"
