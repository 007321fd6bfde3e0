"""The signal table: wide on disk, read column by column, and the same as its long form."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from avcur.signal_table import SIGNAL_SCHEMA, SignalTable

ROWS = [
    ("b", "snr", "ok", 3.0, None, None),
    ("b", "sync", "ok", 0.5, None, [0.25, 0.75]),
    ("a", "snr", "failed", None, "OSError: gone", None),
    ("a", "sync", "not_applicable", None, "no face", None),
    ("c", "snr", "ok", -1.0, None, None),
]


@pytest.fixture
def long() -> pl.DataFrame:
    return pl.DataFrame(ROWS, schema=SIGNAL_SCHEMA, orient="row")


def test_the_long_form_comes_back_as_it_was(long: pl.DataFrame, tmp_path: Path) -> None:
    assert SignalTable.of(long).long().equals(long)
    SignalTable.of(long).write(tmp_path / "signals.parquet")
    read = SignalTable.read(tmp_path / "signals.parquet")
    assert read.long().equals(long)
    assert read.names == ("snr", "sync")
    assert pl.read_parquet_schema(tmp_path / "signals.parquet").keys() == {
        "clip_id", "snr", "snr:why", "sync", "sync:why", "sync:series",
    }  # fmt: skip


def test_states_reasons_and_values_come_in_the_order_asked_for(long: pl.DataFrame) -> None:
    table = SignalTable.of(long)
    found = table.at("sync", pl.Series(["c", "a", "unknown", "b"]))
    assert found.rows() == [
        (None, None, None), ("not_applicable", None, "no face"), (None, None, None), ("ok", 0.5, None),
    ]  # fmt: skip
    assert table.at("snr", pl.Series(["a"])).rows() == [("failed", None, "OSError: gone")]
    assert table.at("nothing", pl.Series(["a"])).rows() == [(None, None, None)]
    assert table.values(pl.Series(["c", "b", "x"])).rows() == [(-1.0, None), (3.0, 0.5), (None, None)]
    assert table.values(table.clip_ids, ["snr"]).rows() == [(3.0,), (None,), (-1.0,)]


def test_rows_are_those_that_were_measured(long: pl.DataFrame) -> None:
    table = SignalTable.of(long)
    assert table.rows("sync").select("clip_id", "state").rows() == [("b", "ok"), ("a", "not_applicable")]
    assert table.rows("sync")["series"].to_list() == [[0.25, 0.75], None]
    assert len(table.rows("nothing")) == 0
    assert table.of_clips(["a"]).equals(long.filter(clip_id="a"))


def test_tables_of_other_signals_join(long: pl.DataFrame) -> None:
    other = SignalTable.of(long.filter(pl.col("signal") == "snr").with_columns(signal=pl.lit("doubt")).slice(0, 2))
    both = SignalTable.of(long).joined(other)
    assert both.names == ("snr", "sync", "doubt")
    assert both.at("doubt", pl.Series(["a", "b", "c"]))["state"].to_list() == ["failed", "ok", None]
    assert both.at("sync", pl.Series(["b"]))["value"].to_list() == [0.5]
