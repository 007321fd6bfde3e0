"""Whether a source can have the labels of the tasks that were asked for: told before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable

from avcur.errors import UserError
from avcur.sources.base import UNKNOWN, Source
from avcur.tasks import Task

_WORDS = {"speaker": "a speaker", "audio_type": "an audio type"}


def check_labels(tasks: Iterable[Task], source: Source, other_speakers: bool = False) -> None:
    """A UserError for the first task whose label no recording can have: what the source gave, and what to change.

    `other_speakers`: speakers come from elsewhere. Who speaks in a frame is known only once faces are found, so tasks
    on that are never refused; nor is anything of a source without recordings.
    """
    for task in tasks:
        if task.label == "speaker" and not other_speakers:
            _check(task, "speaker", source, "or name speakers in speaker_labels.csv")
        if task.label == "audio_type" and not _labels_spans(source):
            _check(task, "audio_type", source, "or leave the task out")


def _check(task: Task, label: str, source: Source, otherwise: str) -> None:
    recordings = source.recordings()
    if not recordings or any(getattr(recording, label) for recording in recordings):
        return
    told = getattr(source, "lacks", None)
    why = told(label) if told is not None else f"source {source.name} names none"
    raise UserError(f"tasks=[{task.name}]: no recording has {_WORDS[label]}: {why}; {otherwise}")


def _labels_spans(source: Source) -> bool:
    """Whether spans of long audio give its windows audio types."""
    spans = source.segment_labels()
    return spans is not None and bool((spans["label"] != UNKNOWN).any())
