"""AVA ActiveSpeaker's CSV forms as they are written: what the official evaluation and the field's own loaders read."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import polars as pl

from avcur.errors import UserError
from avcur.sources.ava.annotations import ANNOTATIONS, HEADER, LABELS
from avcur.sources.ava.tables import SUFFIXES
from avcur.store.commit import committed

_HEADER = {ours: published for published, ours in HEADER.items()}
_PREDICTION = [*ANNOTATIONS, "score"]


def write_annotations(path: Path, annotations: pl.DataFrame) -> None:
    """Eight columns without a header, as published. Numbers are written so that the same floats are read back."""
    _write(path, annotations.select(list(ANNOTATIONS)), header=False)


def write_predictions(path: Path, predictions: pl.DataFrame, header: bool = False) -> None:
    """Nine columns, the score last: without a header for the official script, with it for the TalkNet family's."""
    _write(path, predictions.select(_PREDICTION), header)


def write_orig(path: Path, annotations: pl.DataFrame) -> None:
    """The `*_orig.csv` of the TalkNet family: a header, and label_id and instance_id after AVA's columns.

    label_id is the label's place in LABELS. instance_id numbers the stretches of one label within a track from 0 on;
    nothing of the family reads either.
    """
    turn = pl.col("label") != pl.col("label").shift()
    number = turn.fill_null(False).cum_sum().over("video_id", "entity_id")
    table = annotations.select(list(ANNOTATIONS)).with_columns(
        label_id=pl.col("label").replace_strict({label: place for place, label in enumerate(LABELS)}),
        instance_id=pl.format("{}:{}", "entity_id", number),
    )
    _write(path, table, header=True)


def _write(path: Path, table: pl.DataFrame, header: bool) -> None:
    with csv_file(path) as file:
        table.rename(_HEADER).write_csv(file, include_header=header)


@contextmanager
def csv_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to that is there once it is whole; packed where it ends in .gz, equal rows as equal bytes."""
    check_csv(path)
    with committed(path) as beside, beside.open("wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                yield cast(IO[bytes], packed)
        else:
            yield file


def check_csv(path: Path, name: str = "OUT") -> None:
    """A UserError where `path`, which a person gave as `name`, cannot be written as .csv or .csv.gz and read again."""
    if path.is_dir():
        raise UserError(f"{name} is a folder; give a .csv file: {path}")
    if not path.name.endswith(SUFFIXES):
        raise UserError(f"{name} is {path}; give a name that ends in {' or '.join(SUFFIXES)}")
