"""Write a run's predictions as AVA's evaluation reads them.

`python -m avcur.exports.ava_predictions RUN_DIRECTORY ANNOTATIONS OUT.csv` writes AVA's nine columns: every annotated
row of the tested videos with the score of the nearest frame that the network scored of the row's track, in the rows'
order, the label always SPEAKING_AUDIBLE.

Rows that no scored frame is near (their video is not there, or ends before them) have the lowest score of the run, for
the evaluation wants every row; `--missing leave_out` leaves them out. Either way they are counted. Videos whose clips
the run trained or validated on, or a filter took from training, are not tested: their rows are left out and counted
too. So are those of videos that the run has no clip of, where the path of their annotations names another subset
(train) than that of the tested videos, or one that the other videos of the run are of too.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import polars as pl

from avcur.errors import UserError, ends_cleanly
from avcur.exports.ava_csv import check_csv, write_predictions
from avcur.records import FPS
from avcur.sources.ava.annotations import SPEAKING, read_annotations
from avcur.sources.ava.layout import SubsetName, said_subsets
from avcur.variants.variant import Variant, find_variant

TASK = "active_speaker"
Split = Literal["test", "val"]
Missing = Literal["lowest", "leave_out"]

_EARLY = 1e-6
"""Seconds: of two frames as near, the later one was labelled by the row (see `avcur.labels`)."""
_SLACK = 2.5 / FPS
"""Seconds, two frames and what rounding takes, by which a track's last row may lie farther from the last scored frame
than scored frames from each other: downloads end a little early."""
_FILES: dict[Split, str] = {"test": "predictions.parquet", "val": "val.parquet"}
"""Training keeps the predictions of test alone, mode=evaluate those of both."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the predictions and say how many there are; 2 and one line on a user's mistake."""
    options = _parser().parse_args(arguments)

    def work() -> str:
        check_csv(options.out)
        if options.data is not None and not options.data.is_dir():
            raise UserError(f"--data {options.data} is no folder; give the run's paths.data, or leave it out")
        run = Run.load(options.run_directory, options.data, options.split)
        rows, subsets = read_annotations(options.annotations), said_subsets(options.annotations)
        export = export_rows(run, rows, options.missing, subsets)
        write_predictions(options.out, export.rows, options.header)
        return f"{export.said}: {options.out}"

    return ends_cleanly(work)


@dataclass(frozen=True)
class Run:
    """The scored frames of one split of a run, and which videos the others are of.

    `frames`: video_id, entity_id, time (seconds of the file) and score. `tested` are the videos of the split, scored or
    not, and `seen` those of other splits, with what a filter took from training. `video_start` is the second of the
    full video at which the files begin.
    """

    frames: pl.DataFrame
    tested: frozenset[str]
    seen: frozenset[str]
    video_start: float

    @classmethod
    def load(cls, directory: Path, data: Path | None = None, split: Split = "test") -> Run:
        """Read a run's folder and the variant that it was run on; a UserError says what does not fit."""
        result = _result(directory)
        if result.get("task") != TASK:
            raise UserError(f"The run in {directory} is of task {result.get('task')}; only {TASK} has scores of frames")
        variant = _variant(result, data)
        source = variant.card.get("recipe", {}).get("source") or {}
        frames = scored_frames(_predictions(directory, split), variant, split)
        tested = frozenset(variant.rows(split)["recording_id"])
        others = frozenset(variant.clips["recording_id"]) | _rejected(variant)
        return cls(frames, tested, others - tested, float(source.get("video_start") or 0.0))

    def wants(self, video_id: str, subsets: Mapping[str, SubsetName]) -> bool:
        """Whether a video's rows are to be scored; `subsets`: what annotations say of their videos, known or not.

        A video that the run has no clip of (never downloaded, say) is wanted where it is of a subset that was tested
        and nothing else, or where nobody says what it is of.
        """
        if video_id in self.tested or video_id in self.seen or video_id not in subsets:
            return video_id not in self.seen
        return subsets[video_id] in self._subsets(self.tested, subsets) - self._subsets(self.seen, subsets)

    @staticmethod
    def _subsets(videos: frozenset[str], subsets: Mapping[str, SubsetName]) -> set[SubsetName]:
        return {subsets[video] for video in videos if video in subsets}

    @property
    def reach(self) -> float:
        """Seconds from a scored frame within which its score is a row's: what usually lies between two, and a little.

        The two-tower network scores every fourth frame. A track's clips may end before its rows do.
        """
        steps = self.frames.sort("time").select(pl.col("time").diff().over("video_id", "entity_id")).to_series()
        usual = steps.filter(steps > 0).median()
        return (usual if isinstance(usual, float) else 1 / FPS) + _SLACK


@dataclass(frozen=True)
class Export:
    """AVA's rows with a `score`, and in words what became of all rows."""

    rows: pl.DataFrame
    said: str


def scored_frames(predictions: pl.DataFrame, variant: Variant, split: Split = "test") -> pl.DataFrame:
    """video_id, entity_id, time (seconds of the file) and score of each predicted frame.

    predictions: item_id "<clip_id>:<frame>", clip_id, scores (a list of one). A UserError where an item is no frame of
    a clip of the variant, or its clip is of nobody.
    """
    number = pl.col("item_id").str.strip_prefix(pl.col("clip_id") + ":").cast(pl.Int64, strict=False)
    frames = predictions.select("item_id", "clip_id", frame=number, score=pl.col("scores").list.first())
    if (odd := frames.filter(pl.col("frame").is_null())).height:
        raise UserError(
            f"Predicted item {odd['item_id'][0]!r} is no frame of a labelled track; train with datamodule.labels=source"
        )
    about = ("recording_id", "identity", "start")
    if lacking := [name for name in about if name not in variant.clips.columns]:
        raise UserError(
            f"The variant {variant.directory} has no column {lacking[0]!r}, which names the annotated track"
        )
    clips = variant.rows(split).select("clip_id", *about)
    found = frames.join(clips, on="clip_id", how="left", maintain_order="left")
    if (strange := found.filter(pl.col("recording_id").is_null())).height:
        raise UserError(f"Clip {strange['clip_id'][0]!r} is predicted but is no {split} clip of {variant.directory}")
    known = found.filter(pl.col("identity").is_not_null())
    if not len(known):
        raise UserError(f"No {split} clip of {variant.directory} has an identity; predict on a corpus from source=ava")
    time = (pl.col("start") * FPS).round() / FPS + pl.col("frame") / FPS
    return known.select(time=time, video_id="recording_id", entity_id="identity", score="score")


def export_rows(
    run: Run, annotations: pl.DataFrame, missing: Missing = "lowest", subsets: Mapping[str, SubsetName] | None = None
) -> Export:
    """The annotated rows of the tested videos with their scores, in their order.

    subsets: of each video whose annotations say it (see `said_subsets`).
    """
    wanted = [video for video in annotations["video_id"].unique() if run.wants(video, subsets or {})]
    tested = annotations.filter(pl.col("video_id").is_in(wanted))
    scored = nearest_scores(tested, run)
    if scored["score"].null_count() == len(scored):
        names = annotations["entity_id"]
        raise UserError(
            f"None of the {names.n_unique()} annotated tracks (first {names[0]!r}) was tested by the run "
            f"(first {run.frames['entity_id'][0]!r}); give the annotations of its test set"
        )
    lowest = run.frames["score"].min()
    rows = (
        scored.drop_nulls("score") if missing == "leave_out" else scored.with_columns(pl.col("score").fill_null(lowest))
    )
    said = [f"{len(rows)} rows of {rows['entity_id'].n_unique()} tracks", *_said_missing(scored, run, missing)]
    if len(annotations) > len(tested):
        said.append(f"{len(annotations) - len(tested)} rows of videos of another split are left out")
    return Export(rows, "; ".join(said))


def _said_missing(scored: pl.DataFrame, run: Run, missing: Missing) -> list[str]:
    """In words what became of the rows without a score: those of tracks without a clip, and the others."""
    action = "left out" if missing == "leave_out" else "given the lowest score"
    track = ["video_id", "entity_id"]
    without = scored.filter(pl.col("score").is_null())
    unknown, far = (without.join(run.frames, on=track, how=how) for how in ("anti", "semi"))
    said = []
    if len(unknown):
        of = f"{unknown['entity_id'].n_unique()} annotated tracks of {unknown['video_id'].n_unique()} videos"
        said.append(f"{of} have no clip in the run, their {len(unknown)} rows are {action}")
    if len(far):
        of = f"{len(far)} rows of {far['entity_id'].n_unique()} tracks"
        said.append(f"{of} lie more than {run.reach:.2f} s from any scored frame, they are {action}")
    return said


def nearest_scores(annotations: pl.DataFrame, run: Run) -> pl.DataFrame:
    """`annotations` with label SPEAKING and the `score` of their track's nearest frame; null where none is in reach."""
    time = pl.col("timestamp") - run.video_start + _EARLY
    wanted = annotations.with_columns(pl.lit(SPEAKING).alias("label"), time=time, row=pl.int_range(pl.len()))
    by = ["video_id", "entity_id"]
    joined = wanted.sort("time").join_asof(
        run.frames.sort("time"), on="time", by=by, strategy="nearest", tolerance=run.reach, check_sortedness=False
    )
    return joined.sort("row").drop("time", "row")


def _result(directory: Path) -> dict[str, Any]:
    path = directory / "result.json"
    if not path.is_file():
        raise UserError(f"No run in {directory}: result.json is missing; give the folder that train.py wrote it to")
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def _variant(result: dict[str, Any], data: Path | None) -> Variant:
    """The variant of a run: where its result says, else by its id below the folder of data (`data` by default)."""
    directory = result.get("variant_directory")
    if directory is not None and Path(directory).is_dir():
        return Variant.load(directory)
    return find_variant((data or Path("data")) / "variants", str(result["variant_id"]), TASK)


def _rejected(variant: Variant) -> frozenset[str]:
    """The recordings of which a filter took clips, all of them training's; none where the table is not there."""
    path = variant.directory / "rejected.parquet"
    return frozenset(pl.read_parquet(path, columns=["recording_id"])["recording_id"]) if path.is_file() else frozenset()


def _predictions(directory: Path, split: Split) -> pl.DataFrame:
    path = directory / _FILES[split]
    if not path.is_file():
        raise UserError(
            f"{directory} has no predictions of {split} ({path.name}); mode=evaluate keeps those of val too"
        )
    predictions = pl.read_parquet(path)
    if predictions.is_empty():
        raise UserError(f"{path} holds no prediction: the run has no labelled {split} clips")
    return predictions


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m avcur.exports.ava_predictions", description="A run's predictions as AVA's CSV"
    )
    parser.add_argument("run_directory", type=Path, help="the folder with the run's result.json")
    parser.add_argument("annotations", type=Path, help="AVA annotations of the test set: a file, or a folder of them")
    parser.add_argument("out", type=Path, help="the predictions, a .csv or .csv.gz file")
    parser.add_argument("--split", choices=get_args(Split), default="test", help="whose predictions (default: test)")
    parser.add_argument(
        "--missing", choices=get_args(Missing), default="lowest", help="rows without a score (default: lowest)"
    )
    parser.add_argument("--header", action="store_true", help="with the header that the TalkNet family's scripts want")
    parser.add_argument(
        "--data", type=Path, help="the run's paths.data, only where a run does not say where its variant is"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
