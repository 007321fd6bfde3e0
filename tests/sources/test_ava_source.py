"""AVA as a source: which files are of which subset, and what must not become a recording or a label."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avcur.errors import UserError
from avcur.sources.ava.layout import content_of, rows_of_video, said_subsets, subset_of
from avcur.sources.ava.source import AvaSource
from avcur.sources.base import FACE_LABEL_SCHEMA, Subset
from tests.helpers.ava import corpus, rows, write_rows

SIDES = {"train": ("-aTrainingId", "b_trainingId"), "val": ("c-validation",)}


def source(root: Path, sides: dict[str, Any] = SIDES, **options: Any) -> AvaSource:
    videos, annotations = corpus(root, sides)
    return AvaSource(videos, annotations, **options)


def test_videos_are_recordings_under_their_id_with_the_published_side(tmp_path: Path) -> None:
    found = source(tmp_path).recordings()
    assert [(r.id, r.path.name, r.split) for r in found] == [
        ("-aTrainingId", "-aTrainingId.mp4", "train"), ("b_trainingId", "b_trainingId.mp4", "train"),
        ("c-validation", "c-validation.mp4", "val"),
    ]  # fmt: skip
    assert len({r.session for r in found}) == 3


@pytest.mark.parametrize(
    ("path", "subset"),
    [
        ("train/x-activespeaker.csv", "train"),
        ("ava_activespeaker_train_v1.0/x-activespeaker.csv", "train"),
        ("ava_activespeaker_val_v1.0/x-activespeaker.csv", "val"),
        ("ava_activespeaker_test_v1.0/x-activespeaker.csv", "val"),
        ("ava_activespeaker_test_for_activitynet2019/x-activespeaker.csv", "test"),
        ("test/x-activespeaker.csv", "test"),
        ("val/train_abcdefg-activespeaker.csv", "val"),
        ("train/csv/val-1234567-activespeaker.csv.gz", "train"),
        ("train_orig.csv", "train"),
        ("csv/val_orig.csv.gz", "val"),
        ("test_orig.csv", "test"),
        ("ava_activespeaker_val_v1.0.csv", "val"),
    ],
)
def test_the_path_says_the_subset(tmp_path: Path, path: str, subset: str) -> None:
    assert subset_of(tmp_path / path, tmp_path) == subset


def test_the_folder_given_may_be_that_of_one_subset(tmp_path: Path) -> None:
    folder = tmp_path / "ava_activespeaker_test_v1.0"
    assert subset_of(folder / "x-activespeaker.csv", folder) == "val"
    # A folder above the one that is given says nothing.
    plain = tmp_path / "train" / "annotations"
    with pytest.raises(UserError, match=r"source\.default_subset"):
        subset_of(plain / "x-activespeaker.csv", plain)
    assert subset_of(plain / "x-activespeaker.csv", plain, "val") == "val"


def test_the_paths_say_the_subset_of_each_video_as_far_as_they_do(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    write_rows(folder / "train" / "a-activespeaker.csv", rows("a", "1", 1.0, 5))
    write_rows(folder / "val_orig.csv", [*rows("b", "1", 1.0, 5), *rows("c", "1", 1.0, 5)])
    write_rows(folder / "d-activespeaker.csv", rows("d", "1", 1.0, 5))
    assert said_subsets(folder) == {"a": "train", "b": "val", "c": "val"}


def test_labels_say_who_speaks_where_and_when_in_the_file(tmp_path: Path) -> None:
    videos, annotations = corpus(tmp_path, {"val": ["v"]})
    write_rows(annotations / "val" / "v-activespeaker.csv", [
        *rows("v", "1", 1.0, 2, offset=900.0), *rows("v", "2", 2.0, 1, offset=900.0, label="SPEAKING_NOT_AUDIBLE"),
        *rows("v", "3", 3.0, 1, offset=900.0, label="NOT_SPEAKING"),
    ])  # fmt: skip
    labels = AvaSource(videos, annotations, video_start=900.0).face_labels()
    assert labels is not None
    assert dict(labels.schema) == FACE_LABEL_SCHEMA
    assert labels["time"].to_list() == pytest.approx([1.0, 1.04, 2.0, 3.0])
    assert labels["speaking"].to_list() == [True, True, False, False]
    assert labels["identity"].to_list() == ["v_1", "v_1", "v_2", "v_3"]
    assert labels.row(0)[2:6] == pytest.approx((0.2, 0.2, 0.4, 0.6))


def test_placeholder_labels_of_test_never_become_truth(tmp_path: Path) -> None:
    sides = {"train": ["t"], "ava_activespeaker_test_for_activitynet2019": ["u"]}
    videos, annotations = corpus(tmp_path, sides)
    both = AvaSource(videos, annotations, subsets=("train", "test"))
    assert [(r.id, r.split) for r in both.recordings()] == [("t", "train"), ("u", "test")]
    labels = both.face_labels()
    assert labels is not None
    assert labels["recording_id"].unique().to_list() == ["t"]
    assert AvaSource(videos, annotations, subsets=("test",)).face_labels() is None
    assert [r.id for r in AvaSource(videos, annotations).recordings()] == ["t"]


def test_what_has_no_other_half_is_named_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ava = source(tmp_path, {"train": [f"t{n:02d}" for n in range(15)], "val": ["v"], "test": ["u"]})
    for n in range(1, 14):
        (ava.root / f"t{n:02d}.mp4").unlink()
    (ava.root / "trailer.webm").touch()
    (ava.root / ".partial").mkdir()
    (ava.root / ".partial" / "t05.mp4").touch()
    assert [r.id for r in ava.recordings()] == ["t00", "t14", "v"]
    first, second = caplog.messages
    assert first == "Left out 1 videos without annotation: trailer"
    assert second.startswith("Left out 13 annotated videos that are not there: t01, t02")
    assert second.endswith("t10 and 3 more")
    labels = ava.face_labels()
    assert labels is not None
    assert set(labels["recording_id"]) == {"t00", "t14", "v"}


def test_what_would_be_twice_is_refused(tmp_path: Path) -> None:
    ava = source(tmp_path / "files")
    (ava.root / "train").mkdir()
    (ava.root / "train" / "b_trainingId.mkv").touch()
    with pytest.raises(UserError, match=r"'b_trainingId' is there twice: .*b_trainingId\.mp4 and .*b_trainingId\.mkv"):
        ava.recordings()
    sides = source(tmp_path / "sides", {"train": ["a", "b"], "val": ["b"]})
    with pytest.raises(UserError, match=r"'b' is annotated twice, .*\(train\) and .*\(val\)"):
        sides.recordings()
    forms = source(tmp_path / "forms")
    write_rows(forms.annotations / "train_orig.csv", rows("-aTrainingId", "1", 1.0, 5))
    with pytest.raises(UserError, match="'-aTrainingId' is annotated twice"):
        forms.recordings()


def test_a_corpus_in_which_nothing_matches_is_told(tmp_path: Path) -> None:
    ava = source(tmp_path, {"test": ["u"]})
    with pytest.raises(UserError, match=r"None of the 1 videos .* annotated in train and val"):
        ava.recordings()
    with pytest.raises(UserError, match="is not a folder"):
        AvaSource(tmp_path / "nowhere", ava.annotations).recordings()
    with pytest.raises(UserError, match="no file or folder"):
        AvaSource(ava.root, tmp_path / "nowhere").recordings()
    with pytest.raises(UserError, match=r"holds no \.csv"):
        AvaSource(ava.root, ava.root).recordings()
    with pytest.raises(UserError, match="'dev' is no subset of AVA"):
        AvaSource(ava.root, ava.annotations, subsets=("dev",))  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"source\.video_start"):
        replace(ava, video_start=-1.0)


def test_the_key_covers_the_annotations_bytes_and_not_their_place(tmp_path: Path) -> None:
    first, second = source(tmp_path / "a"), source(tmp_path / "b")
    assert first.key()["annotations"] == second.key()["annotations"]
    write_rows(second.annotations / "train" / "b_trainingId-activespeaker.csv", rows("b_trainingId", "1", 1.0, 26))
    assert first.key()["annotations"] != second.key()["annotations"]


def test_the_rows_of_one_video_are_found_in_every_layout(tmp_path: Path) -> None:
    expected = rows("b", "1", 1.0, 3)
    everything = [*rows("a", "1", 1.0, 3), *expected]
    write_rows(tmp_path / "own" / "b-activespeaker.csv", expected)
    write_rows(tmp_path / "whole" / "val.csv", everything)
    packed = tmp_path / "packed" / "val.csv.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress((tmp_path / "whole" / "val.csv").read_bytes()))
    (tmp_path / "whole" / "val_loader.csv").write_text("b_1\t3\t25\t[1, 1, 1]\t0\n")
    found = [rows_of_video(tmp_path / name, content_of(tmp_path / name), "b") for name in ("own", "whole", "packed")]
    assert all(each.equals(found[0]) and len(each) == 3 for each in found)
    assert rows_of_video(tmp_path / "own", content_of(tmp_path / "own"), "c").is_empty()


def test_a_subset_of_the_source_has_recordings_of_both_sides(tmp_path: Path) -> None:
    ava = source(tmp_path, {"train": [f"t{n:02d}" for n in range(12)], "val": ["v", "w", "x"]})
    kept = Subset(ava, clips=2).recordings()
    assert [r.split for r in kept] == ["train", "train", "val", "val"]


def test_labels_of_a_large_corpus_are_made_at_once(tmp_path: Path, real_media: Path) -> None:
    """The real files of three videos: every row becomes a label; nothing is decided row by row."""
    folder = real_media / "annotations" / "ava"
    (tmp_path / "videos").mkdir()
    for video in ("-FaXLcSFjUI", "TzaVHtLXOzY", "hHgg9WI8dTk", "-FLn0aeA6EU"):
        (tmp_path / "videos" / f"{video}.mkv").touch()
    ava = AvaSource(tmp_path / "videos", folder, default_subset="train", subsets=("train", "test"))
    assert {r.id: r.split for r in ava.recordings()} == {
        "-FLn0aeA6EU": "test", "-FaXLcSFjUI": "train", "TzaVHtLXOzY": "train", "hHgg9WI8dTk": "train",
    }  # fmt: skip
    labels = ava.face_labels()
    assert labels is not None
    assert labels["recording_id"].value_counts().sort("recording_id")["count"].to_list() == [5382, 7575, 6479]
    assert labels["identity"].n_unique() == 74 + 93 + 98
    assert 0 < labels["speaking"].mean() < 1  # type: ignore[operator]
