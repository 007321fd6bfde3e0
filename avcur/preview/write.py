"""The previews of a curated corpus: a video of each recording, in the engine's workers, and a sheet of each variant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from avcur.corpus import Corpus
from avcur.engines.local import WorkerDiedError
from avcur.engines.progress import progress_bar
from avcur.media.errors import MediaError
from avcur.pipeline import Pipeline
from avcur.preview.contact_sheet import write_contact_sheet
from avcur.preview.judged import JudgedClip, Judgements
from avcur.preview.video import write_preview
from avcur.records import Standardised, Track
from avcur.segment.segmentation import Segmentation
from avcur.variants.variant import Variant
from avcur.visual.look import Look


@dataclass(frozen=True)
class PreviewJob:
    """One recording, what was seen and made of it, and the file for its preview."""

    media: Standardised
    look_path: Path
    tracks: tuple[Track, ...]
    clips: tuple[JudgedClip, ...]
    path: Path


def write_previews(pipeline: Pipeline, corpus: Corpus, variants: Sequence[Variant], folder: Path) -> list[Path]:
    """Write `contact_sheet.html` into each variant's folder, and `folder/<recording>.mp4` of each with a picture.

    Returns the sheets. A recording whose preview cannot be written is named, with the reason, and left out.
    """
    sheets = []
    for variant in variants:
        sheets.append(variant.directory / "contact_sheet.html")
        write_contact_sheet(variant, corpus, sheets[-1], pipeline.standardised_and_tracks)
    jobs = list(_jobs(pipeline, corpus, variants, folder))
    with progress_bar() as progress:
        bar = progress.add_task("Writing previews", total=len(jobs))
        for job, reason in pipeline.engine.map(_perform, jobs):
            if isinstance(reason, WorkerDiedError | str):
                progress.console.print(f"no preview {job.path}: {reason}", markup=False)
            progress.advance(bar)
    return sheets


def _jobs(pipeline: Pipeline, corpus: Corpus, variants: Sequence[Variant], folder: Path) -> Iterator[PreviewJob]:
    judgements = Judgements(corpus, variants)
    for name, media in corpus.recordings.filter(state="ok").select("recording_id", "media").iter_rows():
        found = pipeline.standardised_and_tracks(name)
        if found is not None and found[0].video_path is not None:
            path = folder / (name if name.endswith(".mp4") else f"{name}.mp4")
            yield PreviewJob(found[0], pipeline.look_path(media), found[1], judgements.of(name), path)


def _perform(job: PreviewJob) -> str | None:
    look = Look.load(job.look_path) if job.look_path.exists() else None
    segmentation = Segmentation(tuple(judged.clip for judged in job.clips), job.tracks)
    try:
        write_preview(job.media, look, segmentation, job.clips, job.path)
    except (MediaError, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None
