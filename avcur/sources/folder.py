"""Any folder of video or audio files, labelled by folder names or by a CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

import polars as pl

from avcur.errors import UserError
from avcur.records import TAKEN, Recording, attributes_of
from avcur.sources.found_media import media_files, warn_left_out
from avcur.store.keys import file_digest
from avcur.tasks import AUDIO_TYPES

AUDIO_TYPE_ALIASES = {**{name: name for name in AUDIO_TYPES}, "noise": "neither", "silence": "neither"}
SplitName = Literal["train", "val", "test"]
LABEL_COLUMNS = ("speaker", "audio_type", "session", "entities", "split")


@dataclass
class FolderSource:
    """Every media file below `root`, in the order of its path; the path below `root` is the recording's id.

    `label` says what the first folder below root names: "speaker", "audio_type", "none", or "auto" (audio types where
    every folder has such a name, else speakers). A second folder level is the session. `labels_csv` overrides both:
    a `path` column (relative to root) and any of speaker, audio_type, session, entities (separated by ";") and split
    (train, val or test: the side that `split=published` then keeps to). All its other columns (sex, language, ...)
    are attributes of the recordings, but for names in TAKEN, which are left out with a warning. Columns are matched
    whatever their case; a file may be named twice only where both rows give the same labels (it then lacks the
    attributes in which they differ).
    """

    root: Path
    label: str = "auto"
    labels_csv: Path | None = None
    name: str = "folder"
    _recordings: list[Recording] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.root = Path(self.root)
        self.labels_csv = Path(self.labels_csv) if self.labels_csv else None
        if self.label not in ("auto", "speaker", "audio_type", "none"):
            raise UserError(f"source.label is {self.label!r}; use auto, speaker, audio_type or none")

    def recordings(self) -> list[Recording]:
        if self._recordings is None:
            self._recordings = self._scan()
        return self._recordings

    def _scan(self) -> list[Recording]:
        paths = self._paths()
        if self.labels_csv is not None:
            return _labelled_by_csv(self.root, paths, self.labels_csv)
        label = self._resolved_label(paths)
        return [self._recording(path, label) for path in paths]

    def _paths(self) -> list[Path]:
        paths = media_files(self.root)
        if not paths:
            raise UserError(f"No video or audio file below source.root={self.root}")
        return paths

    def _resolved_label(self, paths: list[Path]) -> str:
        if self.label != "auto":
            return self.label
        folders = {_folders(self.root, path)[:1] for path in paths} - {()}
        if not folders:
            return "none"
        return "audio_type" if all(f[0].lower() in AUDIO_TYPE_ALIASES for f in folders) else "speaker"

    def _recording(self, path: Path, label: str) -> Recording:
        folders = _folders(self.root, path)
        recording_id = path.relative_to(self.root).as_posix()
        if not folders or label == "none":
            return Recording(recording_id, path)
        session = "/".join(folders[:2]) if len(folders) > 1 else None
        if label == "speaker":
            return Recording(
                recording_id, path, speaker=folders[0], session=session, entities=(f"speaker:{folders[0]}",)
            )
        return Recording(
            recording_id, path, audio_type=_audio_type(folders[0], path), session="/".join(folders[1:2]) or None
        )

    def face_labels(self) -> pl.DataFrame | None:
        return None

    def segment_labels(self) -> pl.DataFrame | None:
        return None

    def key(self) -> Any:
        csv = file_digest(self.labels_csv) if self.labels_csv and self.labels_csv.is_file() else None
        return {"source": self.name, "root": str(self.root.absolute()), "label": self.label, "labels_csv": csv}


def _folders(root: Path, path: Path) -> tuple[str, ...]:
    return path.relative_to(root).parts[:-1]


def _audio_type(name: str, where: object) -> str:
    if name.lower() not in AUDIO_TYPE_ALIASES:
        raise UserError(f"{where}: audio type {name!r} is none of {', '.join(sorted(AUDIO_TYPE_ALIASES))}")
    return AUDIO_TYPE_ALIASES[name.lower()]


def _labelled_by_csv(root: Path, paths: list[Path], csv: Path) -> list[Recording]:
    table = read_csv(csv, required=("path",))
    rows = _rows_by_path(table, csv)
    present = {path.relative_to(root).as_posix(): path for path in paths}
    if unknown := sorted(rows.keys() - present.keys()):
        raise UserError(f"{csv} names {len(unknown)} files that are not below {root}, such as {unknown[0]!r}")
    warn_left_out(f"columns of {csv} whose names are taken, so that they are no attributes", _untaken(table)[1])
    return [_from_row(recording_id, path, rows.get(recording_id, {}), csv) for recording_id, path in present.items()]


def _untaken(table: pl.DataFrame) -> tuple[list[str], list[str]]:
    """The columns that are attributes, and those that would be but for their name; one without a name is neither."""
    further = [name for name in table.columns if name and name not in ("path", *LABEL_COLUMNS)]
    return [name for name in further if name not in TAKEN], [name for name in further if name in TAKEN]


def _rows_by_path(table: pl.DataFrame, csv: Path) -> dict[str, dict[str, str | None]]:
    """The labels of each file that a CSV names; a UserError with both lines where two rows of one file differ."""
    found: dict[str, tuple[int, dict[str, str | None]]] = {}
    attributes = _untaken(table)[0]
    for line, row in enumerate(table.iter_rows(named=True), start=2):
        path = named_path(row, f"{csv}, line {line}")
        values = {column: (row.get(column) or "").strip() or None for column in (*LABEL_COLUMNS, *attributes)}
        first, known = found.setdefault(path, (line, values))
        for column in LABEL_COLUMNS:
            if known[column] != values[column]:
                raise UserError(
                    f"{csv} names {path} twice, with {column} {known[column] or 'empty'!r} in line {first} and "
                    f"{values[column] or 'empty'!r} in line {line}; keep one of the rows"
                )
        known.update({column: None for column in attributes if known[column] != values[column]})
    return {path: values for path, (_, values) in found.items()}


def named_path(row: Mapping[str, Any], where: str) -> str:
    """The cell `path` of a CSV's row as the id of a recording; a UserError that says `where` if it is empty."""
    if not (row["path"] or "").strip():
        raise UserError(f"{where}: the path is empty; name a file or take the line out")
    return Path(row["path"]).as_posix()


def _from_row(recording_id: str, path: Path, row: Mapping[str, str | None], csv: Path) -> Recording:
    values = {column: row.get(column) for column in LABEL_COLUMNS}
    entities = tuple(e.strip() for e in (values["entities"] or "").split(";") if e.strip())
    if values["speaker"]:
        entities += (f"speaker:{values['speaker']}",)
    where = f"{csv}, {recording_id}"
    audio_type = _audio_type(values["audio_type"], where) if values["audio_type"] else None
    return Recording(
        recording_id, path, speaker=values["speaker"], audio_type=audio_type, session=values["session"],
        entities=tuple(dict.fromkeys(entities)), split=_split(values["split"], where),
        attributes=attributes_of({name: value for name, value in row.items() if name not in LABEL_COLUMNS}),
    )  # fmt: skip


def _split(name: str | None, where: str) -> SplitName | None:
    sides = get_args(SplitName)
    if name is not None and name not in sides:
        raise UserError(f"{where}: split {name!r} is none of {', '.join(sides)}; write it as one of these")
    return cast("SplitName | None", name)


def read_csv(path: Path, required: tuple[str, ...]) -> pl.DataFrame:
    """A CSV as text columns with lower-case names; a UserError where it cannot be read or lacks a required column."""
    if not path.is_file():
        raise UserError(f"No CSV file at {path}")
    try:
        table = pl.read_csv(path, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise UserError(f"Cannot read {path} as CSV: {error}") from error
    names = [name.strip().lower() for name in table.columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{path} has the column {twice[0]!r} twice, whatever its case; keep one of them")
    table.columns = names
    if missing := [c for c in required if c not in table.columns]:
        raise UserError(f"{path} lacks the column {missing[0]!r}; its columns are {', '.join(table.columns)}")
    return table
