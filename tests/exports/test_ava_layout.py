"""A rendered corpus in AVA's layout."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from avcur.errors import UserError
from avcur.exports.ava_layout import Layout, annotated, main
from avcur.media.probe import probe
from avcur.records import FPS
from avcur.sources.ava.annotations import LABELS, SPEAKING, read_annotations, tracks
from avcur.sources.synthetic.corpus import SyntheticSource
from avcur.sources.synthetic.scene import plan_scene, scene_cast, scene_kind

SMALL = ("--seed", "7", "--scenes", "4", "--identities", "4", "--seconds", "0.8", "1.0", "--workers", "0")


def settings(root: Path, **changes: int):  # type: ignore[no-untyped-def]
    source = SyntheticSource(root, seed=3, speakers=0, utterances=0, audio_clips=0, scene_seconds=(1.0, 1.2))
    return replace(source.settings, **changes)


def test_videos_and_annotations_lie_as_avas_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "corpus"
    assert main([str(out), *SMALL, "--video-start", "905"]) == 0
    printed = capsys.readouterr().out
    assert "train: 2 videos" in printed
    assert (
        f"source.root={out}/videos source.annotations={out}/annotations source.video_start=905 'tasks=[active_speaker]'"
        in printed
    )
    sides = {side: read_annotations(out / "annotations" / side) for side in ("train", "val")}
    videos = {path.stem: path for path in (out / "videos").glob("*.mp4")}
    assert {len(name) for name in videos} == {11}
    assert set(videos) == set(pl.concat(sides.values())["video_id"])
    assert set(sides["train"]["video_id"]).isdisjoint(sides["val"]["video_id"])
    for row in tracks(pl.concat(sides.values())).iter_rows(named=True):
        frames = round((probe(videos[row["video_id"]]).duration or 0) * FPS)
        assert (row["start"], row["num_rows"], row["fps"]) == (905.0, frames, 25.0)
        assert row["entity_id"].startswith(f"{row['video_id']}_0900_0960:")
    first = next(iter((out / "annotations" / "train").iterdir())).read_text().splitlines()[1].split(",")
    assert (len(first), first[1]) == (8, "905.04")


def test_a_second_run_renders_nothing_and_another_corpus_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "corpus"
    assert main([str(out), *SMALL]) == 0
    before = {path: path.stat().st_mtime_ns for path in (out / "videos").iterdir()}
    missing = next(iter(before))
    content = missing.read_bytes()
    missing.unlink()
    assert main([str(out), *SMALL]) == 0
    assert missing.read_bytes() == content
    assert all(path.stat().st_mtime_ns == time for path, time in before.items() if path != missing)
    assert main([str(out), *SMALL, "--val-share", "0.6"]) == 2
    assert "holds another corpus" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.99])
def test_no_person_is_on_both_sides(tmp_path: Path, share: float) -> None:
    layout = Layout(tmp_path, settings(tmp_path, identities=20, scenes=50), share)
    sides = layout.sides()
    casts = {side: {scene_cast(layout.settings, n) for n in sides if sides[n] == side} for side in ("train", "val")}
    assert casts["train"].isdisjoint(casts["val"])
    assert len(casts["val"]) == min(max(1, round(share * 10)), 9)
    assert sorted(sides) == list(range(50))


def test_labels_are_those_of_the_plan(tmp_path: Path) -> None:
    drawn = settings(tmp_path, identities=12, scenes=36)
    found = set()
    for number in range(36):
        scene = plan_scene(drawn, number)
        rows = annotated(scene, "s0003_00000")
        spoken = [bool(s) for actor in scene.actors for s in actor.speaking]
        assert (rows["label"] == SPEAKING).to_list() == spoken
        if (rows["label"] == LABELS[2]).any():
            assert scene_kind(drawn, number) == "silent_quiet"
            assert max(actor.mouth.opening.max() for actor in scene.actors) > 0.1
        found |= set(rows["label"])
        assert rows["entity_id"].n_unique() == len(scene.actors)
        assert rows.select(pl.col("x1", "y1", "x2", "y2").is_between(0, 1).all()).row(0) == (True,) * 4
    assert found == set(LABELS)


def test_what_makes_no_sense_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="--val-share is a share between 0 and 1"):
        Layout(tmp_path, settings(tmp_path), 1.0)
    with pytest.raises(UserError, match="give --identities 4 or more"):
        Layout(tmp_path, settings(tmp_path, identities=2))
    assert main([str(tmp_path / "out"), "--identities", "3"]) == 2
    assert "give an even number" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--seed", "-1"), "argument --seed: give a whole number from 0 to 9999, not '-1'"),
        (("--seed", "10000"), "from 0 to 9999, not '10000'"),
        (("--workers", "-1"), "argument --workers: give a whole number of at least 0, not '-1'"),
    ],
)
def test_a_number_out_of_range_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: tuple[str, str], said: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path / "corpus"), *option])
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(said)
    assert len(last) < 150
