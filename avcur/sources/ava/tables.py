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
    """The file itself, or a folder's `*.csv` and `*.csv.gz` at any depth, sorted by path.

    The loader's lists beside them are passed over, and what begins with a dot; a UserError where there is none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UserError(f"There is no file or folder {path}; give a .csv or .csv.gz file, or a folder of them")
    named = (p for p in path.rglob("*") if p.name.endswith(SUFFIXES) and not p.name.endswith(LOADER_SUFFIXES))
    found = sorted(p for p in named if p.is_file() and not any(x.startswith(".") for x in p.relative_to(path).parts))
    if not found:
        raise UserError(f"The folder {path} holds no .csv or .csv.gz file")
    return found


def read_table(path: Path, form: Form) -> pl.DataFrame:
    """All rows of a file or folder in the form's columns and types; a UserError names the first bad file and line."""
    tables = [_read_file(file, form) for file in csv_files(path)]
    return tables[0] if len(tables) == 1 else pl.concat(tables, rechunk=True)


def _read_file(path: Path, form: Form) -> pl.DataFrame:
    fields, has_header = _fields(path, form)
    table = _read_fast(path, form, fields, has_header)
    if table is None or not table.select(form.holds().all()).item():
        table = _read_carefully(path, form, fields, has_header)
    if table.is_empty():
        raise UserError(f"{path} has no rows")
    return table


def _read_fast(path: Path, form: Form, fields: list[str], has_header: bool) -> pl.DataFrame | None:
    """The rows, or None where something is wrong with them; a row that is too short has nulls."""
    try:
        table = pl.read_csv(
            path,
            has_header=has_header,
            separator=form.separator,
            schema={name: form.columns.get(name, pl.String()) for name in fields},
            columns=list(form.columns) if has_header else None,
        )
    except (pl.exceptions.PolarsError, OSError):  # the latter for a packed file that is cut off
        return None
    return table.select(*form.columns)


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


def _read_carefully(path: Path, form: Form, fields: list[str], has_header: bool) -> pl.DataFrame:
    """The rows line by line, blank lines passed over; a UserError names the first that is wrong."""
    read = list(_lines(path, form))[int(has_header) :]
    good = next((i for i, (_, row) in enumerate(read) if len(row) != len(fields)), len(read))
    table = _checked(path, form, fields, read[:good])
    if good == len(read):
        return table
    number, row = read[good]
    names = ", ".join(name.split("#")[0] for name in fields)
    raise UserError(f"{path}, line {number}: {len(row)} columns where {form.what} has {len(fields)} ({names})")


def _checked(path: Path, form: Form, fields: list[str], read: list[tuple[int, list[str]]]) -> pl.DataFrame:
    text = pl.DataFrame([row for _, row in read], schema=dict.fromkeys(fields, pl.String()), orient="row")
    casts = [pl.col(name).replace("", None).cast(kind, strict=False) for name, kind in form.columns.items()]
    table = text.select(casts)
    broken = table.with_row_index("row").filter(~form.holds())
    if broken.is_empty():
        return table
    row = broken["row"][0]
    raise UserError(f"{path}, line {read[row][0]}: {_wrong(form, text[row], broken[:1])}")


def _wrong(form: Form, text: pl.DataFrame, values: pl.DataFrame) -> str:
    """What is wrong with one row, given as its text and as its values, null where the text is none."""
    for name, kind in form.columns.items():
        if values[name][0] is None:
            return f"{name} is {text[name][0]!r}, not a {'number' if kind.is_numeric() else 'text'}"
    rule = next(r for r in form.rules if not values.select(r.holds.fill_null(False)).item())
    return f"{rule.column} is {text[rule.column][0]!r}; {rule.words}"


def _lines(path: Path, form: Form) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of every line that is not blank."""
    try:
        with _open(path) as file:
            reader = csv.reader(file, delimiter=form.separator, strict=True)
            yield from ((reader.line_num, row) for row in reader if row)
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile) as error:
        raise UserError(f"Cannot read {path} as CSV: {error}") from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")
