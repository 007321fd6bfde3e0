"""A library of utterances or long audio: a folder of sound files with labels per file or per span."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from avcur.errors import UserError
from avcur.records import Recording
from avcur.sources.base import SEGMENT_LABEL_SCHEMA
from avcur.sources.folder import AUDIO_TYPE_ALIASES, FolderSource, read_csv
from avcur.store.keys import file_digest


@dataclass
class AudioLibrarySource(FolderSource):
    """Sound files below `root`: utterances labelled as `FolderSource` labels them, or long audio labelled by spans.

    `segments_csv` has the columns path (relative to root), start, end (seconds) and label (an audio type; spans may
    overlap: speech over music is both; time that no span covers is neither). Cut such audio with `segment=windows`.
    With spans, files that the CSV does not name are left out, as they would have no labels.
    """

    segments_csv: Path | None = None
    name: str = "audio_library"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.segments_csv = Path(self.segments_csv) if self.segments_csv else None

    def _scan(self) -> list[Recording]:
        if self.segments_csv is None:
            return super()._scan()
        spans = self._spans()
        named = set(spans["recording_id"])
        present = {path.relative_to(self.root).as_posix(): path for path in self._paths()}
        if unknown := sorted(named - present.keys()):
            raise UserError(f"{self.segments_csv} names files that are not below {self.root}, such as {unknown[0]!r}")
        return [Recording(recording_id, path) for recording_id, path in present.items() if recording_id in named]

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
        return Path(row["path"]).as_posix(), start, end, AUDIO_TYPE_ALIASES[label]

    def key(self) -> Any:
        spans = file_digest(self.segments_csv) if self.segments_csv and self.segments_csv.is_file() else None
        return {**super().key(), "segments_csv": spans}
