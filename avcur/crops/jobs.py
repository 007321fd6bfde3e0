"""The crops of one recording as jobs of about a minute, which several workers can do at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avcur.crops.geometry import Geometry
from avcur.crops.write import Crop, crops_or_reasons
from avcur.errors import UserError, is_the_machines
from avcur.records import FPS, Seconds, Standardised, Track

JOB_SECONDS = 60.0
"""Long enough that the seek to its start is little, short enough that an hour keeps every core busy."""


def crop_path(directory: Path, track: int) -> Path:
    """The file of a track's crop in the folder of its recording and geometry."""
    return directory / f"{track:04d}.mp4"


@dataclass(frozen=True)
class CropJob:
    """Tracks of one recording, the files for their crops, and what these show; small enough to send to a worker."""

    media: Standardised
    tracks: tuple[Track, ...]
    paths: tuple[Path, ...]
    geometry: Geometry


def crop_jobs(
    media: Standardised,
    tracks: Sequence[Track],
    paths: Sequence[Path],
    geometry: Geometry,
    seconds: Seconds = JOB_SECONDS,
) -> list[CropJob]:
    """Split a recording's tracks into jobs that each span `seconds`, or one longer track and what lies within it.

    A track is never split, as it is one file. A picture that belongs to tracks of two jobs is decoded twice.
    """
    jobs: list[list[Crop]] = []
    end = -1
    crops = [Crop(track, Path(path)) for track, path in zip(tracks, paths, strict=True)]
    for crop in sorted(crops, key=lambda crop: (crop.first, -crop.stop, crop.path)):
        if crop.stop > end:
            jobs.append([])
            end = max(crop.stop, crop.first + round(seconds * FPS))
        jobs[-1].append(crop)
    return [CropJob(media, tuple(c.track for c in job), tuple(c.path for c in job), geometry) for job in jobs]


def perform_crops(job: CropJob) -> list[tuple[Path, str | None]]:
    """Write a job's crops: each path, and why there is no crop (None: there is).

    A fault of the file or of a codec becomes the reason of all crops of the job that it kept from being written. Raises
    UserError for a fault of this machine, such as a full disk.
    """
    try:
        return crops_or_reasons(job.media, job.tracks, job.paths, job.geometry)
    except Exception as error:  # a codec's own fault must not end a run of thousands of recordings
        if is_the_machines(error):
            raise UserError(f"{job.media.video_path}: {error}; this machine's fault and not the file's") from error
        return [(path, None if path.exists() else f"{type(error).__name__}: {error}") for path in job.paths]
