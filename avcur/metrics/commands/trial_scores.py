"""The score of each trial of a list, read from a table or a text file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from avcur.errors import UserError
from avcur.metrics.ranking import Floats
from avcur.sources.labels_csv import read_csv
from avcur.sources.voxceleb.names import fields_of, lines_of, utterance_id

KEY = ("enrol", "test")


def scores_of(trials: pl.DataFrame, path: Path) -> Floats:
    """One finite score per trial (N,), in the order of the list.

    `path` is a CSV or Parquet with the columns enrol, test and score, or text with `score` or `enrol test score` on
    each line; a score alone belongs to the trial of the same line. Scores of other pairs are left out. A UserError
    names a trial without a score, a pair with two different ones, and a score that is no finite number.
    """
    table = _read(path)
    if "enrol" not in table.columns:
        return _in_order(trials, table, path)
    named = table.with_columns(pl.col(KEY).replace_strict(_ids(table), return_dtype=pl.String)).unique()
    if len(twice := named.filter(pl.struct(KEY).is_duplicated())):
        raise UserError(f"{path} gives {_pair(twice)} more than one score; leave one of them")
    found = trials.join(named, on=KEY, how="left", maintain_order="left")
    if len(lacking := found.filter(pl.col("score").is_null())):
        raise UserError(f"{path} has no score for {len(lacking)} of {len(trials)} trials, such as {_pair(lacking)}")
    return found["score"].to_numpy()


def _read(path: Path) -> pl.DataFrame:
    """`score` as Float64, and `enrol` and `test` as written where the file has them."""
    if path.suffix.lower() == ".parquet":
        table = _read_parquet(path)
    elif path.suffix.lower() == ".csv":
        table = read_csv(path, required=(*KEY, "score"))
    else:
        table = _read_text(path)
    score = table["score"].cast(pl.Float64, strict=False)
    if len(wrong := table.filter(~score.is_finite().fill_null(False))):
        raise UserError(f"{path}: the score {wrong['score'][0]!r} is no finite number")
    return table.with_columns(score)


def _read_parquet(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise UserError(f"No scores at {path}")
    try:
        table = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise UserError(f"Cannot read {path} as Parquet: {error}") from error
    if missing := [name for name in (*KEY, "score") if name not in table.columns]:
        raise UserError(f"{path} lacks the column {missing[0]!r}; its columns are {', '.join(table.columns)}")
    return table.select(*KEY, "score").with_columns(pl.col(KEY).cast(pl.String))


def _read_text(path: Path) -> pl.DataFrame:
    rows: list[list[str]] = []
    for number, line in lines_of(path, "list of scores"):
        fields = fields_of(line)
        if len(fields) not in (1, 3) or (rows and len(fields) != len(rows[0])):
            raise UserError(f"{path}, line {number}: expected `score` or `enrol test score`, on all lines the same")
        rows.append(fields)
    return pl.DataFrame(rows, schema=[*KEY, "score"][-len(rows[0]) :], orient="row")


def _in_order(trials: pl.DataFrame, table: pl.DataFrame, path: Path) -> Floats:
    if len(table) < len(trials):
        raise UserError(
            f"{path} has {len(table)} scores for {len(trials)} trials: none for {_pair(trials[len(table) :])}"
        )
    if len(table) > len(trials):
        raise UserError(
            f"{path} has {len(table)} scores for {len(trials)} trials; give `enrol test score` on each line"
        )
    return table["score"].to_numpy()


def _ids(table: pl.DataFrame) -> dict[str, str]:
    """Each name as written -> its id, as `read_trials` has it."""
    return {name: utterance_id(name) for name in pl.concat([table[side] for side in KEY]).unique().drop_nulls()}


def _pair(table: pl.DataFrame) -> str:
    return f"{table['enrol'][0]} with {table['test'][0]}"
