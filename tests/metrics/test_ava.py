"""The official evaluation of AVA: its numbers, its checks, and the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from avcur.errors import UserError
from avcur.metrics.ava import matching
from avcur.metrics.ava.command import _print_parts, main
from avcur.metrics.ava.interval import bootstrap_interval
from avcur.metrics.ava.matching import Matched, match
from avcur.metrics.ava.parts import by_faces, by_size
from avcur.sources.ava.annotations import ANNOTATIONS, SPEAKING, read_annotations, read_predictions

PAIRS = [
    ("gt_micro12.csv", "pred_micro12.csv", 0.7142857142857143),
    ("gt_val3.csv.gz", "pred_val3_noisy.csv.gz", 0.8228593969066981),
]


@pytest.fixture
def ava_eval(real_media: Path) -> Path:
    folder = real_media.parent / "ava_eval"
    if not folder.is_dir():
        pytest.skip("no AVA evaluation samples beside the test media (../shared/ava_eval)")
    return folder


def made(seed: int = 0, videos: int = 4, rows: int = 60) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two faces side by side in every frame of each video, without equal scores."""
    rng = np.random.default_rng(seed)
    labels = np.array([*["NOT_SPEAKING"] * 2, SPEAKING, "SPEAKING_NOT_AUDIBLE"])
    keys = [
        (f"v{v}", 900 + n * 0.04, f"v{v}_0900_0960:{f}", f) for v in range(videos) for n in range(rows) for f in (0, 1)
    ]
    truth = pl.DataFrame(
        [(v, round(t, 2), 0.5 * f, 0.1, 0.5 * f + 0.3, 0.5, str(rng.choice(labels)), e) for v, t, e, f in keys],
        schema=ANNOTATIONS,
        orient="row",
    )
    scores = rng.permutation(len(truth)) / len(truth) + 0.4003 * (truth["label"] == SPEAKING).to_numpy()
    return truth, truth.with_columns(label=pl.lit(SPEAKING), score=pl.Series(scores))


def slowly(truth: pl.DataFrame, predictions: pl.DataFrame) -> float:
    """The official definition, row by row."""
    scores = {f"{float(r['timestamp'])}:{r['entity_id']}": r["score"] for r in predictions.iter_rows(named=True)}
    rows = [(scores[f"{float(r['timestamp'])}:{r['entity_id']}"], r["label"]) for r in truth.iter_rows(named=True)]
    found, precisions, recalls = 0, [], [0.0]
    total = sum(label == SPEAKING for _, label in rows)
    for rank, (_, label) in enumerate(sorted(rows, reverse=True), start=1):
        found += label == SPEAKING
        precisions.append(found / rank)
        recalls.append(found / total)
    for i in range(len(precisions) - 2, -1, -1):
        precisions[i] = max(precisions[i], precisions[i + 1])
    return sum((recalls[i + 1] - recalls[i]) * p for i, p in enumerate(precisions))


def shuffled(table: pl.DataFrame, seed: int) -> pl.DataFrame:
    return table.sample(fraction=1, shuffle=True, seed=seed)


def written(folder: Path, truth: pl.DataFrame, predictions: pl.DataFrame, header: bool = False) -> list[str]:
    truth.write_csv(folder / "truth.csv", include_header=header)
    predictions.write_csv(folder / "predictions.csv", include_header=header)
    return [str(folder / "truth.csv"), str(folder / "predictions.csv")]


@pytest.mark.parametrize(("truth", "predictions", "value"), PAIRS)
def test_the_official_values_whatever_the_order(ava_eval: Path, truth: str, predictions: str, value: float) -> None:
    left, right = read_annotations(ava_eval / truth), read_predictions(ava_eval / predictions)
    assert match(left, right).average_precision() == pytest.approx(value, abs=1e-12)
    found = {match(shuffled(left, seed), shuffled(right, seed + 9)).average_precision() for seed in range(3)}
    assert found == {match(left, right).average_precision()}


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_definition_row_by_row(seed: int) -> None:
    truth, predictions = made(seed)
    assert predictions["score"].n_unique() == len(predictions)
    expected = slowly(truth, predictions)
    assert 0.3 < expected < 1.0
    for other in (predictions, shuffled(predictions, seed)):
        assert match(truth, other).average_precision() == pytest.approx(expected, abs=1e-12)


def test_each_row_of_the_truth_gets_its_own_score_also_where_hashes_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, predictions = made()
    for _ in range(2):
        rows = match(shuffled(truth, 1), shuffled(predictions, 2)).rows
        both = rows.join(predictions, on=["timestamp", "entity_id"], suffix="_given")
        assert len(both) == len(truth)
        assert (both["score"] == both["score_given"]).all()
        monkeypatch.setattr(matching, "_position", lambda truth, predictions: None)


def test_ties_enter_together() -> None:
    truth, predictions = made()
    level = predictions.with_columns(pl.col("score").round(1))
    values = {match(shuffled(truth, s), shuffled(level, s + 5)).average_precision() for s in range(5)}
    assert len(values) == 1
    constant = match(truth, predictions.with_columns(score=pl.lit(0.5)))
    assert constant.average_precision() == pytest.approx(constant.target.mean())


def test_repeated_keys_are_named() -> None:
    truth, predictions = made()
    with pytest.raises(UserError, match=r"1 keys .* in the predictions, such as 900\.0:v0_0900_0960:0"):
        match(truth, pl.concat([predictions, predictions[:1]]))
    with pytest.raises(
        UserError, match=r"2 keys .* in the truth, such as 900\.0:v0_0900_0960:0, 900\.0:v0_0900_0960:1"
    ):
        match(pl.concat([truth, truth[:2]]), predictions)
    # As many rows on both sides, which the official script would take.
    with pytest.raises(UserError, match="in the predictions"):
        match(truth, pl.concat([predictions[1:], predictions[1:2]]))


def test_keys_that_do_not_match_are_named_in_either_direction() -> None:
    truth, predictions = made()
    with pytest.raises(
        UserError, match=r"^1 of 480 rows of the truth have no prediction, such as 900\.0:v0_0900_0960:0$"
    ):
        match(truth, predictions[1:])
    with pytest.raises(UserError, match=r"^1 of 480 predictions have no row in the truth, such as 900\.0:v0"):
        match(truth[1:], predictions)
    moved = predictions.with_columns(
        pl.when(pl.col("timestamp") > 901).then(pl.col("timestamp") + 0.01).otherwise("timestamp")
    )
    with pytest.raises(UserError, match=r"rows of the truth have no prediction.*; \d+ of 480 predictions have no row"):
        match(truth, moved)


def test_removed_videos_are_left_out_only_on_request_and_counted() -> None:
    truth, predictions = made()
    some = predictions.filter(pl.col("video_id") != "v2")
    with pytest.raises(
        UserError, match=r"120 of 480 .*; no prediction at all for 1 video \(120 rows\): allow_missing=true"
    ):
        match(truth, some)
    found = match(truth, some, allow_missing=True)
    assert (found.missing_videos, found.missing_rows, len(found.rows)) == (("v2",), 120, 360)
    there = truth.filter(pl.col("video_id") != "v2")
    assert found.average_precision() == match(there, some).average_precision()
    with pytest.raises(UserError, match=r"^1 of 360 rows of the truth have no prediction"):
        match(truth, some[:-1], allow_missing=True)
    with pytest.raises(UserError, match="predictions have no row in the truth"):
        match(there, predictions, allow_missing=True)


def test_no_speaking_row_is_an_error_not_a_crash() -> None:
    truth, predictions = made()
    with pytest.raises(UserError, match="average precision is not defined"):
        match(truth.with_columns(label=pl.lit("NOT_SPEAKING")), predictions)


def test_interval_holds_the_value_and_follows_the_seed() -> None:
    matched = match(*made(videos=12))
    low, high = bootstrap_interval(matched, 500, seed=1)
    assert 0 < low < matched.average_precision() < high < 1
    assert bootstrap_interval(matched, 500, seed=1) == (low, high)
    assert bootstrap_interval(matched, 500, seed=2) != (low, high)
    with pytest.raises(UserError, match="at least 2 videos"):
        bootstrap_interval(match(*made(videos=1)), 100)


def test_interval_of_equal_videos_is_a_point() -> None:
    truth, predictions = made(videos=1)
    copies = [
        [t.with_columns(pl.col("video_id", "entity_id").str.replace("v0", f"v{n}")) for t in (truth, predictions)]
        for n in range(5)
    ]
    matched = match(*(pl.concat(parts) for parts in zip(*copies, strict=True)))
    assert bootstrap_interval(matched, 50) == pytest.approx((matched.average_precision(),) * 2)


def faces(widths: list[float], times: list[float], labels: list[str]) -> Matched:
    rows = [
        ("v" if n % 2 else "w", t, 0.2, 0.0, 0.2 + w, 1.0, x, f"e:{n}")
        for n, (w, t, x) in enumerate(zip(widths, times, labels, strict=True))
    ]
    truth = pl.DataFrame(rows, schema=ANNOTATIONS, orient="row")
    return Matched(truth.with_columns(score=pl.Series(np.linspace(1, 0.1, len(rows)))))


def test_sizes_are_of_the_faces_width_in_pixels() -> None:
    matched = faces([0.05, 0.0999, 0.1, 0.1999, 0.2, 0.5], [1, 2, 3, 4, 5, 6], [SPEAKING, *["NOT_SPEAKING"] * 5])
    assert [p.rows for p in by_size(matched)] == [2, 2, 2]
    assert [p.rows for p in by_size(matched, 1280)] == [0, 2, 4]
    assert [p.rows for p in by_size(matched, {"v": 640, "w": 6400})] == [1, 1, 4]
    small, middle, _ = by_size(matched)
    assert (small.positives, small.average_precision) == (1, 1.0)
    assert (middle.positives, middle.average_precision) == (0, None)
    assert "of the picture" in small.definition
    assert by_size(matched, 640)[0].definition == "face narrower than 64 px"
    with pytest.raises(UserError, match="No picture width for 1 video, such as 'w'"):
        by_size(matched, {"v": 640})


def test_number_of_faces_is_of_the_same_frame_of_the_same_video() -> None:
    truth, predictions = made(videos=2)
    alone = truth["entity_id"].str.ends_with(":0") | (truth["timestamp"] < 901)
    matched = match(truth.filter(alone), predictions.filter(alone))
    one, two, three, many = by_faces(matched)
    assert (one.rows, two.rows, three.rows, many.rows) == (2 * 35, 2 * 2 * 25, 0, 0)
    expected = match(
        truth.filter(alone & (truth["timestamp"] > 900.99)), predictions.filter(alone & (truth["timestamp"] > 900.99))
    )
    assert one.average_precision == expected.average_precision()
    assert one.positives == expected.target.sum()


def test_the_command_prints_the_value_on_the_first_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, predictions = made()
    expected = match(truth, predictions).average_precision()
    for header in (False, True):
        assert main(written(tmp_path, truth, shuffled(predictions, 1), header)) == 0
        first, second = capsys.readouterr().out.splitlines()
        assert first == repr(expected)
        assert second.startswith("average precision over 480 rows, ")


def test_a_truth_of_several_folders_is_named_with_its_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, predictions = made(videos=2)
    for side, video in (("train", "v0"), ("val", "v1")):
        (tmp_path / "csv" / side).mkdir(parents=True)
        truth.filter(video_id=video).write_csv(tmp_path / "csv" / side / "rows.csv")
    predictions.filter(video_id="v1").write_csv(tmp_path / "scored.csv")
    assert main([str(tmp_path / "csv"), str(tmp_path / "scored.csv")]) == 2
    said = capsys.readouterr().err
    assert "120 of 240 rows of the truth have no prediction, such as 900.0:v0" in said
    assert f"the truth is all of {tmp_path / 'csv'}: train (1 file), val (1 file)" in said
    assert main([str(tmp_path / "csv" / "val"), str(tmp_path / "scored.csv")]) == 0


def test_the_command_starts_without_what_it_does_not_need() -> None:
    code = "import sys, avcur.metrics.ava.command; sys.exit(bool({'hydra', 'torch', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_command_takes_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, predictions = made()
    for name, table in (("truth", truth), ("scored", predictions)):
        (tmp_path / name).mkdir()
        for (video,), part in table.partition_by("video_id", as_dict=True).items():
            part.write_csv(tmp_path / name / f"{video}.csv", include_header=False)
    assert main([str(tmp_path / "truth"), str(tmp_path / "scored")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == repr(match(truth, predictions).average_precision())


def test_the_command_says_what_else_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, predictions = made()
    (tmp_path / "widths.csv").write_text("video_id,width\n" + "".join(f"v{n},{200 * (n + 1)}\n" for n in range(4)))
    paths = written(tmp_path, truth, predictions.filter(pl.col("video_id") != "v3"))
    asked = [
        "allow_missing=true",
        "bootstrap=50",
        "seed=3",
        "by=size,faces",
        f"widths={tmp_path}/widths.csv",
        "legacy=true",
    ]
    assert main([*paths, *asked]) == 0
    out = capsys.readouterr().out
    matched = match(truth, predictions.filter(pl.col("video_id") != "v3"), allow_missing=True)
    low, high = bootstrap_interval(matched, 50, seed=3)
    assert out.splitlines()[0] == repr(matched.average_precision())
    assert "left out: 1 video without predictions (120 rows)" in out
    assert f"interval {low!r} {high!r} (95 %, 50 resamples of videos, seed 3)" in out
    for words in ("legacy 0.", "face narrower than 64 px", "frames with 2 annotated faces", "no rows"):
        assert words in out
    legacy = float(next(line for line in out.splitlines() if line.startswith("legacy")).split()[1])
    assert legacy < matched.average_precision()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Give two paths"),
        (["bootstrap=0"], "bootstrap is '0'; give a whole number"),
        (["seed=x"], "seed is 'x'"),
        (["seed=1"], "seed changes nothing without bootstrap"),
        (["by=faces", "widths=x.csv"], "widths changes nothing without by=size"),
        (["picture_width=640"], "picture_width changes nothing without by=size"),
        (["legacy=yes"], "legacy is 'yes'; use true or false"),
        (["by=age"], "by has 'age'; use size or faces"),
        (["resamples=5"], "There is no option 'resamples'; there are allow_missing, bootstrap"),
        (["picture_width=640", "widths=x.csv"], "not both"),
        (["by=size", "widths=absent.csv"], "No CSV file at absent.csv"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    paths = written(tmp_path, *made())
    assert main([*paths, *words] if words else paths[:1]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert message in told.err
    assert told.err.count("\n") == 1


def test_the_process_is_light_and_its_errors_have_no_traceback(tmp_path: Path) -> None:
    paths = written(tmp_path, *made())
    heavy = ("torch", "sklearn", "scipy", "pandas", "hydra", "rich", "lightning")
    code = f"import sys; from avcur.metrics.ava.command import main; main({paths!r})"
    code += f"; sys.exit(bool(set({heavy!r}) & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
    command = [sys.executable, "-m", "avcur.metrics.active_speaker"]
    helped = subprocess.run([*command, "--help"], check=False, capture_output=True, text=True)
    assert (helped.returncode, helped.stdout.splitlines()[0].split()[0]) == (0, "usage:")
    failed = subprocess.run([*command, paths[0], "absent.csv"], check=False, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: There is no file or folder absent.csv")
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("header", [False, True])
def test_swapped_paths_are_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str], header: bool) -> None:
    paths = written(tmp_path, *made(), header)
    assert main(paths[::-1]) == 2
    assert capsys.readouterr().err.endswith("; are TRUTH and PREDICTIONS swapped?\n")
    Path(paths[1]).write_text("broken")
    assert main(paths) == 2
    assert "are TRUTH" not in capsys.readouterr().err


def test_a_part_without_rows_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _print_parts(by_size(faces([0.05, 0.1], [1, 2], [SPEAKING, "NOT_SPEAKING"])))
    small, middle, large = (line for line in capsys.readouterr().out.splitlines() if "face " in line)
    assert "1.0" in small
    assert "none speaks" in middle
    assert "no rows" in large
    assert main([*written(tmp_path, *made(videos=1)), "by=faces"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("of 1 video")
    assert ["no rows" in line for name in ("1 face ", "2 faces") for line in lines if f"│ {name}" in line] == [
        True,
        False,
    ]
