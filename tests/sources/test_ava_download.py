"""Downloads against a server on this machine and a stand-in for yt-dlp: nothing leaves the machine."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from avcur.errors import UserError
from avcur.sources.ava import download, fetch
from avcur.sources.ava.archives import fetch_annotations
from avcur.sources.ava.download import MISSING, WORK, Outcome, fetch_videos, main, print_outcomes, wanted_videos
from avcur.sources.ava.fetch import AbsentError
from avcur.sources.ava.published_copies import FILE_NAMES
from avcur.sources.ava.youtube import YouTube
from tests.helpers.ava import rows, write_rows
from tests.helpers.downloads import FakeDlp, copies, put_archives
from tests.helpers.server import Server

A, B = "aaaaaaaaaaa", "bbbbbbbbbbb"


# Which videos.


def test_a_list_has_ids_or_file_names(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("-5KQ66BBWC4.mkv\n\n_7oWZq_s_Sk\n-5KQ66BBWC4.mkv\r\n")
    assert wanted_videos(tmp_path / "list.txt") == (["-5KQ66BBWC4", "_7oWZq_s_Sk"], {"-5KQ66BBWC4": "-5KQ66BBWC4.mkv"})
    write_rows(tmp_path / "csv" / "train" / "a-activespeaker.csv", rows("a", "1", 1.0, 3))
    write_rows(tmp_path / "csv" / "val_orig.csv", [*rows("c", "1", 1.0, 3), *rows("b", "1", 1.0, 3)])
    assert wanted_videos(tmp_path / "csv") == (["a", "b", "c"], {})
    with pytest.raises(UserError, match="no file or folder"):
        wanted_videos(tmp_path / "none")
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(UserError, match="names no video"):
        wanted_videos(tmp_path / "empty.txt")


def test_lines_of_a_list_that_name_no_video_are_told_before_anything_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.txt").write_text(f"{A}\nnot an id\n{B}.mkv\n\x1b[31mred\ntoo-short\nthis.one.csv\n")
    assert main(["videos", str(tmp_path / "list.txt"), str(tmp_path / "out")], ()) == 2
    said = capsys.readouterr().err
    assert "has 4 lines naming no video (line 2: 'not an id', line 4: '\\x1b[31mred', line 5: 'too-short')" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [("annotations",), ("videos", "list.txt")])
def test_a_file_as_out_is_refused(tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine")
    assert main([*words, str(tmp_path / "out")], ()) == 2
    assert "OUT is a file; give a folder" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


def test_an_empty_folder_of_what_is_under_way_is_removed(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{A}\n")
    assert main(["videos", str(tmp_path / "list.txt"), str(tmp_path / "out")], ()) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [MISSING]


# All together.


def test_each_video_comes_from_the_first_place_that_has_it_and_the_rest_is_listed(
    server: Server, tmp_path: Path, video: bytes
) -> None:
    server.files |= {f"/annotations/{FILE_NAMES}": b"a.mp4\nb.mp4\nc.mp4\n", "/trainval/a.mp4": video}
    out = tmp_path / "out"
    (out / "train").mkdir(parents=True)
    (out / "train" / "there.mkv").write_bytes(b"whole")
    dlp = FakeDlp({"b": (64, video), "c": "Video unavailable", "d": (64, video)})
    places = (copies(server, out, 64), YouTube(out / WORK, 64, module=dlp))
    outcomes = fetch_videos(["a", "b", "c", "d", "there"], out, places)
    reason = "published copy: status 404; YouTube: Video unavailable"
    assert outcomes == [
        Outcome("a", "fetched", "published copy"), Outcome("b", "fetched", "YouTube"),
        Outcome("c", "missing", reason=reason), Outcome("d", "fetched", "YouTube"), Outcome("there", "present"),
    ]  # fmt: skip
    assert sorted(p.name for p in out.glob("*.*") if p.is_file()) == ["a.mp4", "b.webm", "d.webm", MISSING]
    assert pl.read_csv(out / MISSING).rows() == [("c", reason)]
    again = fetch_videos(["a", "b", "d", "there"], out, ())
    assert {o.state for o in again} == {"present"}
    assert pl.read_csv(out / MISSING).rows() == [("c", reason)], "it was not asked for again"
    (out / "c.mkv").write_bytes(b"put there by hand")
    fetch_videos(["a"], out, ())
    assert pl.read_csv(out / MISSING).rows() == []
    console = Console(file=io.StringIO(), width=120)
    print_outcomes(console, outcomes)
    table = console.file.getvalue()  # type: ignore[attr-defined]
    assert reason in table
    assert "fetched (YouTube)" in table


def test_a_run_that_ends_early_has_said_what_was_missing(tmp_path: Path) -> None:
    class Gone:
        label = "gone"

        def fetch(self, video_id: str, out: Path) -> Path:
            if video_id == "b":
                raise KeyboardInterrupt
            raise AbsentError("removed, by its owner")

    (tmp_path / MISSING).write_text("id,reason\nc,as before\na,another reason\nodd\n")
    with pytest.raises(KeyboardInterrupt):
        fetch_videos(["a", "b", "c"], tmp_path, (Gone(),))
    assert pl.read_csv(tmp_path / MISSING).rows() == [("c", "as before"), ("a", "gone: removed, by its owner")]


def test_a_full_disk_ends_a_download_with_one_line(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "list.txt").write_text(f"{A}.mp4\n")
    server.files[f"/trainval/{A}.mp4"] = b"some bytes"
    monkeypatch.setattr(fetch.os, "fsync", full)
    out = tmp_path / "out"
    assert main(["videos", str(tmp_path / "list.txt"), str(out)], (copies(server, out, **{A: f"{A}.mp4"}),)) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: No space left on device; make room")


def test_the_commands_say_what_came_and_end_with_one_line_on_a_mistake(
    server: Server, tmp_path: Path, video: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_archives(server, tmp_path)
    monkeypatch.setattr(download, "fetch_annotations", lambda o, f: fetch_annotations(o, f, (server.address,)))
    assert main(["annotations", str(tmp_path / "csv")]) == 0
    assert f"val: 1 files in {tmp_path / 'csv' / 'val'}" in capsys.readouterr().out
    places = (YouTube(tmp_path / "out" / WORK, 0, module=FakeDlp({"train": (64, video), "val": "removed"})),)
    videos = ["videos", str(tmp_path / "csv"), str(tmp_path / "out")]
    assert main([*videos, "--limit", "1"], places) == 0
    assert "YouTube" in capsys.readouterr().out
    assert main(videos, places) == 0
    assert "removed" in capsys.readouterr().out
    assert main([*videos, "--cookies", str(tmp_path / "none")], places) == 2
    assert "is no file" in capsys.readouterr().err
    assert main([*videos, "--min-height", "-1"], places) == 2


def test_without_yt_dlp_the_extra_is_named_when_all_else_is_fetched(
    server: Server, tmp_path: Path, video: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "yt_dlp", None)
    server.files[f"/trainval/{B}.mp4"] = video
    (tmp_path / "list.txt").write_text(f"{A}.mp4\n{B}.mp4\n")
    out = tmp_path / "out"
    places = (copies(server, out, **{A: f"{A}.mp4", B: f"{B}.mp4"}), YouTube(out / WORK, 0))
    assert main(["videos", str(tmp_path / "list.txt"), str(out)], places) == 2
    assert (out / f"{B}.mp4").read_bytes() == video
    assert "error: 1 of the missing videos come from YouTube by yt-dlp; install it: pip install 'avcur[ava]'" in (
        capsys.readouterr().err
    )
