"""`python -m avcur.metrics.audio_type TRUTH SPANS`: spans in time against the right ones, 10 ms by 10 ms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from avcur.errors import UserError
from avcur.metrics.ava.matching import counted
from avcur.metrics.commands.options import Options, print_metrics, run, with_interval
from avcur.metrics.ranking import Ints
from avcur.metrics.segments import DEFINITIONS, FRAME, LONGEST, Spans, confusion, metrics, over_files
from avcur.sources.labels_csv import read_csv
from avcur.tasks import AUDIO_TYPES

USAGE = """usage: python -m avcur.metrics.audio_type TRUTH SPANS [option=value ...]

Audio type in time, scored in segments of 10 ms as AVASpeech-SMAD is, with the definition of each number. TRUTH and
SPANS are CSV files with the columns file, start, end (seconds) and label (speech, music, both or neither, in any case).
What TRUTH does not label is not counted; SPANS must cover the rest.

  bootstrap=1000      95 % intervals over so many resamples of the files
  seed=0              seed of the resampling
  allow_missing=true  leave out, and count, files of TRUTH that SPANS lacks, as no decoder opens them"""


def main(arguments: Sequence[str]) -> int:
    """Print the metrics; 2 and one line on a person's mistake."""
    return run(arguments, USAGE, {"allow_missing": False}, _evaluate)


def _evaluate(options: Options) -> str:
    truth, predicted = read_spans(options.truth), read_spans(options.scored)
    _check_lengths(truth, options.truth)
    tables, lacking = _tables(truth, predicted, options)
    if not tables.any():
        raise UserError(f"{options.truth} labels no time, not 10 ms of any file; there is nothing to score")
    values = metrics(tables.sum(axis=0))
    intervals = over_files(tables, options.bootstrap, options.seed) if options.bootstrap else {}
    print_metrics([
        (name, with_interval(float(value), intervals.get(name)), DEFINITIONS[name]) for name, value in values.items()
    ])  # fmt: skip
    _print_confusion(tables.sum(axis=0))
    words = _counts(tables, lacking, len(predicted.keys() - truth.keys()), options)
    return words + _missing_words({name: rows for name, rows in truth.items() if name not in predicted})


def read_spans(path: Path) -> dict[str, pl.DataFrame]:
    """file -> its rows of start, end (seconds), label (in small letters) and line, not checked against each other."""
    table = read_csv(path, required=("file", "start", "end", "label")).with_row_index("line", offset=2)
    table = table.with_columns(pl.col("label").str.strip_chars().str.to_lowercase())
    times = table.with_columns(pl.col("start", "end").cast(pl.Float64, strict=False))
    if len(wrong := table.filter(times.select(pl.any_horizontal(pl.all().is_null())).to_series())):
        raise UserError(f"{path}: a row without its file, its label or a number for its times: {wrong.row(0)}")
    if not len(times):
        raise UserError(f"{path} has no spans")
    parts = times.partition_by("file", as_dict=True, maintain_order=True)
    return {str(name): rows for (name,), rows in parts.items()}


def _tables(truth: dict[str, pl.DataFrame], predicted: dict[str, pl.DataFrame], options: Options) -> tuple[Ints, int]:
    """Confusion of each file of the truth, (F, 4, 4), and segments that have no prediction."""
    missing = [name for name in truth if name not in predicted]
    if missing and (not options.allow_missing or len(missing) == len(truth)):
        raise UserError(
            f"{options.scored} has no spans of {len(missing)} of {len(truth)} files of {options.truth}, such as "
            f"{missing[0]!r}; its own are named as {next(iter(predicted))!r}. With allow_missing=true the others are "
            "scored, where there are any"
        )
    found = [confusion(_spans(rows, name, options.truth), _spans(predicted[name], name, options.scored), name)
             for name, rows in truth.items() if name in predicted]  # fmt: skip
    return np.stack([table for table, _ in found]), sum(lacking for _, lacking in found)


def _check_lengths(truth: dict[str, pl.DataFrame], path: Path) -> None:
    for name, rows in truth.items():
        if len(beyond := rows.filter(pl.col("end") > LONGEST)):
            row = beyond.row(0, named=True)
            raise UserError(
                f"{path}, line {row['line']}: {name!r} has a span to {row['end']:g} s; files of up to "
                f"{LONGEST / 3600:g} hours ({LONGEST:g} s) are scored, and times are seconds"
            )


def _missing_words(truth: dict[str, pl.DataFrame]) -> str:
    """What the score lacks for want of any prediction; nothing where that is nothing."""
    if not truth:
        return ""
    seconds = sum(float((rows["end"] - rows["start"]).sum()) for rows in truth.values())
    files, one = counted(len(truth), "file"), next(iter(truth))
    return f"; {files} ({seconds:.2f} s) without any prediction left out, such as {one!r}"


def _spans(rows: pl.DataFrame, name: str, path: Path) -> Spans:
    return Spans.of(rows["start"], rows["end"], rows["label"], f"{path}: {name}")


def _counts(tables: Ints, lacking: int, unused: int, options: Options) -> str:
    words = [f"{tables.sum() * FRAME:.2f} s of {counted(len(tables), 'file')} scored"]
    if lacking:
        words.append(f"{lacking * FRAME:.2f} s without a prediction left out")
    if unused:
        words.append(f"{counted(unused, 'file')} of {options.scored} that the truth lacks left out")
    if options.bootstrap:
        words.append(
            f"in brackets the 95 % percentile bootstrap of files, {options.bootstrap} resamples, seed {options.seed}"
        )
    return "; ".join(words)


def _print_confusion(table: Ints) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table("seconds: truth \\ predicted", *AUDIO_TYPES)
    for name, row in zip(AUDIO_TYPES, table, strict=True):
        shown.add_row(name, *(f"{count * FRAME:.2f}" for count in row))
    Console(width=120).print(shown)
