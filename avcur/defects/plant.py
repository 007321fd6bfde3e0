"""Plant defects on any source, and on the training rows of a task, and keep the truth."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from avcur.defects.base import WHOLE, BorrowingPlanter, Planter, VideoPlanter
from avcur.defects.donors import Donors
from avcur.defects.draw import Draw
from avcur.defects.labels import LabelPlanter
from avcur.defects.placing import PLACING_SCHEMA, copy_segments, place_faces
from avcur.defects.spoil import Hit, Spoiling, spoil, streams
from avcur.engines.progress import work_through
from avcur.errors import UserError
from avcur.records import Recording
from avcur.seeds import generator
from avcur.sources.base import TRUTH_SCHEMA, Source
from avcur.store.keys import digest, file_digest

_log = logging.getLogger(__name__)

VERSION = 1
"""Of everything that decides which recordings are hit and how the planted files look."""
LABEL_TRUTH_SCHEMA = {"clip_id": pl.String, "defect": pl.String, "detail": pl.String}
COPY = "~copy"
"""What the id and the session of a recording that planting adds have after those of its original."""


class DefectiveSource:
    """Any source with media defects planted in some of its recordings: at most one of the picture, one of the sound.

    Whether a recording is hit, and how badly, depends on `seed`, its id and the defect's name alone; if two defects
    of one modality hit, the one whose draw lay deeper under its rate stays. Clean recordings keep their own files.
    A defect that copies adds `<id>~copy` to the source and leaves the picture (or sound) of its original alone. One
    that borrows takes its donor's own sound, from among all of the source; where there is no donor it does not hit.
    """

    def __init__(
        self,
        source: Source,
        planters: Mapping[str, Planter],
        seed: int,
        root: str | Path,
        num_workers: int | None = None,
    ) -> None:
        self.source, self.planters, self.seed = source, dict(planters), seed
        self.root, self.num_workers, self.name = Path(root), num_workers, source.name

    def key(self) -> Any:
        planters = {
            name: {"planter": type(p).__name__, **dataclasses.asdict(p)} for name, p in sorted(self.planters.items())
        }
        return {"defects": planters, "seed": self.seed, "version": VERSION, "of": self.source.key()}

    def recordings(self) -> list[Recording]:
        """The source's recordings in its order, each before its planted copy; files are made where missing."""
        found = []
        for recording in self._clean:
            copy = _copy(recording)
            found += [recording, copy] if copy.id in self._planted else [recording]
        return [self._spoilt(recording) for recording in found]

    def truth(self) -> pl.DataFrame:
        """What was planted, one row per recording and defect (TRUTH_SCHEMA)."""
        rows = [
            (name, hit.name, hit.severity, hit.planter.unit, None if hit.other is None else hit.other.id)
            for name, job in self._planted.items()
            for hit in job.hits
        ]
        return pl.DataFrame(rows, schema=TRUTH_SCHEMA, orient="row")

    def may_hit(self, defect: str) -> list[str]:
        """The recordings whose content a defect may hit by its planter's `on`, planted copies of such ones too."""
        able = {recording.id for recording in self._clean if self.planters[defect].hits(recording)}
        return [r.id for r in self.recordings() if r.id.removesuffix(COPY) in able]

    def face_labels(self) -> pl.DataFrame | None:
        """The source's face labels, with boxes where a defect has moved the faces, and those of planted copies."""
        labels = self.source.face_labels()
        return place_faces(labels, self._placing) if labels is not None and len(self._placing) else labels

    def segment_labels(self) -> pl.DataFrame | None:
        """The source's labelled spans, and those of planted copies."""
        labels = self.source.segment_labels()
        return copy_segments(labels, self._placing) if labels is not None and len(self._placing) else labels

    @cached_property
    def _clean(self) -> list[Recording]:
        return self.source.recordings()

    @cached_property
    def _draw(self) -> Draw:
        return Draw(self.planters, self.seed, Donors(self._clean, self.seed))

    @cached_property
    def _planted(self) -> dict[str, Spoiling]:
        """The recordings that are hit, with their spoilt copies in place; one that no decoder can copy is not hit."""
        planned = [job for recording in self._clean for job in self._jobs(recording)]
        for name, count in sorted(self._draw.donors.missed.items()):
            _log.warning("%s does not hit %d recordings that no other one can lend its sound to", name, count)
        missing = [job for job in planned if not job.path.exists()]
        made = work_through("Planting defects", spoil, missing, self.num_workers) if missing else []
        failed = {job.recording.id: reason for job, reason in made if reason is not None}
        for name, reason in failed.items():
            _log.warning("%s is left without a defect: %s", name, reason)
        return {job.recording.id: job for job in planned if job.recording.id not in failed}

    @cached_property
    def _placing(self) -> pl.DataFrame:
        """Planted recordings that show their original's picture elsewhere, or are copies (PLACING_SCHEMA)."""
        rows = []
        for name, job in self._planted.items():
            for hit in job.hits:
                if not isinstance(hit.planter, VideoPlanter):
                    continue
                left, top, right, bottom = hit.planter.placed(hit.severity, job.generator(hit))
                if hit.other is not None or (left, top, right, bottom) != WHOLE:
                    original = name if hit.other is None else hit.other.id
                    rows.append((name, original, left, top, right - left, bottom - top))
        return pl.DataFrame(rows, schema=PLACING_SCHEMA, orient="row")

    def _spoilt(self, recording: Recording) -> Recording:
        job = self._planted.get(recording.id)
        return recording if job is None else dataclasses.replace(recording, path=job.path, audio_path=None)

    def _jobs(self, recording: Recording) -> list[Spoiling]:
        """The work on a recording's own file and on its copy, by the defects drawn that it has a stream for."""
        drawn = self._draw(recording)
        there = streams(recording) if drawn else set()
        hits = [hit for modality, hit in sorted(drawn.items()) if modality in there]
        own = tuple(hit for hit in hits if not hit.planter.copies)
        jobs = [(recording, own)] if own else []
        jobs += [(_copy(recording), (hit,)) for hit in hits if hit.planter.copies]
        suffix = ".mp4" if "video" in there else ".wav"
        paths = [self._directory / f"{_content(one, of_one)}{suffix}" for one, of_one in jobs]
        return [Spoiling(*job, path, self.seed) for job, path in zip(jobs, paths, strict=True)]

    @cached_property
    def _directory(self) -> Path:
        return self.root / f"{self.name}-{digest(self.key())[:12]}"


def _copy(recording: Recording) -> Recording:
    """The recording as another upload: only what it shows and says tells that it is the same."""
    session = None if recording.session is None else recording.session + COPY
    return dataclasses.replace(recording, id=recording.id + COPY, session=session)


def _content(recording: Recording, hits: tuple[Hit, ...]) -> str:
    """A file of its own for this id and these bytes, lent ones too, so that changed media are spoilt anew."""
    lent = [hit.other for hit in hits if hit.other is not None and isinstance(hit.planter, BorrowingPlanter)]
    return digest([part for one in (recording, *lent) for part in (one.id, *map(file_digest, one.files))])[:12]


def training_only(truth: pl.DataFrame) -> dict[str, str]:
    """The recordings that bear another one's content, and that other one, which may not be on another side of a split.

    Added near-duplicates with their originals and voice swaps with their donors; both are planted in training alone.
    """
    return dict(truth.drop_nulls("other").select("recording_id", "other").sort("recording_id").iter_rows())


def plant_labels(
    rows: pl.DataFrame, task: str, planters: Mapping[str, LabelPlanter], seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`rows` with false labels on some training rows, and the truth (clip_id, defect, detail = the true label).

    Needs the columns clip_id, split and label (or speaking). Pure: a clip's fate depends on `seed`, its id and the
    defect's name, so that other rows change nothing. Validation and test rows are never touched.
    """
    active = {name: planter for name, planter in sorted(planters.items()) if planter.task == task}
    if len(active) > 1:
        raise UserError(f"defects.labels has {len(active)} planters for {task}: {', '.join(active)}; keep one")
    records = rows.to_dicts() if active else []
    classes = sorted({str(r["label"]) for r in records if r.get("label") is not None})
    truth: list[dict[str, Any]] = []
    for name, planter in active.items():
        for row in records:
            rng = generator(seed, row["clip_id"], name)
            if row["split"] != "train" or rng.random() >= planter.rate:
                continue
            if (change := planter.falsify(row, classes, rng)) is not None:
                row.update(change[0])
                truth.append({"clip_id": row["clip_id"], "defect": name, "detail": change[1]})
    planted = pl.DataFrame(records, schema=rows.schema) if records else rows
    return planted, pl.DataFrame(truth, schema=LABEL_TRUTH_SCHEMA)
