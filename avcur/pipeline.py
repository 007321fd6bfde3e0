"""The stages in order, run by an engine, resumable and counted: from a source to a measured corpus."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from avcur.corpus import SIGNAL_SCHEMA, Corpus
from avcur.engines.local import LocalEngine, WorkerDiedError
from avcur.errors import UserError
from avcur.labels import CLIP_SCHEMA, FaceLabels, SegmentLabels, clip_row
from avcur.records import Clip, Recording, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.sources.base import Source
from avcur.stage import Done, Job, Stages, crop_path, perform
from avcur.store.keys import digest
from avcur.store.media_keys import MediaKeys
from avcur.store.table import KeyedTable

_STAGE_SCHEMA = {"key": pl.String, "state": pl.String, "reason": pl.String, "payload": pl.String}
_MEASURE_SCHEMA = {"key": pl.String, "signal": pl.String, "state": pl.String, "value": pl.Float64, "reason": pl.String}
_RECORDING_SCHEMA = {
    "recording_id": pl.String, "path": pl.String, "state": pl.String, "reason": pl.String, "warning": pl.String,
    "duration": pl.Float64, "media": pl.String,
}  # fmt: skip
_COMMIT_EVERY = 64
"""Recordings between commits: a kill loses at most this much work, and a corpus of 10^5 makes few enough parts."""


@dataclass
class Tally:
    """What a run did: recordings that needed work, clips and signal columns measured now, and found in the cache."""

    recordings: int = 0
    worked_on: int = 0
    clips_measured: int = 0
    columns_measured: int = 0
    columns_cached: int = 0


@dataclass
class Pipeline:
    """Measures a source into a corpus; results are cached under `cache_dir` by their content keys."""

    stages: Stages
    cache_dir: Path
    engine: LocalEngine = field(default_factory=LocalEngine)
    retry_failed: bool = False

    def __post_init__(self) -> None:
        self.tally = Tally()
        self._media_keys = MediaKeys(self.cache_dir / "media")
        self._standardised = KeyedTable(self.cache_dir / "standardise", _STAGE_SCHEMA)
        self._segmented = KeyedTable(self.cache_dir / "segment", _STAGE_SCHEMA)
        self._measured = KeyedTable(self.cache_dir / "measure", _MEASURE_SCHEMA)
        self._lost: dict[str, str] = {}
        self._signal_keys = {name: digest(signal.key()) for name, signal in self.stages.signals.items()}

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

    # --- keys: what each result depends on -------------------------------------------------------------------------

    def _standardise_key(self, media: str) -> str:
        return digest(["standardise", media, asdict(self.stages.standardise)])  # type: ignore[call-overload]

    def _segment_key(self, media: str) -> str:
        return digest(["segment", self._standardise_key(media), _parameters(self.stages.segment)])

    def _measure_key(self, media: str, recording: Recording, clip: Clip, name: str) -> str:
        """A sound signal hangs on the span alone; a picture signal also on the faces that segmenting found."""
        signal = self.stages.signals[name]
        span = [clip.kind, clip.track, round(clip.start, 6), round(clip.end, 6), round(clip.audio_offset, 6)]
        below = self._standardise_key(media) if signal.reads == "sound" else self._segment_key(media)
        about = [recording.id, str(recording.path)] if signal.reads == "anything" else None
        return digest(["measure", below, span, self._signal_keys[name], about])

    # --- work: what is missing --------------------------------------------------------------------------------------

    def _work(self, recordings: list[Recording], hashes: Mapping[str, str]) -> None:
        jobs = dict(self._missing(recordings, hashes))
        self.tally.worked_on = len(jobs)
        if not jobs:
            return
        function = functools.partial(_perform, self.stages)
        pending: list[tuple[str, Job, Done]] = []
        with _progress() as progress:
            bar = progress.add_task("measuring", total=len(jobs))
            try:
                for (media, job), done in self.engine.map(function, jobs.items()):
                    progress.advance(bar)
                    if isinstance(done, WorkerDiedError):
                        self._lost[job.recording.id] = str(done)
                        continue
                    pending.append((media, job, done))
                    if len(pending) >= _COMMIT_EVERY:
                        self._commit(pending)
                        pending = []
            finally:
                self._commit(pending)

    def _missing(self, recordings: list[Recording], hashes: Mapping[str, str]) -> Iterator[tuple[str, Job]]:
        """A job per content that lacks something; copies of one file are done once unless a signal tells them apart."""
        apart = any(signal.reads == "anything" for signal in self.stages.signals.values())
        for recording in recordings:
            media = hashes.get(recording.id)
            if media is not None and (job := self._job(recording, media)) is not None:
                yield (f"{media}/{recording.id}" if apart else media), job

    def _job(self, recording: Recording, media: str) -> Job | None:
        standardised = self._cached_standardised(recording, media)
        segmentation = self._cached_segmentation(media) if isinstance(standardised, Standardised) else None
        if isinstance(standardised, str) or isinstance(segmentation, str):
            return None
        job = Job(
            recording, self.cache_dir / "standardised" / self._standardise_key(media), self._crop_dir(media),
            standardised, segmentation, None,
        )  # fmt: skip
        if standardised is None or segmentation is None:
            return job
        wanted = tuple(self._lacking(media, recording, clip) for clip in segmentation.clips)
        no_crop = any(c.track is not None and not crop_path(job.crop_dir, c).exists() for c in segmentation.clips)
        return replace(job, wanted=wanted) if any(wanted) or no_crop else None

    def _lacking(self, media: str, recording: Recording, clip: Clip) -> tuple[str, ...]:
        def lacks(name: str) -> bool:
            rows = self._measured.get(self._measure_key(media, recording, clip, name))
            return not rows or (self.retry_failed and any(row["state"] == "failed" for row in rows))

        return tuple(name for name in self.stages.signals if lacks(name))

    def _cached_standardised(self, recording: Recording, media: str) -> Standardised | str | None:
        """The cached result, the reason why it failed, or None where there is nothing (any more)."""
        row = self._stage_row(self._standardised, self._standardise_key(media))
        if row is None or row["state"] == "failed":
            return row and str(row["reason"])
        fields = json.loads(row["payload"])
        for name in ("video_path", "audio_path"):
            fields[name] = recording.path if fields[name] == "" else fields[name] and Path(fields[name])
            if fields[name] is not None and not fields[name].exists():
                return None
        return Standardised(recording.id, **fields)

    def _cached_segmentation(self, media: str) -> Segmentation | str | None:
        row = self._stage_row(self._segmented, self._segment_key(media))
        if row is None or row["state"] == "failed":
            return row and str(row["reason"])
        return Segmentation.from_json(row["payload"])

    def _stage_row(self, table: KeyedTable, key: str) -> dict[str, Any] | None:
        rows = table.get(key)
        return None if not rows or (self.retry_failed and rows[-1]["state"] == "failed") else rows[-1]

    def _crop_dir(self, media: str) -> Path:
        return self.cache_dir / "crops" / digest([self._segment_key(media), self.stages.crop_size])

    # --- commit -----------------------------------------------------------------------------------------------------

    def _commit(self, pending: list[tuple[str, Job, Done]]) -> None:
        standardised, segmented, measured = [], [], []
        for key, job, done in pending:
            media = key.split("/", 1)[0]
            if done.standardised is None:
                standardised.append(_failed(self._standardise_key(media), done))
                continue
            if job.standardised is None:
                payload = _standardised_json(done.standardised, job.recording.path)
                standardised.append(_stage_ok(self._standardise_key(media), payload))
            if done.segmentation is None:
                segmented.append(_failed(self._segment_key(media), done))
                continue
            if job.segmentation is None:
                segmented.append(_stage_ok(self._segment_key(media), done.segmentation.to_json()))
            measured += self._measure_rows(media, job, done)
        self._standardised.append(standardised)
        self._segmented.append(segmented)
        self._measured.append(measured)

    def _measure_rows(self, media: str, job: Job, done: Done) -> Iterator[dict[str, Any]]:
        assert done.segmentation is not None
        for clip, families in zip(done.segmentation.clips, done.measured, strict=True):
            self.tally.clips_measured += bool(families)
            for name, columns in families.items():
                key = self._measure_key(media, job.recording, clip, name)
                self.tally.columns_measured += len(columns)
                for column, m in columns.items():
                    yield {"key": key, "signal": column, "state": m.state, "value": m.value, "reason": m.reason}

    # --- assemble ---------------------------------------------------------------------------------------------------

    def _assemble(
        self,
        source: Source,
        recordings: list[Recording],
        hashes: Mapping[str, str],
        key: str,
        truth: pl.DataFrame | None,
    ) -> Corpus:
        faces, segments = FaceLabels(source.face_labels()), SegmentLabels(source.segment_labels())
        rows: list[dict[str, Any]] = []
        clips: list[dict[str, Any]] = []
        signals: list[dict[str, Any]] = []
        for recording in recordings:
            media = hashes.get(recording.id, "")
            found = self._found(recording, media)
            rows.append(_recording_row(recording, media, found))
            if isinstance(found, str):
                continue
            standardised, segmentation = found
            for clip in segmentation.clips:
                own = replace(clip, recording_id=recording.id)
                clips.append(self._clip_row(own, recording, media, standardised, segmentation, faces, segments))
                signals += self._signal_rows(own, recording, media)
        self.tally.columns_cached = len(signals) - self.tally.columns_measured
        return Corpus(
            key, pl.DataFrame(rows, schema=_RECORDING_SCHEMA), pl.DataFrame(clips, schema=CLIP_SCHEMA),
            pl.DataFrame(signals, schema=SIGNAL_SCHEMA), truth,
        )  # fmt: skip

    def _found(self, recording: Recording, media: str) -> tuple[Standardised, Segmentation] | str:
        """What is now known of a recording, or why it failed."""
        if recording.id in self._lost:
            return self._lost[recording.id]
        standardised = self._cached_standardised(recording, media)
        segmentation = self._cached_segmentation(media)
        for result in (standardised, segmentation):
            if isinstance(result, str):
                return result
        if not isinstance(standardised, Standardised) or not isinstance(segmentation, Segmentation):
            return "not measured: its worker ended without an answer; run again"
        return standardised, segmentation

    def _clip_row(
        self, clip: Clip, recording: Recording, media: str, standardised: Standardised, segmentation: Segmentation,
        faces: FaceLabels, segments: SegmentLabels,
    ) -> dict[str, Any]:  # fmt: skip
        track = segmentation.tracks[clip.track] if clip.track is not None else None
        crop = crop_path(self._crop_dir(media), clip) if track is not None else None
        return clip_row(
            clip, recording, track, faces, segments, media=media, has_picture=standardised.video_path is not None,
            audio_path=str(standardised.audio_path) if standardised.audio_path else None,
            crop_path=str(crop) if crop else None,
        )  # fmt: skip

    def _signal_rows(self, clip: Clip, recording: Recording, media: str) -> Iterator[dict[str, Any]]:
        for name in self.stages.signals:
            for row in self._measured.get(self._measure_key(media, recording, clip, name)):
                yield {"clip_id": clip.id, **{c: row[c] for c in ("signal", "state", "value", "reason")}}


def _perform(stages: Stages, keyed_job: tuple[str, Job]) -> Done:
    return perform(stages, keyed_job[1])


def _parameters(stage: Any) -> Any:
    return stage.key() if hasattr(stage, "key") else [type(stage).__qualname__, asdict(stage)]


def _failed(key: str, done: Done) -> dict[str, Any]:
    return {"key": key, "state": "failed", "reason": done.reason, "payload": None}


def _stage_ok(key: str, payload: str) -> dict[str, Any]:
    return {"key": key, "state": "ok", "reason": None, "payload": payload}


def _standardised_json(standardised: Standardised, source_path: Path) -> str:
    """Its fields as JSON; the recording's own path becomes "", so that a copy elsewhere uses its own file."""
    fields = asdict(standardised)
    del fields["recording_id"]
    for name in ("video_path", "audio_path"):
        if fields[name] is not None:
            fields[name] = "" if fields[name] == source_path else str(fields[name])
    return json.dumps(fields)


def _recording_row(recording: Recording, media: str, found: tuple[Standardised, Segmentation] | str) -> dict[str, Any]:
    row = {"recording_id": recording.id, "path": str(recording.path), "media": media}
    if isinstance(found, str):
        return {**row, "state": "failed", "reason": found, "warning": None, "duration": None}
    return {**row, "state": "ok", "reason": None, "warning": found[0].warning, "duration": found[0].duration}


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
