"""Downloads against a server on this machine and a stand-in for yt-dlp: nothing leaves the machine."""

from __future__ import annotations

import io
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from avcur.errors import UserError
from avcur.sources.ava import download, fetch
from avcur.sources.ava.archives import ARCHIVES, fetch_annotations
from avcur.sources.ava.download import MISSING, WORK, Outcome, fetch_videos, main, print_outcomes, wanted_videos
from avcur.sources.ava.fetch import AbsentError, Fetcher
from avcur.sources.ava.published_copies import FILE_NAMES, PublishedCopies
from avcur.sources.ava.youtube import YouTube
from tests.helpers.ava import rows, write_rows
from tests.helpers.media import numbered_video

A, B = "aaaaaaaaaaa", "bbbbbbbbbbb"


@dataclass
class Server:
    """Serves `files` with ranges; `cut` paths break off half-way once, `plain` ones know no ranges.

    `busy` has statuses with a Retry-After that a path answers with, one after the other, before it serves.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    busy: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.asked.append((self.path, wanted))
            if server.busy.get(self.path):
                self.answer(server.busy[self.path][0][0], None, b"", retry_after=server.busy[self.path].pop(0)[1])
                return
            content = server.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            first = 0 if wanted is None or self.path in server.plain else int(wanted[6:].partition("-")[0])
            if first >= len(content):
                self.answer(416, f"bytes */{len(content)}", b"")
                return
            part = content[first:]
            said = (
                f"bytes {first}-{len(content) - 1}/{len(content)}" if wanted and self.path not in server.plain else None
            )
            if self.path in server.cut:
                server.cut.remove(self.path)
                self.answer(206 if said else 200, said, part, sent=len(part) // 2)
            else:
                self.answer(206 if said else 200, said, part)

        def answer(
            self, status: int, content_range: str | None, body: bytes, sent: int | None = None,
            retry_after: str | None = None,
        ) -> None:  # fmt: skip
            self.send_response(status)
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Length", str(len(body)))
            if content_range:
                self.send_header("Content-Range", content_range)
            self.end_headers()
            self.wfile.write(body[:sent])
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    state.address = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A second of video, 64 px high."""
    return numbered_video(tmp_path_factory.mktemp("video") / "v.mp4", 25).read_bytes()


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


# Files over HTTP.


def test_a_broken_transfer_goes_on_where_it_stopped(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_PIECE", 1024)
    server.files["/a"] = bytes(range(256)) * 40
    server.cut.add("/a")
    path = Fetcher()(f"{server.address}/a", tmp_path / "a", tmp_path / "a.part")
    assert path.read_bytes() == server.files["/a"]
    assert server.asked == [("/a", None), ("/a", "bytes=5120-")]
    assert not (tmp_path / "a.part").exists()


def test_what_another_run_left_is_gone_on_with(server: Server, tmp_path: Path) -> None:
    server.files["/a"] = server.files["/b"] = server.files["/c"] = b"0123456789"
    server.plain.add("/b")
    for name, partial in (("a", b"0123"), ("b", b"01"), ("c", b"0123456789")):
        (tmp_path / f"{name}.part").write_bytes(partial)
        Fetcher()(f"{server.address}/{name}", tmp_path / name, tmp_path / f"{name}.part")
        assert (tmp_path / name).read_bytes() == b"0123456789"
    assert [wanted for _, wanted in server.asked] == ["bytes=4-", "bytes=2-", "bytes=10-"]


def test_a_partial_file_of_something_longer_is_begun_anew(server: Server, tmp_path: Path) -> None:
    server.files["/a"] = b"0123456789"
    (tmp_path / "a.part").write_bytes(b"another file, which was longer")
    Fetcher()(f"{server.address}/a", tmp_path / "a", tmp_path / "a.part")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_what_is_not_there_is_absent_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(AbsentError, match="status 404"):
        Fetcher()(f"{server.address}/none", tmp_path / "a", tmp_path / "a.part")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(AbsentError, match="after 2 attempts"):
        Fetcher(attempts=2)("http://127.0.0.1:9/none", tmp_path / "a", tmp_path / "a.part")


@pytest.mark.parametrize(
    ("status", "retry_after", "waits"),
    [
        (429, "7", 7.0), (429, "900", 60.0), (408, None, 5.0), (503, "0", 0.0), (500, "soon", 5.0),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 0.0), (503, "Wed, 21 Oct 2215 07:28:00 GMT", 60.0),
    ],
)  # fmt: skip
def test_a_server_that_is_not_ready_is_asked_again_when_it_says(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, retry_after: str | None, waits: float
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(fetch.time, "sleep", waited.append)
    server.files["/a"] = b"here"
    server.busy["/a"] = [(status, retry_after)]
    assert Fetcher()(f"{server.address}/a", tmp_path / "a", tmp_path / "a.part").read_bytes() == b"here"
    assert waited == [waits]
    server.busy["/a"] = [(status, retry_after)] * 9
    with pytest.raises(AbsentError, match=f"^status {status}, after 2 attempts$"):
        Fetcher(attempts=2)(f"{server.address}/a", tmp_path / "a", tmp_path / "a.part")
    assert waited == [waits, waits]


def test_a_proxy_is_asked_in_the_servers_place(server: Server, tmp_path: Path) -> None:
    server.files["http://elsewhere.invalid/a"] = b"by proxy"
    Fetcher(proxy=server.address)("http://elsewhere.invalid/a", tmp_path / "a", tmp_path / "a.part")
    assert (tmp_path / "a").read_bytes() == b"by proxy"


# Annotations.


def put_archives(server: Server, tmp_path: Path) -> None:
    for subset, folder in (("train", "ava_activespeaker_train_v1.0"), ("val", "ava_activespeaker_test_v1.0")):
        csv = write_rows(tmp_path / "made" / subset, rows(subset, "1", 1.0, 5)).read_bytes()
        server.files[f"/{ARCHIVES[subset]}"] = archive({f"{folder}/{subset}-activespeaker.csv": csv, "README": b""})


def test_annotations_come_into_folders_of_their_subset(server: Server, tmp_path: Path) -> None:
    put_archives(server, tmp_path)
    out = tmp_path / "csv"
    mirrors = (f"{server.address}/gone", server.address)
    folders = fetch_annotations(out, Fetcher(), mirrors)
    assert {name: [p.name for p in folder.iterdir()] for name, folder in folders.items()} == {
        "train": ["train-activespeaker.csv"], "val": ["val-activespeaker.csv"],
    }  # fmt: skip
    assert sorted(p.name for p in out.iterdir()) == ["train", "val"]
    asked = len(server.asked)
    fetch_annotations(out, Fetcher(), mirrors)
    assert len(server.asked) == asked


def test_an_archive_that_is_not_to_be_had_is_named_with_every_address(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train_v1\.0\.tar\.bz2; .*/one/.*status 404; .*/two/.*status 404"):
        fetch_annotations(tmp_path, Fetcher(), (f"{server.address}/one", f"{server.address}/two"))


@pytest.mark.parametrize(
    "content",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda _: archive({"folder/readme.txt": b"no annotations"}),
        lambda _: archive({"a/x.csv": b"1", "b/x.csv": b"2"}),
        lambda _: b"<html>",
    ],
    ids=["cut", "empty", "twice", "page"],
)
def test_a_broken_archive_leaves_no_folder(server: Server, tmp_path: Path, content: Callable[[bytes], bytes]) -> None:
    put_archives(server, tmp_path)
    name = f"/{ARCHIVES['train']}"
    whole = server.files[name]
    server.files[name] = content(whole)
    out = tmp_path / "csv"
    with pytest.raises(UserError, match="is no archive of annotations"):
        fetch_annotations(out, Fetcher(), (server.address,))
    assert [p.name for p in out.iterdir() if p.name != WORK] == []
    server.files[name] = whole
    assert set(fetch_annotations(out, Fetcher(), (server.address,))) == {"train", "val"}


def test_an_archive_writes_nowhere_else(server: Server, tmp_path: Path) -> None:
    put_archives(server, tmp_path)
    server.files[f"/{ARCHIVES['train']}"] = archive({"../../evil.csv": b"x", "/etc/evil2.csv": b"y"})
    fetch_annotations(tmp_path / "out" / "csv", Fetcher(), (server.address,))
    assert not (tmp_path / "evil.csv").exists()
    assert sorted(p.name for p in (tmp_path / "out" / "csv" / "train").iterdir()) == ["evil.csv", "evil2.csv"]


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


# The published copies.


def copies(server: Server, root: Path, min_height: int = 0, **names: str) -> PublishedCopies:
    return PublishedCopies(Fetcher(), root / WORK, min_height, names, base=server.address)


def test_the_published_copy_is_found_by_the_published_list(server: Server, tmp_path: Path, video: bytes) -> None:
    server.files |= {f"/annotations/{FILE_NAMES}": b"b.mkv\na.mp4\n", "/trainval/a.mp4": video}
    place = copies(server, tmp_path)
    assert place.fetch("a", tmp_path).read_bytes() == video
    assert not list((tmp_path / WORK).glob("a.*"))
    for unknown, reason in (("b", "status 404"), ("c", f"not in {FILE_NAMES}")):
        with pytest.raises(AbsentError, match=reason):
            place.fetch(unknown, tmp_path)
    assert [path for path, _ in server.asked].count(f"/annotations/{FILE_NAMES}") == 1


def test_a_small_picture_is_told_by_the_header_before_it_is_fetched(
    server: Server, tmp_path: Path, video: bytes
) -> None:
    server.files["/trainval/a.mp4"] = video + bytes(30_000_000)
    with pytest.raises(AbsentError, match="64 px high, less than 360"):
        copies(server, tmp_path, 360, a="a.mp4").fetch("a", tmp_path)
    assert not (tmp_path / WORK).exists()


def test_what_cannot_be_read_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.files["/trainval/a.mp4"] = b"<html>not a video</html>"
    with pytest.raises(AbsentError, match="not a media file"):
        copies(server, tmp_path, a="a.mp4").fetch("a", tmp_path)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


# YouTube.


class FakeError(Exception):
    exc_info = None


@dataclass
class FakeDlp:
    """Stands in for the module yt_dlp: videos as (height, bytes) or the message of an error."""

    videos: dict[str, tuple[int, bytes] | str]
    options: list[dict[str, Any]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    utils: Any = field(default_factory=lambda: SimpleNamespace(YoutubeDLError=FakeError))

    def YoutubeDL(self, options: dict[str, Any]) -> Any:  # noqa: N802
        self.options.append(options)
        return FakeDownloader(self, options)


@dataclass
class FakeDownloader:
    module: FakeDlp
    options: dict[str, Any]

    def __enter__(self) -> FakeDownloader:
        return self

    def __exit__(self, *_: object) -> None: ...

    def extract_info(self, url: str, download: bool) -> dict[str, Any]:
        name = url.rpartition("=")[2]
        found = self.module.videos[name]
        if isinstance(found, str):
            raise FakeError(f"\x1b[0;31mERROR:\x1b[0m [youtube] {name}: {found}\nmore about it")
        height, content = found
        if not download:
            return {"id": name, "height": height}
        self.module.fetched.append(name)
        path = Path(self.options["outtmpl"]["default"] % {"id": name, "ext": "webm"})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return {"id": name, "height": height, "requested_downloads": [{"filepath": str(path)}]}


def test_what_youtube_has_comes_by_id_with_proxy_and_cookies_passed_on(tmp_path: Path, video: bytes) -> None:
    dlp = FakeDlp({"-a": (64, video)})
    place = YouTube(tmp_path / WORK, 64, "http://proxy:3128", tmp_path / "cookies.txt", dlp)
    assert place.fetch("-a", tmp_path) == tmp_path / "-a.webm"
    assert (tmp_path / "-a.webm").read_bytes() == video
    assert list((tmp_path / WORK).iterdir()) == []
    (options,) = dlp.options
    assert (options["proxy"], options["cookiefile"]) == ("http://proxy:3128", str(tmp_path / "cookies.txt"))
    assert options["continuedl"]
    YouTube(tmp_path / WORK, 0, module=dlp).fetch("-a", tmp_path)
    assert {"proxy", "cookiefile"}.isdisjoint(dlp.options[1])


def test_youtube_says_why_there_is_no_video_and_what_is_too_small_is_not_fetched(tmp_path: Path) -> None:
    dlp = FakeDlp({"a": "Private video. Sign in", "b": (240, b"")})
    place = YouTube(tmp_path / WORK, 360, module=dlp)
    with pytest.raises(AbsentError, match=r"^Private video\. Sign in$"):
        place.fetch("a", tmp_path)
    with pytest.raises(AbsentError, match="240 px high, less than 360"):
        place.fetch("b", tmp_path)
    assert dlp.fetched == []


def test_a_full_disk_is_no_fault_of_the_video(tmp_path: Path) -> None:
    class FullError(FakeError):
        exc_info = (OSError, OSError(28, "No space left on device"), None)

    dlp = FakeDlp({}, utils=SimpleNamespace(YoutubeDLError=FakeError))
    dlp.YoutubeDL = lambda _: (_ for _ in ()).throw(FullError("disk"))  # type: ignore[method-assign]
    with pytest.raises(OSError, match="No space left"):
        YouTube(tmp_path, 0, module=dlp).fetch("a", tmp_path)


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
