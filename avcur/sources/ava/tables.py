"""Reading the field's CSV forms by rules, fast where all is well and with file and line where it is not."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

import polars as pl

from avcur.errors import UserError

SUFFIXES = (".csv", ".csv.gz")
LOADER_SUFFIXES = ("_loader.csv", "_loader.csv.gz")


@dataclass(frozen=True)
class Rule:
    """What must be true of a row: `holds` is a Boolean expression, `column` the value shown where it is not."""

    column: str
    holds: pl.Expr
    words: str


@dataclass(frozen=True)
class Form:
    """A kind of CSV: its columns in the order they have without a header, and the rules of its rows.

    aliases (name in a header -> ours); `separator` between fields; `what` the file is called in an error.
    """

    what: str
    columns: Mapping[str, pl.DataType]
    rules: Sequence[Rule]
    aliases: Mapping[str, str]
    separator: str = ","

    def holds(self) -> pl.Expr:
        """Whether a row has every value and keeps every rule."""
        kept = [rule.holds.fill_null(False) for rule in self.rules]
        return pl.all_horizontal(*[pl.col(name).is_not_null() for name in self.columns], *kept)


def csv_files(path: Path) -> list[Path]:
    """The file itself, or a folder's `*.csv` and `*.csv.gz` by name, without the loader's lists beside them."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UserError(f"There is no file or folder {path}; give a .csv or .csv.gz file, or a folder of them")
    found = [p for p in path.iterdir() if p.name.endswith(SUFFIXES) and not p.name.endswith(LOADER_SUFFIXES)]
    if not found:
        raise UserError(f"The folder {path} has no .csv or .csv.gz file")
    return sorted(found)


def read_table(path: Path, form: Form) -> pl.DataFrame:
    """All rows of a file or folder in the form's columns and types; a UserError names the first bad file and line."""
    tables = [_read_file(file, form) for file in csv_files(path)]
    return tables[0] if len(tables) == 1 else pl.concat(tables, rechunk=True)


def _read_file(path: Path, form: Form) -> pl.DataFrame:
    fields, has_header = _fields(path, form)
    types = {name: form.columns.get(name, pl.String()) for name in fields}
    try:
        table = pl.read_csv(
            path,
            has_header=False,  # a schema's names must be the header's, which are not ours
            skip_lines=int(has_header),
            separator=form.separator,
            schema=types,
            columns=[fields.index(name) for name in form.columns] if has_header else None,
        ).select(*form.columns)
    except pl.exceptions.PolarsError as error:
        raise UserError(_fault(path, form, fields, has_header) or f"Cannot read {path} as CSV: {error}") from error
    if table.is_empty():
        raise UserError(f"{path} has no rows")
    if not table.select(form.holds().all()).item():
        raise UserError(_fault(path, form, fields, has_header) or f"{path} has rows that are no {form.what}")
    return table


def _fields(path: Path, form: Form) -> tuple[list[str], bool]:
    """Names of the columns as they lie in the file, and whether its first line is a header."""
    first = next(_lines(path, form), None)
    if first is None:
        raise UserError(f"{path} is empty")
    named = [form.aliases.get(field.strip(), field.strip()) for field in first[1]]
    if not set(named) & set(form.columns):
        return list(form.columns), False
    if missing := [name for name in form.columns if name not in named]:
        raise UserError(f"{path} lacks the column {missing[0]!r}; its header has {', '.join(first[1])}")
    if repeated := [name for name in form.columns if named.count(name) > 1]:
        raise UserError(f"{path} has the column {repeated[0]!r} twice")
    return [name if name in form.columns else f"{name}#{number}" for number, name in enumerate(named)], True


def _fault(path: Path, form: Form, fields: list[str], has_header: bool) -> str | None:
    """What is wrong with the first bad row: the slow way, taken only where the fast one has found that one is."""
    read = list(_lines(path, form))[int(has_header) :]
    count = next((i for i, (_, row) in enumerate(read) if len(row) != len(fields)), len(read))
    if count and (broken := _first_broken(path, form, fields, read[:count])):
        return broken
    if count == len(read):
        return None
    number, row = read[count]
    names = ", ".join(name.split("#")[0] for name in fields)
    return f"{path}, line {number}: {len(row)} columns where {form.what} has {len(fields)} ({names})"


def _first_broken(path: Path, form: Form, fields: list[str], read: list[tuple[int, list[str]]]) -> str | None:
    text = pl.DataFrame([row for _, row in read], schema=dict.fromkeys(fields, pl.String()), orient="row")
    casts = [pl.col(name).replace("", None).cast(kind, strict=False) for name, kind in form.columns.items()]
    broken = text.select(casts).with_row_index("row").filter(~form.holds())
    if broken.is_empty():
        return None
    row = broken["row"][0]
    line = f"{path}, line {read[row][0]}"
    for name, kind in form.columns.items():
        if broken[name][0] is None:
            return f"{line}: {name} is {text[name][row]!r}, not a {'number' if kind.is_numeric() else 'text'}"
    rule = next(r for r in form.rules if not broken.select(r.holds.fill_null(False)).row(0)[0])
    return f"{line}: {rule.column} is {text[rule.column][row]!r}; {rule.words}"


def _lines(path: Path, form: Form) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of every line that is not blank."""
    try:
        with _open(path) as file:
            reader = csv.reader(file, delimiter=form.separator)
            yield from ((reader.line_num, row) for row in reader if row)
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile) as error:
        raise UserError(f"Cannot read {path} as CSV: {error}") from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")
