"""The list of tracks that the field's loaders read."""

from pathlib import Path

import polars as pl
import pytest

from avcur.errors import UserError
from avcur.exports.ava_csv import write_annotations
from avcur.exports.loader_csv import by_track, loader_table, main, write_loader
from avcur.sources.ava.annotations import SPEAKING, read_annotations, read_loader, summary
from tests.exports.rows import table, track

A, B = "abcdefghijk_0900_0960:1", "abcdefghijk_0900_0960:2"


def test_the_lines_are_as_the_loaders_split_them(tmp_path: Path) -> None:
    other = "0123456789a_0960_1020:7"
    rows = table(track(A, "01x10"), track(other, "1111", step=1 / 30))
    write_annotations(tmp_path / "rows.csv", rows)
    assert main([str(tmp_path / "rows.csv"), str(tmp_path / "train_loader.csv")]) == 0
    lines = [line.split("\t") for line in (tmp_path / "train_loader.csv").read_text().splitlines()]
    assert [line[0] for line in lines] == [A, other]
    assert [int(line[1]) for line in lines] == [5, 4]
    assert [line[2] for line in lines] == ["25.0", "30.0"]
    assert [line[3] for line in lines] == ["[0, 1, 0, 1, 0]", "[1, 1, 1, 1]"]
    assert sorted(int(line[-1]) for line in lines) == [0, 1]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    rows = table(*(track(f"video{v:06d}_0900_0960:{n}", "0011" * (n + 5)) for v in range(3) for n in range(4)))
    made = loader_table(by_track(rows))
    write_loader(tmp_path / "val_loader.csv", made)
    assert read_loader(tmp_path / "val_loader.csv").equals(made)
    assert sorted(made["index"]) == list(range(12)) != made["index"].to_list()
    assert loader_table(by_track(rows), seed=1)["index"].to_list() != made["index"].to_list()


def test_the_orig_file_has_the_lists_rows_in_the_lists_order(tmp_path: Path) -> None:
    mixed = table(track(B, "110"), track(A, "0011x0")).sort("timestamp", "entity_id", descending=[True, False])
    write_annotations(tmp_path / "rows.csv", mixed)
    assert main([str(tmp_path / "rows.csv"), str(tmp_path / "l.csv"), "--orig", str(tmp_path / "val_orig.csv")]) == 0
    listed, orig = read_loader(tmp_path / "l.csv"), read_annotations(tmp_path / "val_orig.csv")
    speaking = (orig["label"] == SPEAKING).cast(pl.Int64)
    assert listed["labels"].list.explode().to_list() == speaking.to_list() == [0, 0, 1, 1, 0, 0, 1, 1, 0]
    raw = pl.read_csv(tmp_path / "val_orig.csv")
    assert raw.columns[1:3] == ["frame_timestamp", "entity_box_x1"]
    assert raw["label_id"].to_list() == [0, 0, 1, 1, 2, 0, 1, 1, 0]
    assert raw["instance_id"].to_list() == [f"{A}:{n}" for n in (0, 0, 1, 1, 2, 3)] + [f"{B}:{n}" for n in (0, 0, 1)]


def test_rows_that_cannot_be_told_apart_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"two rows at 900.04 s"):
        by_track(table(track(A, "01"), track(A, "0", start=900.04)))
    with pytest.raises(UserError, match="is in two videos"):
        by_track(table(track(A, "01"), track(A, "01", start=990, video="another")))
    assert main([str(tmp_path / "nothing.csv"), str(tmp_path / "out.csv")]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert not (tmp_path / "out.csv").exists()


def test_names_that_loaders_would_not_find_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_annotations(tmp_path / "rows.csv", table(track("film:1", "01", video="film")))
    assert main([str(tmp_path / "rows.csv"), str(tmp_path / "out.csv")]) == 0
    assert "warning: 1 tracks do not begin with an id of 11 characters (first 'film:1')" in capsys.readouterr().out


def test_real_annotations_become_a_list(real_media: Path, tmp_path: Path) -> None:
    for path in sorted((real_media / "annotations" / "ava").glob("*-activespeaker.csv")):
        rows = read_annotations(path)
        listed = loader_table(by_track(rows))
        write_loader(tmp_path / path.name, listed)
        assert read_loader(tmp_path / path.name).equals(listed)
        counts = summary(rows)
        assert (len(listed), listed["num_frames"].sum()) == (counts["tracks"], counts["rows"])
        assert listed["labels"].list.sum().sum() == counts[SPEAKING]
        assert by_track(rows).equals(rows)  # published files have this order
        assert listed["fps"].n_unique() == 1


def test_a_packed_list_is_read_like_a_plain_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_annotations(tmp_path / "rows.csv", table(track("videonumber_0900_0960:1", "0011")))
    words = [str(tmp_path / "rows.csv"), str(tmp_path / "l.csv.gz"), "--orig"]
    assert main([*words, str(tmp_path / "o.csv.gz")]) == 0
    assert read_loader(tmp_path / "l.csv.gz")["labels"].to_list() == [[0, 0, 1, 1]]
    assert len(read_annotations(tmp_path / "o.csv.gz")) == 4
    assert main([*words, str(tmp_path)]) == 2
    assert "--orig is a folder; give a .csv file" in capsys.readouterr().err
