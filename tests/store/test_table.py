from pathlib import Path

import polars as pl
import pytest

from avcur.errors import UserError
from avcur.store.media_keys import MediaKeys
from avcur.store.table import KeyedTable

SCHEMA = {"key": pl.String, "value": pl.Float64}


def test_rows_are_found_again_by_another_process(tmp_path: Path) -> None:
    KeyedTable(tmp_path, SCHEMA).append([{"key": "a", "value": 1.0}, {"key": "a", "value": 2.0}])
    table = KeyedTable(tmp_path, SCHEMA)
    assert [row["value"] for row in table.get("a")] == [1.0, 2.0]
    assert "a" in table
    assert table.get("b") == []


def test_a_result_made_again_replaces_the_old_one(tmp_path: Path) -> None:
    table = KeyedTable(tmp_path, SCHEMA)
    for value in (1.0, 2.0):
        table.append([{"key": "a", "value": value}])
    assert table.get("a") == KeyedTable(tmp_path, SCHEMA).get("a") == [{"key": "a", "value": 2.0}]


def test_many_parts_become_one_and_lose_nothing(tmp_path: Path) -> None:
    table = KeyedTable(tmp_path, SCHEMA)
    for n in range(20):
        table.append([{"key": f"k{n}", "value": float(n)}])
    merged = KeyedTable(tmp_path, SCHEMA)
    assert len(list(tmp_path.glob("part-*"))) == 1
    assert [merged.get(f"k{n}")[0]["value"] for n in range(20)] == list(range(20))


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "part-1.parquet").write_bytes(b"no parquet")
    with pytest.raises(UserError, match=r"part-1\.parquet"):
        KeyedTable(tmp_path, SCHEMA)


def test_media_are_hashed_again_only_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"one")
    keys = MediaKeys(tmp_path / "keys")
    first = keys(file)
    keys.commit()
    monkeypatch.setattr("avcur.store.media_keys.file_digest", lambda path: "read again")
    assert MediaKeys(tmp_path / "keys")(file) == first
    file.write_bytes(b"other")
    assert MediaKeys(tmp_path / "keys")(file) == "read again"


def test_a_part_of_an_earlier_version_has_nulls_for_the_columns_that_came_later(tmp_path: Path) -> None:
    KeyedTable(tmp_path, {"key": pl.String, "value": pl.Float64}).append([{"key": "a", "value": 1.0}])
    later = {"key": pl.String, "value": pl.Float64, "series": pl.List(pl.Float32)}
    table = KeyedTable(tmp_path, later)
    table.append([{"key": "b", "value": 2.0, "series": [0.5]}])
    again = KeyedTable(tmp_path, later)
    assert again.get("a") == [{"key": "a", "value": 1.0, "series": None}]
    assert again.get("b") == [{"key": "b", "value": 2.0, "series": [0.5]}]
