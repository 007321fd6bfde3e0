"""The stages in order, run by an engine, resumable and counted: from a source to a measured corpus."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur.corpus import Corpus
from avcur.crops.geometry import GEOMETRIES, Geometry
from avcur.crops.jobs import CropJob, crop_jobs, crop_path, perform_crops
from avcur.engines.local import LocalEngine, WorkerDiedError
from avcur.engines.progress import progress_bar
from avcur.errors import UserError
from avcur.labels import CLIP_SCHEMA, FaceLabels, SegmentLabels, clip_row
from avcur.records import Clip, Recording, Standardised, Track
from avcur.results import Failure, Results
from avcur.signal_table import SIGNAL_SCHEMA, SignalTable
from avcur.sources.base import Source
from avcur.stage import Done, Job, Segmented, Stages, perform
from avcur.store.keys import digest
from avcur.store.media_keys import MediaKeys

_log = logging.getLogger(__name__)

_RECORDING_SCHEMA = {
    "recording_id": pl.String, "path": pl.String, "state": pl.String, "reason": pl.String, "warning": pl.String,
    "duration": pl.Float64, "media": pl.String,
}  # fmt: skip
_COMMIT_EVERY = 256
_COMMIT_SECONDS = 20.0
"""Recordings and seconds between commits, whichever comes first: a kill loses no more work, and parts stay few."""


@dataclass
class Tally:
    """What a run did: recordings that needed work, clips and values measured now, values found in the cache."""

    recordings: int = 0
    worked_on: int = 0
    clips_measured: int = 0
    values_measured: int = 0
    values_cached: int = 0


@dataclass
class Pipeline:
    """Measures a source into a corpus; results are cached under `cache_dir` by their content keys."""

    stages: Stages
    cache_dir: Path
    crops: Geometry = GEOMETRIES["face"]
    engine: LocalEngine = field(default_factory=LocalEngine)
    retry_failed: bool = False

    def __post_init__(self) -> None:
        self.tally = Tally()
        self._results = Results(self.cache_dir, self.stages, self.retry_failed)
        self._media_keys = MediaKeys(self.cache_dir / "media")
        self._lost: dict[str, str] = {}
        self._media: dict[str, tuple[Recording, str]] = {}

    def run(self, source: Source, key: str, truth: Callable[[], pl.DataFrame] | None = None) -> Corpus:
        """Measure whatever of `source` is not measured yet, and assemble its tables; `truth` is only passed on."""
        recordings = source.recordings()
        if duplicates := len(recordings) - len({r.id for r in recordings}):
            raise UserError(f"The source gives {duplicates} recordings the id of another; ids must be unique")
        self.tally.recordings = len(recordings)
        hashes = self._hash(recordings)
        self._media = {r.id: (r, hashes[r.id]) for r in recordings if r.id in hashes}
        self._work(recordings, hashes)
        return self._assemble(source, recordings, hashes, key, truth() if truth else None)

    def write_crops(self, corpus: Corpus) -> Corpus:
        """Write the face crops of the corpus's tracks that are not there yet.

        Returns the corpus with each `crop_path`; a track whose crop cannot be written has none: a warning says why.
        """
        jobs = list(self._crop_jobs(corpus))
        with progress_bar() as progress:
            bar = progress.add_task("Writing face crops", total=len(jobs))
            for job, done in self.engine.map(perform_crops, jobs):
                progress.advance(bar)
                lost = [(path, str(done)) for path in job.paths] if isinstance(done, WorkerDiedError) else done
                for path, reason in lost:
                    if reason is not None:
                        _log.warning("No face crop %s: %s", path, reason)
        paths = [self._written_crop(media, track) for media, track in corpus.clips.select("media", "track").iter_rows()]
        return replace(corpus, clips=corpus.clips.with_columns(pl.Series("crop_path", paths, dtype=pl.String)))

    def look_path(self, media: str) -> Path:
        """Where what was seen of a recording of these bytes lies, if it was looked at."""
        return self._results.look_path(media)

    def standardised_and_tracks(self, recording_id: str) -> tuple[Standardised, tuple[Track, ...]] | None:
        """What the last run knows of a recording; None where it failed."""
        if recording_id not in self._media:
            return None
        recording, media = self._media[recording_id]
        standardised = self._results.standardised(recording, media)
        return (standardised, self._results.tracks(media)) if isinstance(standardised, Standardised) else None

    def _crop_jobs(self, corpus: Corpus) -> Iterator[CropJob]:
        """Jobs for the crops that are missing, each content once."""
        tracks = corpus.clips.filter(pl.col("track").is_not_null()).unique(["media", "track"], maintain_order=True)
        for (media,), rows in tracks.group_by(["media"], maintain_order=True):
            crops = [(track, self._crop_path(str(media), track)) for track in rows["track"]]
            missing = [(track, path) for track, path in crops if not path.exists()]
            if not missing:
                continue
            found = self.standardised_and_tracks(rows["recording_id"][0])
            assert found is not None, f"{rows['recording_id'][0]} has tracks but was never standardised"
            yield from crop_jobs(found[0], [found[1][t] for t, _ in missing], [p for _, p in missing], self.crops)

    def _hash(self, recordings: list[Recording]) -> dict[str, str]:
        hashes = {}
        about: Callable[[str], str] | None = getattr(self.stages.segment, "about", None)
        for recording in recordings:
            try:
                content = self._media_keys(*recording.files)
                # Where clips hang on what is listed for a recording, the same bytes under another name are other media.
                listed = None if about is None else [recording.id, about(recording.id)]
                hashes[recording.id] = content if listed is None else digest([content, *listed])
            except OSError as error:
                which = f"{Path(error.filename).name}" if recording.audio_path and error.filename else "the file"
                self._lost[recording.id] = f"cannot read {which}: {error.strerror or error}"
        self._media_keys.commit()
        return hashes

    def _work(self, recordings: list[Recording], hashes: Mapping[str, str]) -> None:
        """Do all jobs, committing as they finish; whatever is done when a run ends early is committed too."""
        jobs = list(self._jobs(recordings, hashes))
        self.tally.worked_on = len(jobs)
        if not jobs:
            return
        finished: list[tuple[str, Job, Done]] = []
        committed = time.monotonic()
        with progress_bar() as progress:
            bar = progress.add_task("Measuring", total=len(jobs))
            try:
                for (media, job), done in self.engine.map(functools.partial(_perform, self.stages), jobs):
                    progress.advance(bar)
                    if isinstance(done, WorkerDiedError):
                        self._lost[job.recording.id] = str(done)
                        continue
                    finished.append((media, job, done))
                    if len(finished) >= _COMMIT_EVERY or time.monotonic() - committed > _COMMIT_SECONDS:
                        self._commit(finished)
                        finished, committed = [], time.monotonic()
            finally:
                self._commit(finished)

    def _commit(self, finished: list[tuple[str, Job, Done]]) -> None:
        self._results.commit(finished)
        families = [clip for _, _, done in finished for clip in done.measured if clip]
        self.tally.clips_measured += len(families)
        self.tally.values_measured += sum(len(columns) for clip in families for columns in clip.values())

    def _jobs(self, recordings: list[Recording], hashes: Mapping[str, str]) -> Iterator[tuple[str, Job]]:
        """A job per content that lacks something; copies of one file are done once unless a signal tells them apart."""
        apart = any(signal.reads == "anything" for signal in self.stages.signals.values())
        seen = set()
        for recording in recordings:
            media = hashes.get(recording.id)
            if media is None or (media in seen and not apart):
                continue
            seen.add(media)
            if (job := self._job(recording, media)) is not None:
                yield media, job

    def _job(self, recording: Recording, media: str) -> Job | None:
        """What a recording lacks, or None where nothing is missing or it failed before."""
        results = self._results
        standardised = results.standardised(recording, media, retry=self.retry_failed)
        known = isinstance(standardised, Standardised)
        segmented = results.segmented(recording, media, retry=self.retry_failed) if known else None
        if isinstance(standardised, Failure) or isinstance(segmented, Failure):
            return None
        paths = results.media_dir(media), results.look_path(media), results.tracks_path(media), results.crop_dirs(media)
        if segmented is None:
            return Job(recording, *paths, standardised, None, None)
        wanted = tuple(results.lacking(media, recording, clip) for clip in segmented.clips)
        return Job(recording, *paths, standardised, segmented, wanted) if any(wanted) else None

    def _assemble(
        self,
        source: Source,
        recordings: list[Recording],
        hashes: Mapping[str, str],
        key: str,
        truth: pl.DataFrame | None,
    ) -> Corpus:
        """The corpus's tables from the cached results, in the order of the source's recordings."""
        faces, segments = FaceLabels(source.face_labels()), SegmentLabels(source.segment_labels())
        rows: list[dict[str, Any]] = []
        clips: list[dict[str, Any]] = []
        signals: list[dict[str, Any]] = []
        for recording in recordings:
            media = hashes.get(recording.id, "")
            found = self._found(recording, media)
            rows.append(_recording_row(recording, media, found))
            if isinstance(found, Failure):
                continue
            tracks = self._results.tracks(media) if faces.knows(recording.id) else ()
            for clip in found[1].clips:
                track = tracks[clip.track] if tracks and clip.track is not None else None
                about = self._media_columns(clip, media, found[0])
                clips.append(clip_row(clip, recording, track, faces, segments, **about))
                signals += [{"clip_id": clip.id, **m} for m in self._results.measurements(media, recording, clip)]
        self.tally.values_cached = len(signals) - self.tally.values_measured
        return Corpus(
            key,
            pl.DataFrame(rows, schema=_RECORDING_SCHEMA),
            pl.DataFrame(clips, schema=CLIP_SCHEMA),
            SignalTable.of(pl.DataFrame([{c: row[c] for c in SIGNAL_SCHEMA} for row in signals], schema=SIGNAL_SCHEMA)),
            truth,
        )

    def _found(self, recording: Recording, media: str) -> tuple[Standardised, Segmented] | Failure:
        """What is now known of a recording, or why it failed."""
        if recording.id in self._lost:
            return Failure(self._lost[recording.id])
        standardised = self._results.standardised(recording, media)
        segmented = self._results.segmented(recording, media)
        if isinstance(standardised, Failure):
            return standardised
        if isinstance(segmented, Failure):
            return segmented
        if standardised is None or segmented is None:
            return Failure("not measured: the worker of a copy of this file died; run again")
        return standardised, segmented

    def _media_columns(self, clip: Clip, media: str, standardised: Standardised) -> dict[str, Any]:
        """The columns of a clip's row that say where its media lies."""
        return {
            "media": media,
            "content_key": self._results.crop_dir(media, self.crops).name,
            "has_picture": standardised.video_path is not None,
            "audio_path": str(standardised.audio_path) if standardised.audio_path else None,
            "crop_path": self._written_crop(media, clip.track),
        }

    def _written_crop(self, media: str, track: int | None) -> str | None:
        path = None if track is None else self._crop_path(media, track)
        return None if path is None or not path.exists() else str(path)

    def _crop_path(self, media: str, track: int) -> Path:
        return crop_path(self._results.crop_dir(media, self.crops), track)


def _perform(stages: Stages, keyed_job: tuple[str, Job]) -> Done:
    return perform(stages, keyed_job[1])


def _recording_row(recording: Recording, media: str, found: tuple[Standardised, Segmented] | Failure) -> dict[str, Any]:
    row = {"recording_id": recording.id, "path": str(recording.path), "media": media}
    if isinstance(found, Failure):
        return {**row, "state": "failed", "reason": found.reason, "warning": None, "duration": None}
    warnings = [warning for warning in (found[0].warning, found[1].warning) if warning]
    return {**row, "state": "ok", "reason": None, "warning": "; ".join(warnings) or None, "duration": found[1].duration}
