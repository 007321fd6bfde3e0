"""`python -m avcur.metrics.active_speaker TRUTH PREDICTIONS`: the number on the first line, then what was asked for."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from avcur.errors import UserError, ends_cleanly
from avcur.metrics.active_speaker import legacy_average_precision
from avcur.metrics.ava.interval import bootstrap_interval
from avcur.metrics.ava.matching import Matched, counted, match
from avcur.metrics.ava.options import USAGE, Options, parse
from avcur.metrics.ava.parts import Part, by_faces, by_size
from avcur.sources.ava.annotations import read_annotations, read_predictions
from avcur.sources.ava.tables import csv_files


def main(arguments: Sequence[str]) -> int:
    """Print the evaluation; 2 and one line on a person's mistake."""
    if "--help" in arguments or "-h" in arguments:
        print(USAGE)
        return 0
    return ends_cleanly(lambda: _evaluate(parse(arguments)))


def _evaluate(options: Options) -> None:
    widths = _widths(options)
    matched = _matched(options)
    parts = [
        part for name in options.by for part in (by_size(matched, widths) if name == "size" else by_faces(matched))
    ]
    interval = bootstrap_interval(matched, options.bootstrap, options.seed) if options.bootstrap else None
    print(repr(matched.average_precision()))
    print(f"average precision over {_counts(matched)}")
    if matched.missing_videos:
        videos, rows = counted(len(matched.missing_videos), "video"), counted(matched.missing_rows, "row")
        print(f"left out: {videos} without predictions ({rows})")
    if interval:
        how = f"95 %, {options.bootstrap} resamples of videos, seed {options.seed}"
        print(f"interval {interval[0]!r} {interval[1]!r} ({how})")
    if options.legacy:
        value = legacy_average_precision(matched.target, matched.scores)
        print(f"legacy {value!r} (scikit-learn's average_precision_score: no envelope)")
    if parts:
        _print_parts(parts)


def _matched(options: Options) -> Matched:
    """Truth and predictions joined; a UserError also names the subfolders that are read as one."""
    truth, predictions = _read(options)
    try:
        return match(truth, predictions, allow_missing=options.allow_missing)
    except UserError as error:
        both = (("truth", options.truth), ("predictions", options.predictions))
        raise UserError(f"{error}{''.join(_subfolders(what, path) for what, path in both)}") from error


def _read(options: Options) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Truth and predictions; the error asks where either would be read as the other."""
    try:
        return read_annotations(options.truth), read_predictions(options.predictions)
    except UserError as error:
        try:
            read_predictions(options.truth), read_annotations(options.predictions)
        except (UserError, OSError):
            raise error from None
        raise UserError(f"{error}; are TRUTH and PREDICTIONS swapped?") from error


def _subfolders(what: str, path: Path) -> str:
    """Which folders below `path` the files lie in, as train and val in one call for choosing; "" where it is one."""
    counts = Counter(str(file.parent.relative_to(path)) for file in csv_files(path)) if path.is_dir() else {}
    if len(counts) < 2:
        return ""
    return f"; the {what} is all of {path}: " + ", ".join(
        f"{name} ({counted(n, 'file')})" for name, n in counts.items()
    )


def _counts(matched: Matched) -> str:
    videos = counted(matched.rows["video_id"].n_unique(), "video")
    return f"{counted(len(matched.rows), 'row')}, {int(matched.target.sum())} speaking, of {videos}"


def _print_parts(parts: Sequence[Part]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("part", "average precision", "rows", "speaking", "definition")
    for part in parts:
        without = "none speaks" if part.rows else "no rows"
        value = without if part.average_precision is None else repr(part.average_precision)
        table.add_row(part.name, value, str(part.rows), str(part.positives), part.definition)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _widths(options: Options) -> dict[str, float] | float | None:
    path = options.widths
    return _read_widths(path) if path is not None else options.picture_width


def _read_widths(path: Path) -> dict[str, float]:
    from avcur.sources.labels_csv import read_csv  # here, as the evaluation itself starts without it

    table = read_csv(path, required=("video_id", "width"))
    width = table["width"].cast(pl.Float64, strict=False)
    if not ((width > 0) & width.is_finite()).fill_null(False).all():
        raise UserError(f"{path}: every width is a number of pixels greater than 0")
    return dict(zip(table["video_id"].to_list(), width.to_list(), strict=True))
