"""The published copies of videos, against a server on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcur.sources.ava.download import WORK
from avcur.sources.ava.fetch import AbsentError
from avcur.sources.ava.published_copies import FILE_NAMES
from tests.helpers.downloads import copies
from tests.helpers.server import Server


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
