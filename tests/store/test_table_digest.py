"""The hash of a table: equal for equal content, another for anything else."""

from __future__ import annotations

import polars as pl
import pytest

from avcur.store.table_digest import table_digest

TABLE = pl.DataFrame(
    {"name": ["a", None, ""], "start": [0.5, None, 1.0], "track": [1, 2, None], "speaking": [[True], [], None]},
    schema={"name": pl.String, "start": pl.Float64, "track": pl.Int64, "speaking": pl.List(pl.Boolean)},
)


def test_equal_content_has_an_equal_hash_however_it_lies_in_memory() -> None:
    pieces = pl.concat([TABLE[:1], TABLE[1:]], rechunk=False)
    assert table_digest(pieces, "task") == table_digest(TABLE, "task")
    known = "2664e8138186b2c87ad6d40805980f9de5ca70902899310252bd2cd2c9c33746"
    assert table_digest(TABLE, "task") == known, "names of variants hang on it"


@pytest.mark.parametrize(
    "changed",
    [
        TABLE.with_columns(name=pl.Series(["a", "", None])),
        TABLE.with_columns(start=pl.Series([0.5, 0.0, 1.0])),
        TABLE.with_columns(track=pl.Series([1, 2, 0])),
        TABLE.with_columns(speaking=pl.Series([[True], None, []], dtype=pl.List(pl.Boolean))),
        TABLE.with_columns(speaking=pl.Series([[False], [], None], dtype=pl.List(pl.Boolean))),
        TABLE.rename({"name": "label"}),
        TABLE.reverse(),
        TABLE[:2],
    ],
)
def test_anything_else_has_another(changed: pl.DataFrame) -> None:
    assert table_digest(changed, "task") != table_digest(TABLE, "task")
    assert table_digest(TABLE, "other") != table_digest(TABLE, "task")


def test_text_does_not_flow_from_row_to_row() -> None:
    one, two = (pl.DataFrame({"name": names}) for names in (["ab", "c"], ["a", "bc"]))
    assert table_digest(one) != table_digest(two)
