"""Stand-ins for the places that AVA is downloaded from."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from avcur.sources.ava.archives import ARCHIVES
from avcur.sources.ava.download import WORK
from avcur.sources.ava.fetch import Fetcher
from avcur.sources.ava.published_copies import PublishedCopies
from tests.helpers.ava import rows, write_rows
from tests.helpers.server import Server


def copies(server: Server, root: Path, min_height: int = 0, **names: str) -> PublishedCopies:
    return PublishedCopies(Fetcher(), root / WORK, min_height, names, base=server.address)


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def put_archives(server: Server, tmp_path: Path) -> None:
    for subset, folder in (("train", "ava_activespeaker_train_v1.0"), ("val", "ava_activespeaker_test_v1.0")):
        csv = write_rows(tmp_path / "made" / subset, rows(subset, "1", 1.0, 5)).read_bytes()
        server.files[f"/{ARCHIVES[subset]}"] = archive({f"{folder}/{subset}-activespeaker.csv": csv, "README": b""})


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
