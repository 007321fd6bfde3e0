"""A CSV of labels by path: its columns override what else is known of a recording, its further ones are attributes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import polars as pl

from avcur.errors import UserError
from avcur.records import TAKEN, Recording, attributes_of
from avcur.sources.found_media import warn_left_out
from avcur.tasks import AUDIO_TYPES

AUDIO_TYPE_ALIASES = {**{name: name for name in AUDIO_TYPES}, "noise": "neither", "silence": "neither"}
SplitName = Literal["train", "val", "test"]
LABEL_COLUMNS = ("speaker", "audio_type", "session", "entities", "split")


@dataclass(frozen=True)
class LabelsCsv:
    """The rows of a CSV by the recording's id, and those of LABEL_COLUMNS that it has."""

    path: Path
    columns: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str | None]]

    @classmethod
    def read(cls, path: Path) -> LabelsCsv:
        """A UserError where the file cannot be read, has no column `path`, or says two things of one file."""
        table = read_csv(path, required=("path",))
        rows = _rows_by_path(table, path)
        return cls(path, tuple(name for name in LABEL_COLUMNS if name in table.columns), rows)

    def check_files(self, ids: Collection[str], root: Path) -> None:
        """A UserError where the CSV names files other than `ids`."""
        if unknown := sorted(self.rows.keys() - ids):
            raise UserError(f"{self.path} names {len(unknown)} files that are not below {root}, such as {unknown[0]!r}")

    def labelled(self, recording: Recording) -> Recording:
        """The recording as the CSV has it: its columns override, for a file without a row or with an empty cell too."""
        row = self.rows.get(recording.id, {})
        where = f"{self.path}, {recording.id}"
        known: dict[str, Any] = {name: row.get(name) for name in self.columns}
        if known.get("audio_type"):
            known["audio_type"] = audio_type_named(known["audio_type"], where)
        known["split"] = _split(known.get("split"), where)
        named = tuple(e.strip() for e in (known.get("entities") or "").split(";") if e.strip())
        speaker = known.get("speaker", recording.speaker)
        known["entities"] = tuple(dict.fromkeys((*named, f"speaker:{speaker}") if speaker else named))
        further = {name: value for name, value in row.items() if name not in LABEL_COLUMNS}
        return replace(recording, **known, attributes=attributes_of(further))


def audio_type_named(name: str, where: object) -> str:
    """The class that a name stands for; a UserError that says `where` if it is none of AUDIO_TYPE_ALIASES."""
    if name.lower() not in AUDIO_TYPE_ALIASES:
        raise UserError(f"{where}: audio type {name!r} is none of {', '.join(sorted(AUDIO_TYPE_ALIASES))}")
    return AUDIO_TYPE_ALIASES[name.lower()]


def _untaken(table: pl.DataFrame) -> tuple[list[str], list[str]]:
    """The columns that are attributes, and those that would be but for their name; one without a name is neither."""
    further = [name for name in table.columns if name and name not in ("path", *LABEL_COLUMNS)]
    return [name for name in further if name not in TAKEN], [name for name in further if name in TAKEN]


def _rows_by_path(table: pl.DataFrame, csv: Path) -> dict[str, dict[str, str | None]]:
    """The labels of each file that a CSV names; a UserError with both lines where two rows of one file differ."""
    found: dict[str, tuple[int, dict[str, str | None]]] = {}
    attributes, taken = _untaken(table)
    warn_left_out(f"columns of {csv} whose names are taken, so that they are no attributes", taken)
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
