"""Write a loader's list of tracks: `python -m avcur.exports.loader_csv ANNOTATIONS OUT.csv`.

The data loaders of TalkNet, Light-ASD and their kin do not read AVA's annotations but a list with one line per track,
whose generator was never published. It has five fields between tabs and no header:

    entity_id   names the face crops and the sound (`<video>/<entity_id>.wav`); its first 11 characters are the video
    n_frames    rows of the track, an integer; training sorts by it and fills batches by it
    fps         frames per second, a float; stretches the MFCC windows to four per frame
    labels      `[0, 1, 1]` in time order: 1 for SPEAKING_AUDIBLE, else 0
    index       an integer that only breaks ties among tracks of equal length in training's sort, so that a batch does
                not come from one video; any number per track would do

Lines are in the order of the tracks' first rows, for evaluation gives its scores to the rows of `*_orig.csv` by their
position. `--orig` writes that file too, its rows in the same order, whatever theirs was before.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from avcur.errors import UserError, ends_cleanly
from avcur.exports.ava_csv import check_csv, csv_file, write_orig
from avcur.seeds import generator
from avcur.sources.ava.annotations import SPEAKING, read_annotations, tracks

_VIDEO_ID = 11
"""Characters of a YouTube id, by which the loaders find a track's video in its name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the list (and the rows it belongs to) and say what is in it; 2 and one line on a user's mistake."""
    options = _parser().parse_args(arguments)

    def work() -> str:
        check_csv(options.out)
        if options.orig is not None:
            check_csv(options.orig, "--orig")
        rows = by_track(read_annotations(options.annotations))
        table = loader_table(rows, options.seed)
        write_loader(options.out, table)
        if options.orig is not None:
            write_orig(options.orig, rows)
        return f"{len(table)} tracks, {int(table['num_frames'].sum())} rows: {options.out}{_odd_names(rows)}"

    return ends_cleanly(work)


def by_track(annotations: pl.DataFrame) -> pl.DataFrame:
    """The rows track by track in the order of their first rows, each in time order.

    A UserError where a track has two rows of one time, or two videos have a track of one name.
    """
    if (twice := annotations.select("entity_id", "timestamp").is_duplicated()).any():
        entity, time = annotations.filter(twice).select("entity_id", "timestamp").row(0)
        raise UserError(
            f"Track {entity!r} has two rows at {time:g} s; give each file once, and each track its own name"
        )
    numbered = annotations.with_row_index("row").with_columns(pl.col("row").min().over("entity_id"))
    ordered = numbered.sort("row", "timestamp").drop("row")
    videos = ordered.select("entity_id", "video_id").unique()
    if (shared := videos.filter(pl.col("entity_id").is_duplicated())).height:
        raise UserError(f"Track {shared['entity_id'][0]!r} is in two videos; tracks need names of their own")
    return ordered


def loader_table(annotations: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """One row per track of annotations in the order of `by_track`: entity_id, num_frames, fps, labels, index.

    index is a shuffled count of the tracks, the same for the same seed and tracks.
    """
    speaking = (pl.col("label") == SPEAKING).cast(pl.Int64)
    labels = annotations.group_by("entity_id", maintain_order=True).agg(labels=speaking)
    fps = tracks(annotations).select("entity_id", pl.col("fps").round(3))
    table = labels.join(fps, on="entity_id", how="left", maintain_order="left")
    index = generator(seed, "loader index").permutation(len(table))
    return table.select(
        "entity_id", pl.col("labels").list.len().cast(pl.Int64).alias("num_frames"), "fps", "labels",
        pl.Series("index", index, dtype=pl.Int64),
    )  # fmt: skip


def write_loader(path: Path, table: pl.DataFrame) -> None:
    """Write the rows of `loader_table` as the loaders read them."""
    lines = (
        f"{entity}\t{frames}\t{fps}\t[{', '.join(map(str, labels))}]\t{index}\n"
        for entity, frames, fps, labels, index in table.iter_rows()
    )
    with csv_file(path) as file:
        file.writelines(line.encode() for line in lines)


def _odd_names(rows: pl.DataFrame) -> str:
    """A warning where a loader would look for a video by another name than its own."""
    found = pl.col("entity_id").str.head(_VIDEO_ID) != pl.col("video_id")
    odd = rows.filter(found)["entity_id"].unique(maintain_order=True)
    if not len(odd):
        return ""
    return (
        f"\nwarning: {len(odd)} tracks do not begin with an id of 11 characters (first {odd[0]!r}): loaders look there"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m avcur.exports.loader_csv", description="A loader's list of tracks")
    parser.add_argument("annotations", type=Path, help="AVA annotations: a .csv or .csv.gz file, or a folder of them")
    parser.add_argument("out", type=Path, help="the list, such as train_loader.csv, or packed, train_loader.csv.gz")
    parser.add_argument("--orig", type=Path, help="also write the annotations as *_orig.csv, rows in the list's order")
    parser.add_argument("--seed", type=int, default=0, help="of the shuffled index (default: 0)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
