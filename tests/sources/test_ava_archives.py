"""AVA's archives of annotations, against a server on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from avcur.errors import UserError
from avcur.sources.ava.archives import ARCHIVES, fetch_annotations
from avcur.sources.ava.download import WORK
from avcur.sources.ava.fetch import Fetcher
from tests.helpers.downloads import archive, put_archives
from tests.helpers.server import Server


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
