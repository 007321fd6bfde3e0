"""AVA's forms: what is read, what is refused by file and line, and the rates that rounded times still tell."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from avcur.errors import UserError
from avcur.sources.ava.annotations import (
    ANNOTATIONS,
    LABELS,
    read_annotations,
    read_loader,
    read_predictions,
    summary,
    tracks,
)

ROWS = (
    "-vid,1440,0.1,0.2,0.3,0.4,NOT_SPEAKING,-vid_1440_1500:1\n"
    "-vid,1440.04,0.1,0.2,0.3,0.4,SPEAKING_AUDIBLE,-vid_1440_1500:1\n"
    "-vid,1440.07,0,0.2,1,0.4,SPEAKING_NOT_AUDIBLE,-vid_1440_1500:23:1\n"
)
ORIG = (
    "video_id,frame_timestamp,entity_box_x1,entity_box_y1,entity_box_x2,entity_box_y2,label,entity_id,label_id,instance_id\n"
    "-vid,1440,0.1,0.2,0.3,0.4,NOT_SPEAKING,-vid_1440_1500:1,0,-vid_1440_1500:1:0\n"
    "-vid,1440.04,0.1,0.2,0.3,0.4,SPEAKING_AUDIBLE,-vid_1440_1500:1,1,-vid_1440_1500:1:1\n"
    "-vid,1440.07,0,0.2,1,0.4,SPEAKING_NOT_AUDIBLE,-vid_1440_1500:23:1,2,-vid_1440_1500:23:1:0\n"
)
GOOD = "v,1,0,0,1,1,NOT_SPEAKING,v:1\n"


def written(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def track(entity: str, times: list[float], video: str = "v") -> pl.DataFrame:
    rows = [(video, round(time, 2), 0.1, 0.1, 0.2, 0.2, LABELS[0], entity) for time in times]
    return pl.DataFrame(rows, schema=ANNOTATIONS, orient="row")


def test_whole_and_broken_numbers_dashes_and_three_part_ids_are_read_as_they_are(tmp_path: Path) -> None:
    found = read_annotations(written(tmp_path, ROWS))
    assert found.schema == pl.Schema(ANNOTATIONS)
    assert found["timestamp"].to_list() == [1440.0, 1440.04, 1440.07]
    assert found["video_id"].to_list() == ["-vid"] * 3
    assert found["entity_id"][2] == "-vid_1440_1500:23:1"
    assert found["x1"].to_list() == [0.1, 0.1, 0.0]


def test_the_form_with_a_header_and_more_columns_is_the_same_in_any_order(tmp_path: Path) -> None:
    plain = read_annotations(written(tmp_path, ROWS))
    assert_frame_equal(read_annotations(written(tmp_path, ORIG, "val_orig.csv")), plain)
    lines = [line.split(",") for line in ORIG.splitlines()]
    turned = "\r\n".join(",".join(reversed(line)) for line in lines)
    assert_frame_equal(read_annotations(written(tmp_path, turned, "turned.csv")), plain)


def test_a_folder_is_its_files_by_name_packed_or_not_without_loader_lists(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("v", "b"), "b.csv")
    written(tmp_path, GOOD.replace("v", "a"), "a.csv.gz")
    written(tmp_path, "x:1\t1\t25\t[0]\t0\n", "val_loader.csv")
    written(tmp_path, "anything", "notes.txt")
    assert read_annotations(tmp_path)["video_id"].to_list() == ["a", "b"]


def test_a_folder_is_all_below_it_but_what_is_hidden(tmp_path: Path) -> None:
    for folder in ("val", "train/more", ".partial"):
        (tmp_path / folder).mkdir(parents=True)
        written(tmp_path / folder, GOOD.replace("v", folder[0]), "rows.csv")
    assert read_annotations(tmp_path)["video_id"].to_list() == ["t", "v"]


def test_predictions_have_a_score_with_and_without_a_header(tmp_path: Path) -> None:
    plain = "v,1,0,0,1,1,SPEAKING_AUDIBLE,v:1,0.25\nv,2,0,0,1,1,SPEAKING_AUDIBLE,v:1,1e-3\n"
    named = "video_id,frame_timestamp,entity_box_x1,entity_box_y1,entity_box_x2,entity_box_y2,label,entity_id,score\n"
    found = read_predictions(written(tmp_path, plain))
    assert found["score"].to_list() == [0.25, 0.001]
    assert_frame_equal(read_predictions(written(tmp_path, named + plain, "named.csv")), found)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("v,1.2.3,0,0,1,1,NOT_SPEAKING,v:1", "timestamp is '1.2.3', not a number"),
        ("v,nan,0,0,1,1,NOT_SPEAKING,v:1", "timestamp is 'nan'; it must be seconds"),
        ("v,-1,0,0,1,1,NOT_SPEAKING,v:1", "timestamp is '-1'; it must be seconds"),
        ("v,1,0,0,1,1,TALKING,v:1", "label is 'TALKING'; it must be one of NOT_SPEAKING, "),
        ("v,1,0,0,1,1,NOT_SPEAKING", "7 columns where an annotation has 8"),
        ("v,1,0,0,1,1,NOT_SPEAKING,v:1,0.5", "9 columns where an annotation has 8"),
        ("v,1,0.5,0,0.2,1,NOT_SPEAKING,v:1", "x2 is '0.2'; it may not be less than x1"),
        ("v,1,0,0.5,1,0.4,NOT_SPEAKING,v:1", "y2 is '0.4'; it may not be less than y1"),
        ("v,1,0,0,640,1,NOT_SPEAKING,v:1", "x2 is '640'; boxes are fractions"),
        ("v,1,0,0,1,1,NOT_SPEAKING,", "entity_id is ''"),
        (",1,0,0,1,1,NOT_SPEAKING,v:1", "video_id is ''"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, bad: str, words: str) -> None:
    path = written(tmp_path, GOOD + "\n" + bad + "\n" + GOOD)
    with pytest.raises(UserError) as caught:
        read_annotations(path)
    assert str(caught.value).startswith(f"{path}, line 3: {words}")


@pytest.mark.parametrize("name", ["orig.csv", "orig.csv.gz"])
def test_lines_are_counted_with_the_header(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, ORIG.replace("1440.04,0.1", "1440.04,x"), name)
    with pytest.raises(UserError, match=r"orig\.csv(\.gz)?, line 3: x1 is 'x', not a number"):
        read_annotations(path)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("v,1,0,0,1,1,NOT_SPEAKING,v:1,0.5", "line 1: label is 'NOT_SPEAKING'; a prediction's label is always"),
        ("v,1,0,0,1,1,SPEAKING_AUDIBLE,v:1,inf", "line 1: score is 'inf'; it must be a finite"),
        ("v,1,0,0,1,1,SPEAKING_AUDIBLE,v:1,", "line 1: score is '', not a number"),
        ("v,1,0,0,1,1,SPEAKING_AUDIBLE,v:1", "line 1: 8 columns where a prediction has 9"),
    ],
)
def test_a_bad_prediction_is_named_too(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_predictions(written(tmp_path, row + "\n"))


def test_files_without_rows_columns_or_text(tmp_path: Path) -> None:
    for text, words in (
        ("", "is empty"),
        (ORIG.splitlines()[0] + "\n", "has no rows"),
        (ORIG.replace("label,entity_id", "class,entity_id"), "lacks the column 'label'"),
        (ORIG.replace("label_id", "label"), "has the column 'label' twice"),
    ):
        with pytest.raises(UserError, match=words):
            read_annotations(written(tmp_path, text))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no \.csv or \.csv\.gz file"):
        read_annotations(tmp_path / "empty")
    with pytest.raises(UserError, match="no file or folder"):
        read_annotations(tmp_path / "absent.csv")
    (tmp_path / "broken.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UserError, match="Cannot read"):
        read_annotations(tmp_path / "broken.csv")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress((GOOD * 5000).encode())[:-20])
    with pytest.raises(UserError, match=r"Cannot read .*cut\.csv\.gz"):
        read_annotations(tmp_path / "cut.csv.gz")


@pytest.mark.parametrize("text", ["\n" + ROWS, ROWS.replace("\n", "\r\n\r\n"), "\ufeff" + ORIG + "\n\n", "\n" + ORIG])
def test_blank_lines_and_a_byte_order_mark_are_nothing(tmp_path: Path, text: str) -> None:
    expected = read_annotations(written(tmp_path, ROWS))
    assert_frame_equal(read_annotations(written(tmp_path, text, "other.csv")), expected)


def test_a_quote_that_is_never_closed_swallows_no_rows(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Cannot read"):
        read_annotations(written(tmp_path, GOOD + GOOD.replace("v:1", '"v:1') + GOOD))


def test_the_loader_list(tmp_path: Path) -> None:
    path = written(tmp_path, "a:1\t3\t25.0\t[0, 1, 2]\t0\nb:1\t1\t30\t[1]\t7\n", "val_loader.csv")
    found = read_loader(path)
    assert found.to_dict(as_series=False) == {
        "entity_id": ["a:1", "b:1"], "num_frames": [3, 1], "fps": [25.0, 30.0], "labels": [[0, 1, 2], [1]],
        "index": [0, 7],
    }  # fmt: skip
    for bad, words in (("a:1\t3\t25\t[0, 1]\t0", "as many entries"), ("a:1\t2\t25\tx\t0", "must be a list")):
        with pytest.raises(UserError, match=f"line 1: labels is .*{words}"):
            read_loader(written(tmp_path, bad + "\n", "bad_loader.csv"))


@pytest.mark.parametrize(
    ("rate", "told"), [(24, 24.0), (23.976, 24.0), (25, 25.0), (29.97, 30.0), (30, 30.0), (50, 50.0)]
)
def test_rates_are_told_from_rounded_times(rate: float, told: float) -> None:
    rows = pl.concat([track(f"v:{i}", [900.37 + i + n / rate for n in range(40)]) for i in range(3)])
    assert tracks(rows)["fps"].to_list() == pytest.approx([told] * 3, rel=5e-3)
    if told in (24.0, 25.0, 30.0):
        assert tracks(rows)["fps"].to_list() == [told] * 3


def test_tracks_bridge_gaps_and_keep_their_order() -> None:
    steps = [n / 25 for n in range(40) if not 10 < n < 30]
    rows = pl.concat([track("v:2", steps), track("w:1", [3.0], "w"), track("v:1", [5.0, 5.04, 5.08])])
    found = tracks(rows)
    assert found["entity_id"].to_list() == ["v:2", "w:1", "v:1"]
    assert found["num_rows"].to_list() == [21, 1, 3]
    assert found["start"].to_list() == [0.0, 3.0, 5.0]
    assert found["end"].to_list() == [1.56, 3.0, 5.08]
    assert found["fps"].to_list() == [25.0] * 3


@pytest.mark.parametrize(
    ("name", "counts", "fps"),
    [
        ("-FaXLcSFjUI-activespeaker.csv", (1, 74, 5382, 3697, 1626, 59), 30.0),
        ("hHgg9WI8dTk-activespeaker.csv", (1, 98, 6479, 3613, 2856, 10), 23.25),
        ("TzaVHtLXOzY-activespeaker.csv", (1, 93, 7575, 6321, 1214, 40), 25.0),
        ("activitynet_test_-FLn0aeA6EU_head3000.csv", (1, 26, 3000, 0, 3000, 0), 30.0),
        (".", (4, 291, 22436, 13631, 8696, 109), None),
    ],
)
def test_the_real_files_are_read_whole(real_media: Path, name: str, counts: tuple[int, ...], fps: float | None) -> None:
    found = read_annotations(real_media / "annotations" / "ava" / name)
    assert tuple(summary(found).values()) == counts
    assert fps is None or tracks(found)["fps"].to_list() == pytest.approx([fps] * counts[1], abs=2e-3)
