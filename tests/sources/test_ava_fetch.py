"""Files over HTTP, against a server on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcur.sources.ava import fetch
from avcur.sources.ava.fetch import AbsentError, Fetcher
from tests.helpers.server import Server


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
