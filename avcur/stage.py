"""What happens to one recording in a worker: standardise, segment, crop, measure; whatever of it is still missing."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from avcur.errors import UserError
from avcur.media.errors import MediaError
from avcur.records import Clip, Measurement, Recording, Standardised
from avcur.segment.crops import write_crops
from avcur.segment.segmentation import Segmentation
from avcur.signals.base import ClipMedia, Signal

_OURS = (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EMFILE, errno.ENFILE)
"""Faults of the machine, which must not be stored as a property of the file."""


class StandardiseStage(Protocol):
    """Makes the standard form of a recording in a folder; MediaError where nothing can be read."""

    def __call__(self, recording: Recording, out_dir: Path) -> Standardised: ...


class SegmentStage(Protocol):
    """Finds the clips of a standardised recording."""

    def __call__(self, media: Standardised) -> Segmentation: ...


@dataclass(frozen=True)
class Stages:
    """The configured stages; pickled to each worker once per job, so they load their models lazily."""

    standardise: StandardiseStage
    segment: SegmentStage
    signals: Mapping[str, Signal]
    crop_size: int = 112


@dataclass(frozen=True)
class Job:
    """One recording and what is known of it. `wanted[i]` names the signals that clip i lacks; None: all of them."""

    recording: Recording
    media_dir: Path
    crop_dir: Path
    standardised: Standardised | None
    segmentation: Segmentation | None
    wanted: tuple[tuple[str, ...], ...] | None


@dataclass(frozen=True)
class Done:
    """The answer to a job; `reason` says why a recording failed, else the other fields are there."""

    standardised: Standardised | None = None
    segmentation: Segmentation | None = None
    measured: tuple[dict[str, dict[str, Measurement]], ...] = ()
    """Per clip: signal family -> column -> measurement."""
    reason: str | None = None
    failed_stage: str | None = None


def crop_path(crop_dir: Path, clip: Clip) -> Path:
    """Where the face crop of a track clip lies."""
    return crop_dir / f"{clip.track:04d}.mp4"


def perform(stages: Stages, job: Job) -> Done:
    """Do what a job lacks. A fault of the recording becomes a reason; the other recordings go on."""
    standardised, segmentation = job.standardised, job.segmentation
    stage = "standardise"
    try:
        if standardised is None:
            standardised = stages.standardise(job.recording, job.media_dir)
        stage = "segment"
        if segmentation is None:
            segmentation = stages.segment(standardised)
        _crop(stages, job, standardised, segmentation)
    except MediaError as error:
        return Done(standardised=standardised, reason=str(error), failed_stage=stage)
    except (MemoryError, OSError) as error:
        if isinstance(error, MemoryError) or error.errno in _OURS:
            raise UserError(
                f"{job.recording.path}: {error}; this machine's fault and not the file's, so run again"
            ) from error
        return Done(standardised=standardised, reason=f"{type(error).__name__}: {error}", failed_stage=stage)
    except Exception as error:  # a detector's or codec's own fault must not end a run of thousands of recordings
        return Done(standardised=standardised, reason=f"{type(error).__name__}: {error}", failed_stage=stage)
    wanted = job.wanted or tuple(tuple(stages.signals) for _ in segmentation.clips)
    measured = tuple(
        _measure(stages, standardised, segmentation, clip, names)
        for clip, names in zip(segmentation.clips, wanted, strict=True)
    )
    return Done(standardised, segmentation, measured)


def _crop(stages: Stages, job: Job, standardised: Standardised, segmentation: Segmentation) -> None:
    """Write the face crops of track clips that are not there yet."""
    tracks = [c for c in segmentation.clips if c.track is not None and not crop_path(job.crop_dir, c).exists()]
    if tracks and standardised.video_path is not None:
        write_crops(
            standardised.video_path,
            [segmentation.tracks[c.track] for c in tracks if c.track is not None],
            [crop_path(job.crop_dir, c) for c in tracks],
            size=stages.crop_size,
        )


def _measure(
    stages: Stages, standardised: Standardised, segmentation: Segmentation, clip: Clip, names: tuple[str, ...]
) -> dict[str, dict[str, Measurement]]:
    if not names:
        return {}
    media = ClipMedia(replace(clip, recording_id=standardised.recording_id), standardised, segmentation)
    return {name: stages.signals[name].measure(media) for name in names}
