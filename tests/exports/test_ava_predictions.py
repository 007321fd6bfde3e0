"""Predictions of a run as the official evaluation reads them."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from avcur.errors import UserError
from avcur.exports.ava_csv import write_annotations
from avcur.exports.ava_predictions import Run, export_rows, main, nearest_scores
from avcur.metrics.ava.command import main as evaluate
from avcur.metrics.ava.matching import match
from avcur.records import FPS
from avcur.sources.ava.annotations import SPEAKING, read_annotations, read_predictions
from avcur.store.commit import write_json
from avcur.variants.variant import Variant
from tests.exports.rows import table, track
from tests.exports.runs import predictions, write_run

ONE, TWO, TRAIN = "videonumber", "othervideo0", "trainvideo0"
TRACKS = table(
    track(f"{ONE}_0900_0960:2", "0011100011"),
    track(f"{ONE}_0900_0960:1", "1100x1", start=901.31),
    track(f"{TWO}_0960_1020:1", "0101100" * 4, start=960.0),
    track(f"{TRAIN}_0900_0960:1", "0101"),
)
SPLITS = {ONE: "test", TWO: "test", TRAIN: "train"}


def run_of(directory: Path) -> Run:
    return Run.load(directory, directory.parent / "none", split="test")


def with_data(directory: Path) -> Run:
    return Run.load(directory, directory.parent / "data")


def exported(tmp_path: Path, directory: Path, rows: pl.DataFrame, *options: str) -> pl.DataFrame:
    write_annotations(tmp_path / "truth.csv", rows)
    out = tmp_path / "out" / "predictions.csv"
    words = [str(directory), str(tmp_path / "truth.csv"), str(out), "--data", str(tmp_path / "data"), *options]
    assert main(words) == 0
    return read_predictions(out)


def test_predictions_made_from_truth_are_perfect_through_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = write_run(tmp_path, TRACKS, SPLITS)
    tested = TRACKS.filter(pl.col("video_id") != TRAIN)
    found = exported(tmp_path, directory, TRACKS)
    assert "44 rows of 3 tracks; 4 rows of videos of another split are left out" in capsys.readouterr().out
    assert found.drop("score", "label").equals(tested.drop("label"))
    assert set(found["label"]) == {SPEAKING}
    assert found["score"].to_list() == (tested["label"] == SPEAKING).cast(pl.Float64).to_list()
    write_annotations(tmp_path / "tested.csv", tested)
    assert evaluate([str(tmp_path / "tested.csv"), str(tmp_path / "out" / "predictions.csv")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "1.0"


def test_both_commands_run_as_modules(tmp_path: Path) -> None:
    directory = write_run(tmp_path, TRACKS, SPLITS, lambda entity, time, speaks: -time)
    write_annotations(tmp_path / "truth.csv", TRACKS.filter(pl.col("video_id") != TRAIN))
    truth, out = str(tmp_path / "truth.csv"), str(tmp_path / "out.csv")
    words = [str(directory), truth, out, "--data", str(tmp_path / "data")]
    made = [sys.executable, "-m", "avcur.exports.ava_predictions", *words]
    subprocess.run(made, check=True)
    command = [sys.executable, "-m", "avcur.metrics.active_speaker", truth, out]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    expected = match(read_annotations(Path(truth)), read_predictions(Path(out))).average_precision()
    assert float(printed.splitlines()[0]) == expected < 1


@pytest.mark.parametrize("every", [1, 4, 1000])
def test_every_row_has_the_nearest_frame_that_was_scored(tmp_path: Path, every: int) -> None:
    rows = TRACKS.vstack(table(track(f"{TWO}_0960_1020:2", "01" * 40, start=970.0, step=1 / 30)))
    directory = write_run(tmp_path, rows, SPLITS, lambda entity, time, speaks: time, every=every)
    if every == 1000:  # no frame of any track
        with pytest.raises(UserError, match="holds no prediction"):
            with_data(directory)
        return
    run = with_data(directory)
    for entity, time, score in export_rows(run, rows).rows.select("entity_id", "timestamp", "score").iter_rows():
        known = run.frames.filter(pl.col("entity_id") == entity)["time"].to_numpy() + run.video_start
        assert abs(score - time) == pytest.approx(np.abs(known - time).min(), abs=1e-9)
        assert abs(score - time) <= every / FPS


def test_rows_keep_their_order_whatever_it_is(tmp_path: Path) -> None:
    run = with_data(write_run(tmp_path, TRACKS, SPLITS))
    mixed = TRACKS.sample(fraction=1, shuffle=True, seed=1)
    key = ["timestamp", "entity_id"]
    found = nearest_scores(mixed, run)
    assert found.select(key).equals(mixed.select(key))
    assert found.sort(key)["score"].to_list() == nearest_scores(TRACKS, run).sort(key)["score"].to_list()


def test_tracks_without_a_clip_are_counted_and_lowest_or_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table(track(f"{ONE}_0900_0960:9", "11", start=950), track("removedfilm_0900:1", "101")).vstack(TRACKS)
    scores = {f"{ONE}_0900_0960:2": 0.25}
    directory = write_run(tmp_path, TRACKS, SPLITS, lambda entity, time, speaks: scores.get(entity, 0.75))
    found = exported(tmp_path, directory, rows)
    assert "2 annotated tracks of 2 videos have no clip in the run, their 5 rows are given the lowest" in (
        capsys.readouterr().out
    )
    assert found["score"].to_list() == [0.25] * 5 + [0.25] * 10 + [0.75] * 34
    left = exported(tmp_path, directory, rows, "--missing", "leave_out", "--header")
    assert left["score"].to_list() == [0.25] * 10 + [0.75] * 34
    assert "their 5 rows are left out" in capsys.readouterr().out


def in_subsets(tmp_path: Path, rows: pl.DataFrame, train: set[str]) -> Path:
    """Annotations in the published layout: one file a video in train or val."""
    for (video,), own in rows.group_by(["video_id"]):
        side = "train" if video in train else "val"
        write_annotations(tmp_path / "csv" / side / f"{video}-activespeaker.csv", own)
    return tmp_path / "csv"


LOST, GONE, FILTERED = "lostoftrain", "lostoftest0", "filtered000"
OTHERS = table(*[track(f"{video}_0900_0960:1", "0101") for video in (LOST, GONE, FILTERED)])


def test_what_training_lost_is_not_tested_and_what_the_test_set_lost_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = write_run(tmp_path, TRACKS, SPLITS, rejected=[FILTERED])
    annotations = in_subsets(tmp_path, TRACKS.vstack(OTHERS), {TRAIN, LOST, FILTERED})
    words = [str(directory), str(annotations), str(tmp_path / "out.csv"), "--data", str(tmp_path / "data")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "1 annotated tracks of 1 videos have no clip in the run, their 4 rows are given the lowest score" in said
    assert "12 rows of videos of another split are left out" in said
    assert set(read_predictions(tmp_path / "out.csv")["video_id"]) == {ONE, TWO, GONE}
    # A path that says nothing of the subset: what the filter emptied is known all the same.
    found = exported(tmp_path, directory, TRACKS.vstack(OTHERS))
    assert set(found["video_id"]) == {ONE, TWO, LOST, GONE}


def test_a_subset_of_which_training_is_too_says_nothing_of_a_lost_video(tmp_path: Path) -> None:
    directory = write_run(tmp_path, TRACKS, {**SPLITS, TWO: "val"})
    annotations = in_subsets(tmp_path, TRACKS.vstack(OTHERS), {TRAIN, TWO, LOST, FILTERED})
    words = [str(directory), str(annotations), str(tmp_path / "out.csv"), "--data", str(tmp_path / "data")]
    assert main([*words, "--split", "val"]) == 0
    assert set(read_predictions(tmp_path / "out.csv")["video_id"]) == {TWO}


@pytest.mark.parametrize(("every", "near"), [(1, 3), (4, 6)])
def test_rows_beyond_the_reach_of_a_scored_frame_are_missing(
    tmp_path: Path, every: int, near: int, capsys: pytest.CaptureFixture[str]
) -> None:
    entity = f"{ONE}_0900_0960:1"
    long, short = table(track(entity, "1" * 200)), table(track(entity, "1" * 25))
    directory = write_run(tmp_path, short, {ONE: "test"}, lambda *_: 0.5, every=every)
    last = with_data(directory).frames["time"].max()
    assert isinstance(last, float)
    left = exported(tmp_path, directory, long, "--missing", "leave_out")
    assert left["timestamp"].max() == pytest.approx(900 + last + near / FPS, abs=1e-6)
    assert f"{200 - len(left)} rows of 1 tracks lie more than" in capsys.readouterr().out
    assert len(exported(tmp_path, directory, long)) == 200


def test_an_entity_may_have_several_clips(tmp_path: Path) -> None:
    entity = f"{ONE}_0900_0960:1"
    rows = table(track(entity, "1010"), track(entity, "0110", start=905.0))
    found = exported(tmp_path, write_run(tmp_path, rows, {ONE: "test"}), rows)
    assert found["score"].to_list() == [1, 0, 1, 0, 0, 1, 1, 0]


def test_val_is_exported_where_its_predictions_were_kept(tmp_path: Path) -> None:
    directory = write_run(tmp_path, TRACKS, {**SPLITS, TWO: "val"})
    assert set(exported(tmp_path, directory, TRACKS, "--split", "val")["video_id"]) == {TWO}
    (directory / "val.parquet").unlink()
    with pytest.raises(UserError, match=r"no predictions of val \(val.parquet\)"):
        Run.load(directory, tmp_path / "data", "val")


def test_a_variant_is_found_where_the_result_says(tmp_path: Path) -> None:
    directory = write_run(tmp_path, TRACKS, SPLITS)
    with pytest.raises(UserError, match="0 variants of active_speaker"):
        run_of(directory)
    variant = next((tmp_path / "data" / "variants" / "active_speaker").iterdir())
    write_run(tmp_path, TRACKS, SPLITS, variant_directory=str(variant))
    assert len(run_of(directory).frames) == len(with_data(directory).frames) > 0


def test_runs_that_have_no_such_predictions_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = write_run(tmp_path, TRACKS, SPLITS)
    run = with_data(directory)
    with pytest.raises(UserError, match=r"None of the 1 annotated tracks \(first 'unknownfilm:1'\)"):
        export_rows(run, table(track("unknownfilm:1", "01")))
    with pytest.raises(UserError, match="No run in"):
        with_data(tmp_path)
    variant = Variant.load(next((tmp_path / "data" / "variants" / "active_speaker").iterdir()))
    made = predictions(variant, "test", lambda *_: 0.5, 1, 900.0)
    made.with_columns(pl.col("item_id") + ":own").write_parquet(directory / "predictions.parquet")
    with pytest.raises(UserError, match="is no frame of a labelled track"):
        with_data(directory)
    write_json(directory / "result.json", {"task": "speaker_id", "variant_id": variant.id})
    assert main([str(directory), str(tmp_path / "truth.csv"), str(tmp_path / "out.csv")]) == 2
    assert capsys.readouterr().err.startswith("error: The run in ")


def test_a_corpus_without_identities_has_no_tracks_to_export(tmp_path: Path) -> None:
    directory = write_run(tmp_path, TRACKS, SPLITS)
    folder = next((tmp_path / "data" / "variants" / "active_speaker").iterdir())
    clips = pl.read_parquet(folder / "clips.parquet")
    clips.with_columns(identity=pl.lit(None, pl.String)).write_parquet(folder / "clips.parquet")
    with pytest.raises(UserError, match=r"No test clip of .* has an identity; predict on a corpus from source=ava"):
        with_data(directory)
    clips.drop("identity").write_parquet(folder / "clips.parquet")
    with pytest.raises(UserError, match="has no column 'identity'"):
        with_data(directory)


def test_the_official_sample_becomes_the_rows_that_it_is(real_media: Path, tmp_path: Path) -> None:
    truth = read_annotations(real_media.parent / "ava_eval" / "gt_val3.csv.gz")
    videos = truth["video_id"].unique(maintain_order=True).to_list()
    directory = write_run(tmp_path, truth, dict.fromkeys(videos, "test"))
    made = export_rows(with_data(directory), truth).rows
    assert made.select("video_id", "timestamp", "entity_id").equals(truth.select("video_id", "timestamp", "entity_id"))
    assert match(truth, made).average_precision() == 1.0


def test_a_packed_file_is_what_the_evaluation_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = write_run(tmp_path, TRACKS, SPLITS)
    write_annotations(tmp_path / "truth.csv.gz", TRACKS.filter(pl.col("video_id") != TRAIN))
    words = [str(directory), str(tmp_path / "truth.csv.gz")]
    data = ["--data", str(tmp_path / "data")]
    for name in ("plain.csv", "out.csv.gz", "again.csv.gz"):
        assert main([*words, str(tmp_path / name), *data]) == 0
    packed = (tmp_path / "out.csv.gz").read_bytes()
    assert packed == (tmp_path / "again.csv.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "plain.csv").read_bytes()
    capsys.readouterr()
    assert evaluate([str(tmp_path / "truth.csv.gz"), str(tmp_path / "out.csv.gz")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "1.0"


@pytest.mark.parametrize(
    ("out", "data", "said"),
    [
        ("run", "data", "OUT is a folder; give a .csv file"),
        ("out.txt", "data", "out.txt; give a name that ends in .csv or .csv.gz"),
        ("out.gz", "data", "give a name that ends in .csv or .csv.gz"),
        ("out.csv", "nowhere", "nowhere is no folder; give the run's paths.data"),
    ],
)
def test_what_cannot_be_written_or_read_is_refused_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, data: str, said: str
) -> None:
    directory = write_run(tmp_path, TRACKS, SPLITS)
    before = sorted(tmp_path.iterdir())
    assert main([str(directory), "absent.csv", str(tmp_path / out), "--data", str(tmp_path / data)]) == 2
    assert said in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
