"""The stages in order, run by an engine, resumable and counted: from a source to a measured corpus."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur.corpus import SIGNAL_SCHEMA, Corpus
from avcur.engines.local import LocalEngine, WorkerDiedError
from avcur.engines.progress import progress_bar
from avcur.errors import UserError
from avcur.labels import CLIP_SCHEMA, FaceLabels, SegmentLabels, clip_row
from avcur.records import Clip, Recording, Standardised
from avcur.results import Failure, Results
from avcur.segment.segmentation import Segmentation
from avcur.sources.base import Source
from avcur.stage import Done, Job, Stages, crop_path, perform
from avcur.store.media_keys import MediaKeys

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
    engine: LocalEngine = field(default_factory=LocalEngine)
    retry_failed: bool = False

    def __post_init__(self) -> None:
        self.tally = Tally()
        self._results = Results(self.cache_dir, self.stages, self.retry_failed)
        self._media_keys = MediaKeys(self.cache_dir / "media")
        self._lost: dict[str, str] = {}

    def run(self, source: Source, key: str, truth: Callable[[], pl.DataFrame] | None = None) -> Corpus:
        """Measure whatever of `source` is not measured yet, and assemble its tables; `truth` is only passed on."""
        recordings = source.recordings()
        if duplicates := len(recordings) - len({r.id for r in recordings}):
            raise UserError(f"The source gives {duplicates} recordings the id of another; ids must be unique")
        self.tally.recordings = len(recordings)
        hashes = self._hash(recordings)
        self._work(recordings, hashes)
        return self._assemble(source, recordings, hashes, key, truth() if truth else None)

    def _hash(self, recordings: list[Recording]) -> dict[str, str]:
        hashes = {}
        for recording in recordings:
            try:
                hashes[recording.id] = self._media_keys(recording.path)
            except OSError as error:
                self._lost[recording.id] = f"cannot read the file: {error.strerror or error}"
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
        standardised = self._results.standardised(recording, media)
        segmentation = self._results.segmentation(media) if isinstance(standardised, Standardised) else None
        if isinstance(standardised, Failure) or isinstance(segmentation, Failure):
            return None
        media_dir, crop_dir = self._results.media_dir(media), self._results.crop_dir(media)
        job = Job(recording, media_dir, crop_dir, standardised, segmentation, None)
        if segmentation is None:
            return job
        wanted = tuple(self._results.lacking(media, recording, clip) for clip in segmentation.clips)
        uncropped = any(c.track is not None and not crop_path(crop_dir, c).exists() for c in segmentation.clips)
        return replace(job, wanted=wanted) if any(wanted) or uncropped else None

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
            for clip in () if isinstance(found, Failure) else found[1].clips:
                assert not isinstance(found, Failure)
                own = replace(clip, recording_id=recording.id)
                clips.append(self._clip_row(own, recording, media, found, faces, segments))
                signals += [{"clip_id": own.id, **m} for m in self._results.measurements(media, recording, own)]
        self.tally.values_cached = len(signals) - self.tally.values_measured
        return Corpus(
            key,
            pl.DataFrame(rows, schema=_RECORDING_SCHEMA),
            pl.DataFrame(clips, schema=CLIP_SCHEMA),
            pl.DataFrame([{c: row[c] for c in SIGNAL_SCHEMA} for row in signals], schema=SIGNAL_SCHEMA),
            truth,
        )

    def _found(self, recording: Recording, media: str) -> tuple[Standardised, Segmentation] | Failure:
        """What is now known of a recording, or why it failed."""
        if recording.id in self._lost:
            return Failure(self._lost[recording.id])
        standardised = self._results.standardised(recording, media)
        segmentation = self._results.segmentation(media)
        if isinstance(standardised, Failure):
            return standardised
        if isinstance(segmentation, Failure):
            return segmentation
        if standardised is None or segmentation is None:
            return Failure("not measured: the worker of a copy of this file died; run again")
        return standardised, segmentation

    def _clip_row(
        self,
        clip: Clip,
        recording: Recording,
        media: str,
        found: tuple[Standardised, Segmentation],
        faces: FaceLabels,
        segments: SegmentLabels,
    ) -> dict[str, Any]:
        standardised, segmentation = found
        track = segmentation.tracks[clip.track] if clip.track is not None else None
        crop = crop_path(self._results.crop_dir(media), clip) if track is not None else None
        return clip_row(
            clip, recording, track, faces, segments,
            media=media,
            content_key=self._results.crop_dir(media).name,
            has_picture=standardised.video_path is not None,
            audio_path=str(standardised.audio_path) if standardised.audio_path else None,
            crop_path=str(crop) if crop else None,
        )  # fmt: skip


def _perform(stages: Stages, keyed_job: tuple[str, Job]) -> Done:
    return perform(stages, keyed_job[1])


def _recording_row(
    recording: Recording, media: str, found: tuple[Standardised, Segmentation] | Failure
) -> dict[str, Any]:
    row = {"recording_id": recording.id, "path": str(recording.path), "media": media}
    if isinstance(found, Failure):
        return {**row, "state": "failed", "reason": found.reason, "warning": None, "duration": None}
    return {**row, "state": "ok", "reason": None, "warning": found[0].warning, "duration": found[0].duration}
