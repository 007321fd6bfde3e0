"""The signal table: everything measured of every clip, one row a clip, read column by column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from avcur.store.commit import write_parquet

SIGNAL_SCHEMA: dict[str, Any] = {
    "clip_id": pl.String, "signal": pl.String, "state": pl.String, "value": pl.Float64, "reason": pl.String,
    "series": pl.List(pl.Float32),
}  # fmt: skip
"""The long form, one row per clip and signal; see `Measurement` for what each column means."""

_WHY, _SERIES = ":why", ":series"
_FAILED, _NOT_APPLICABLE = "failed: ", "not applicable: "


class SignalTable:
    """A wide table with a row per clip: `clip_id` and, for each signal, up to three columns.

    `<signal>` is its value, null unless the measurement is ok; `<signal>:why` says why there is none ("failed: ...",
    "not applicable: ..."), null where it is ok or nothing was measured; `<signal>:series` holds its values over time.
    Columns are read when they are asked for, values once: of a table on disk a filter costs the few that it looks at.
    """

    def __init__(self, wide: pl.DataFrame | pl.LazyFrame) -> None:
        self._wide = wide.lazy()
        self._columns = self._wide.collect_schema().names()
        self.names = tuple(c for c in self._columns if c != "clip_id" and not c.endswith((_WHY, _SERIES)))
        self._clip_ids: pl.Series | None = None
        self._asked: tuple[pl.Series, pl.Series | None] | None = None
        self._values: dict[str, pl.Series] = {}

    @classmethod
    def of(cls, long: pl.DataFrame) -> SignalTable:
        """From the long form; clips in the order in which they come first, signals too."""
        clips = long.select("clip_id").unique(maintain_order=True)
        found = clips
        for (signal,), rows in long.group_by(["signal"], maintain_order=True):
            columns = [pl.col("value").alias(str(signal)), _why().alias(f"{signal}{_WHY}")]
            if rows["series"].count():
                columns.append(pl.col("series").alias(f"{signal}{_SERIES}"))
            found = found.join(rows.select("clip_id", *columns), on="clip_id", how="left", maintain_order="left")
        return cls(found)

    @classmethod
    def read(cls, path: Path) -> SignalTable:
        """A table on disk, of which nothing is read yet."""
        return cls(pl.scan_parquet(path))

    def write(self, path: Path) -> None:
        write_parquet(path, self._wide.collect())

    @property
    def clip_ids(self) -> pl.Series:
        """The measured clips, in the order of the table."""
        if self._clip_ids is None:
            self._clip_ids = self._wide.select("clip_id").collect().to_series()
        return self._clip_ids

    def rows(self, signal: str) -> pl.DataFrame:
        """clip_id, state, value, reason and series of the clips of which `signal` was measured; none if unknown."""
        read = pl.DataFrame([self.clip_ids]).hstack(self._measured(signal))
        return read.filter(pl.col("state").is_not_null())

    def at(self, signal: str, clip_ids: pl.Series) -> pl.DataFrame:
        """state, value and reason of each clip asked for, in that order; all null where nothing was measured."""
        return self._picked(self._measured(signal, series=False), clip_ids)

    def values(self, clip_ids: pl.Series, names: Sequence[str] | None = None) -> pl.DataFrame:
        """One column per signal with its value for each clip asked for, in that order; null unless it is ok."""
        wanted = [name for name in (self.names if names is None else names) if name in self.names]
        if new := [name for name in wanted if name not in self._values]:
            self._values |= {column.name: column for column in self._wide.select(new).collect().iter_columns()}
        return self._picked(pl.DataFrame([self._values[name] for name in wanted]), clip_ids)

    def of_clips(self, clip_ids: Iterable[str]) -> pl.DataFrame:
        """All measurements of some clips in the long form, clip by clip."""
        part = SignalTable(self._wide.filter(pl.col("clip_id").is_in(list(clip_ids))).collect())
        return part.long()

    def long(self) -> pl.DataFrame:
        """The long form, clip by clip, signals in the order of the table."""
        parts = [self.rows(name).with_columns(signal=pl.lit(name)).select(list(SIGNAL_SCHEMA)) for name in self.names]
        order = pl.DataFrame({"clip_id": self.clip_ids}).with_row_index("_order")
        table = pl.concat([pl.DataFrame(schema=SIGNAL_SCHEMA), *parts])
        return table.join(order, on="clip_id", maintain_order="left").sort("_order", maintain_order=True).drop("_order")

    def joined(self, other: SignalTable) -> SignalTable:
        """With the signals of another table too; clips that only one of them has lack the other's."""
        both = self._wide.join(other._wide, on="clip_id", how="full", coalesce=True, maintain_order="left_right")
        return SignalTable(both)

    def _measured(self, signal: str, series: bool = True) -> pl.DataFrame:
        """state, value, reason (and series) of `signal` for all clips of the table."""
        value = pl.col(signal) if signal in self.names else pl.lit(None, pl.Float64)
        there = [c for c in (signal, signal + _WHY, *([signal + _SERIES] if series else [])) if c in self._columns]
        read = self._wide.select("clip_id" if not there else pl.col(there)).collect()
        why = pl.col(signal + _WHY) if signal + _WHY in there else pl.lit(None, pl.String)
        over_time = pl.col(signal + _SERIES) if signal + _SERIES in there else pl.lit(None, pl.List(pl.Float32))
        state = (
            pl.when(value.is_not_null()).then(pl.lit("ok"))
            .when(why.str.starts_with(_FAILED)).then(pl.lit("failed"))
            .when(why.is_not_null()).then(pl.lit("not_applicable"))
        )  # fmt: skip
        reason = why.str.strip_prefix(_FAILED).str.strip_prefix(_NOT_APPLICABLE)
        columns = {"state": state, "value": value, "reason": reason, **({"series": over_time} if series else {})}
        return read.with_columns(**columns).select(list(columns))

    def _picked(self, columns: pl.DataFrame, clip_ids: pl.Series) -> pl.DataFrame:
        places = self._places(clip_ids)
        return columns if places is None else columns.select(pl.all().gather(places))

    def _places(self, clip_ids: pl.Series) -> pl.Series | None:
        """Where each clip asked for lies; None where they are the table's own, in order. Kept for the next."""
        if self._asked is None or not (self._asked[0] is clip_ids or self._asked[0].equals(clip_ids)):
            places = None if clip_ids.equals(self.clip_ids) else self._found(clip_ids)
            self._asked = (clip_ids, places)
        return self._asked[1]

    def _found(self, clip_ids: pl.Series) -> pl.Series:
        there = pl.DataFrame({"clip_id": self.clip_ids}).with_row_index("place")
        asked = pl.DataFrame({"clip_id": clip_ids})
        return asked.join(there, on="clip_id", how="left", maintain_order="left")["place"]


def _why() -> pl.Expr:
    said = pl.col("reason").fill_null("")
    return (
        pl.when(pl.col("state") == "failed").then(pl.lit(_FAILED) + said)
        .when(pl.col("state") == "not_applicable").then(pl.lit(_NOT_APPLICABLE) + said)
    )  # fmt: skip
