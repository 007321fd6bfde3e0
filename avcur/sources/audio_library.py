"""A library of utterances or long audio: a folder of sound files with labels per file or per span."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur.errors import UserError
from avcur.records import Recording
from avcur.sources.base import SEGMENT_LABEL_SCHEMA
from avcur.sources.folder import FolderSource
from avcur.sources.found_media import warn_left_out
from avcur.sources.labels_csv import AUDIO_TYPE_ALIASES, named_path, read_csv
from avcur.sources.playlist_labels import audio_types, class_playlists
from avcur.store.keys import file_digest


@dataclass
class AudioLibrarySource(FolderSource):
    """Sound files below `root`: utterances labelled as `FolderSource` labels them, or long audio labelled by spans.

    `segments_csv` has the columns path (relative to root), start, end (seconds) and label (an audio type; spans may
    overlap: speech over music is both; time that no span covers is neither). Cut such audio with `segment=windows`.
    With spans, files that the CSV does not name are left out, as they would have no labels; of a `labels_csv` beside
    it only the attributes are used.

    `playlists` is a folder of playlists called after the audio types of the files in them (see `playlist_labels`).
    Files in none of them are left out and counted, and so are entries that are no file below `root`, and all links to a
    file but one. Folders then name no audio type; they may name speakers (`label=speaker`), and `labels_csv` may say
    who and what is in a file.
    """

    segments_csv: Path | None = None
    playlists: Path | None = None
    name: str = "audio_library"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.segments_csv = Path(self.segments_csv) if self.segments_csv else None
        self.playlists = Path(self.playlists) if self.playlists else None
        if self.segments_csv and self.playlists:
            raise UserError("source.segments_csv and source.playlists both label the sound; give one of them")

    def _scan(self) -> list[Recording]:
        if self.playlists is not None:
            return self._in_playlists(self.playlists)
        if self.segments_csv is None:
            return super()._scan()
        spans = self._spans()
        named = set(spans["recording_id"])
        present = {path.relative_to(self.root).as_posix(): path for path in self._paths()}
        if unknown := sorted(named - present.keys()):
            raise UserError(f"{self.segments_csv} names files that are not below {self.root}, such as {unknown[0]!r}")
        known = {} if self.labels_csv is None else {r.id: r.attributes for r in super()._scan()}
        return [
            Recording(recording_id, path, attributes=known.get(recording_id, ()))
            for recording_id, path in present.items()
            if recording_id in named
        ]

    def _resolved_label(self, paths: list[Path], columns: Collection[str] = ()) -> str:
        if self.segments_csv is not None or (self.playlists is not None and self.label == "auto"):
            return "none"
        return super()._resolved_label(paths, columns)

    def lacks(self, label: str) -> str:
        if self.segments_csv is None:
            return super().lacks(label)
        what = "names no span" if label == "audio_type" else "gives audio types alone"
        return f"source.segments_csv={self.segments_csv} {what}, and nothing beside it labels the files"

    def _folders_lack(self, label: str) -> str:
        if self.playlists is None:
            return super()._folders_lack(label)
        if self.label == "speaker":
            return "no file of the playlists lies in a folder; sort them into folders of speakers"
        return "beside source.playlists folders name none; use source.label=speaker where they name speakers"

    def _in_playlists(self, playlists: Path) -> list[Recording]:
        """The recordings below root that playlists name, each with the audio type that they give it."""
        listed = audio_types(playlists)
        found = super()._scan()
        present = _one_of_each(found, {file for entry in listed.values() for file in entry.files})
        missing = [str(entry.files[0]) for resolved, entry in listed.items() if resolved not in present]
        if len(missing) == len(listed):
            raise UserError(
                f"None of the {len(listed)} files in {playlists}'s lists is below {self.root}, such as {missing[0]}"
            )
        warn_left_out(f"entries of playlists that are no media file below {self.root}", missing)
        kept = {recording.id for recording in present.values()}
        warn_left_out("further links to a file that is taken", [r.id for r in found if r.id not in kept])
        warn_left_out("files that are in no playlist", [r.id for path, r in present.items() if path not in listed])
        return [_typed(r, listed[path].audio_type, playlists) for path, r in present.items() if path in listed]

    def segment_labels(self) -> pl.DataFrame | None:
        return self._spans() if self.segments_csv is not None else None

    def _spans(self) -> pl.DataFrame:
        assert self.segments_csv is not None
        table = read_csv(self.segments_csv, required=("path", "start", "end", "label"))
        rows = [self._span(number, row) for number, row in enumerate(table.iter_rows(named=True), start=2)]
        return pl.DataFrame(rows, schema=SEGMENT_LABEL_SCHEMA, orient="row")

    def _span(self, line: int, row: dict[str, str]) -> tuple[str, float, float, str]:
        where = f"{self.segments_csv}, line {line}"
        try:
            start, end = float(row["start"]), float(row["end"])
        except (TypeError, ValueError) as error:
            raise UserError(
                f"{where}: start and end must be seconds, got {row['start']!r} and {row['end']!r}"
            ) from error
        if not 0 <= start < end:
            raise UserError(f"{where}: a span needs 0 <= start < end, got {start} and {end}")
        label = (row["label"] or "").strip().lower()
        if label not in AUDIO_TYPE_ALIASES:
            raise UserError(f"{where}: label {label!r} is none of {', '.join(sorted(AUDIO_TYPE_ALIASES))}")
        return named_path(row, where), start, end, AUDIO_TYPE_ALIASES[label]

    def key(self) -> Any:
        spans = file_digest(self.segments_csv) if self.segments_csv and self.segments_csv.is_file() else None
        known = {**super().key(), "segments_csv": spans}
        if self.playlists is None:  # keys of libraries without playlists stay what they were
            return known
        return {**known, "playlists": {path.name: file_digest(path) for path in class_playlists(self.playlists)}}


def _one_of_each(recordings: Sequence[Recording], named: Collection[Path]) -> dict[Path, Recording]:
    """One recording a file, by its resolved path: of several links the first that a playlist names as it is."""
    found: dict[Path, Recording] = {}
    for recording in sorted(recordings, key=lambda r: Path(os.path.abspath(r.path)) not in named):
        found.setdefault(recording.path.resolve(), recording)
    kept = {recording.id for recording in found.values()}
    return {recording.path.resolve(): recording for recording in recordings if recording.id in kept}


def _typed(recording: Recording, audio_type: str, playlists: Path) -> Recording:
    if recording.audio_type not in (None, audio_type):
        raise UserError(
            f"{recording.id} is {recording.audio_type} by its folder or labels_csv and {audio_type} by the playlists "
            f"in {playlists}; make them agree"
        )
    return replace(recording, audio_type=audio_type)
