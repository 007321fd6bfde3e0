"""The copies of AVA's videos that CVDF keeps, by the names in its list."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

import av

from avcur.media.errors import MediaError
from avcur.media.probe import probe
from avcur.sources.ava.fetch import AbsentError, Fetcher

BASE = "https://s3.amazonaws.com/ava-dataset"
"""`<base>/trainval/<id>.<ext>`, and the list of the names in `<base>/annotations`."""
FILE_NAMES = "ava_speech_file_names_v1.txt"
"""The list of the videos of AVA Speech, which are those of ActiveSpeaker."""
_TIMEOUT = 15.0


@dataclass
class PublishedCopies:
    """Videos as they lie on CVDF's server: the full films, mp4, mkv or webm."""

    fetcher: Fetcher
    work: Path
    """Folder for partial files and the list."""
    min_height: int
    names: dict[str, str]
    """File names that are known already, by id; the list is only fetched for others."""
    base: str = BASE
    label: str = "published copy"
    _no_list: str | None = field(default=None, init=False, repr=False)

    def fetch(self, video_id: str, out: Path) -> Path:
        """The video as `out/<id>.<ext>`; AbsentError where there is none or its picture is too small."""
        name = self.names.get(video_id) or self._listed.get(video_id)
        if name is None:
            raise AbsentError(self._no_list or f"not in {FILE_NAMES}")
        url = f"{self.base}/trainval/{name}"
        check_height(self._remote_height(url), self.min_height)
        fetched = self.work / name
        if not fetched.exists():
            self.fetcher(url, fetched, self.work / f"{name}.part")
        return keep(fetched, out / name, self.min_height)

    @cached_property
    def _listed(self) -> dict[str, str]:
        path = self.work / FILE_NAMES
        if not path.exists():
            try:
                self.fetcher(f"{self.base}/annotations/{FILE_NAMES}", path, path.with_name(f"{FILE_NAMES}.part"))
            except AbsentError as reason:
                self._no_list = f"no list of file names: {reason}"
                return {}
        return file_names(path.read_text(encoding="utf-8", errors="replace"))

    def _remote_height(self, url: str) -> int | None:
        """Pixels by the header alone, before gigabytes are fetched; None where it cannot be read from afar."""
        options = {"http_proxy": self.fetcher.proxy} if self.fetcher.proxy else {}
        try:
            with av.open(url, options=options, timeout=_TIMEOUT) as container:
                return next((int(stream.height) for stream in container.streams.video), None)
        except (av.FFmpegError, OSError, ValueError):
            return None


def check_height(height: int | None, least: int) -> None:
    """AbsentError where a picture of so many px is too small; one of unknown size is not."""
    if height is not None and 0 < height < least:
        raise AbsentError(f"{height} px high, less than {least}")


def keep(fetched: Path, path: Path, min_height: int) -> Path:
    """Move a fetched file to its place once it can be read and is large enough; else remove it: AbsentError."""
    try:
        header = probe(fetched)
        if not header.has_video:
            raise AbsentError("it has no picture")
        check_height(header.displayed_size[1], min_height)
    except (MediaError, AbsentError) as error:
        fetched.unlink()
        raise AbsentError(str(error)) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    return fetched.replace(path)


def file_names(text: str) -> dict[str, str]:
    """The file names among the lines of a list by their ids, which have no dot; a line may be an id alone."""
    found = (PurePosixPath(line.strip()) for line in text.splitlines())
    return {path.stem: path.name for path in found if path.suffix}
