"""A keyed table: results that collect in few Parquet files and are found again by their content key."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from avcur.errors import UserError
from avcur.store.commit import write_parquet

Row = Mapping[str, Any]

_COMPACT_ABOVE = 16
"""Parts on opening above which they are merged into one: large enough to be rare, small enough to open fast."""


class KeyedTable:
    """Rows of one schema in `directory/part-*.parquet`; the first column is the key, and a key may own several rows.

    Rows are appended in whole parts, so a killed run leaves complete parts and nothing else. Two processes may
    append at once: parts have unique names, and equal keys hold equal results.
    """

    def __init__(self, directory: Path, schema: Mapping[str, Any]) -> None:
        self.directory = directory
        self.schema = dict(schema)
        self.key_column = next(iter(self.schema))
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        parts = sorted(directory.glob("part-*.parquet"))
        for part in parts:
            self._hold(self._read(part).rows())
        if len(parts) > _COMPACT_ABOVE:
            self._compact(parts)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    def get(self, key: str) -> list[dict[str, Any]]:
        """The rows of `key` in the order they were written; empty where there are none."""
        return [dict(zip(self.schema, row, strict=True)) for row in self._rows.get(key, [])]

    def append(self, rows: Sequence[Row]) -> None:
        """Commit rows as one new part; all rows of a key belong in one call."""
        if not rows:
            return
        table = pl.DataFrame([{c: row[c] for c in self.schema} for row in rows], schema=self.schema)
        # Nanoseconds first, so that parts sort by age; the random tail keeps two processes apart.
        write_parquet(self.directory / f"part-{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.parquet", table)
        self._hold(table.rows())

    def _read(self, part: Path) -> pl.DataFrame:
        try:
            found = pl.read_parquet(part)
            return (of_schema(found, self.schema) if self.key_column in found.columns else found).select(
                list(self.schema)
            )
        except (pl.exceptions.PolarsError, OSError) as error:
            raise UserError(
                f"Cannot read {part}: {error}; delete this file, its results are then made again"
            ) from error

    def _hold(self, rows: Iterable[tuple[Any, ...]]) -> None:
        fresh: dict[str, list[tuple[Any, ...]]] = {}
        for row in rows:
            fresh.setdefault(row[0], []).append(row)
        # A later part wins, so that a result made again replaces the old one.
        self._rows.update(fresh)

    def _compact(self, parts: list[Path]) -> None:
        everything = [row for group in self._rows.values() for row in group]
        merged = pl.DataFrame(everything, schema=self.schema, orient="row")
        write_parquet(self.directory / f"part-{0:020d}-{uuid.uuid4().hex[:8]}.parquet", merged)
        for part in parts:
            part.unlink(missing_ok=True)


def of_schema(table: pl.DataFrame, schema: Mapping[str, Any]) -> pl.DataFrame:
    """A table with the columns of a schema: one that an earlier version wrote lacks those that came later, as nulls."""
    return table.with_columns(pl.lit(None, dtype).alias(c) for c, dtype in schema.items() if c not in table.columns)
