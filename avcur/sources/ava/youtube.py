"""Videos from where AVA's authors found them, by yt-dlp."""

from __future__ import annotations

import importlib
import logging
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avcur.errors import is_the_machines
from avcur.sources.ava.fetch import AbsentError
from avcur.sources.ava.published_copies import check_height, keep

NO_YT_DLP = "videos come from YouTube by yt-dlp; install it: pip install 'avcur[ava]'"
_ADDRESS = "https://www.youtube.com/watch?v="
_SIZES = ["res:720"]
"""Of several formats the one nearest to 720 px, larger ones last: faces are cropped to 112 px."""
_MERGED, _SINGLE = "bv*+ba/b", "b"
"""Picture and sound apart, which only ffmpeg can join, or one file with both."""


class _Quiet(logging.Logger):
    """Swallows yt-dlp's own lines: an error comes as an exception as well."""

    def __init__(self) -> None:
        super().__init__("yt_dlp", level=logging.CRITICAL + 1)


@dataclass
class YouTube:
    """Fetches by id. `module` is yt_dlp or what stands in for it; None: imported when first needed.

    `cookies` is a file in Netscape's format, which yt-dlp also writes to.
    """

    work: Path
    min_height: int
    proxy: str | None = None
    cookies: Path | None = None
    module: Any = None
    label: str = "YouTube"

    def fetch(self, video_id: str, out: Path) -> Path:
        """The video as `out/<id>.<ext>`; AbsentError with YouTube's reason where it is private, removed or too small.

        What is to be had is asked first, so that nothing too small is fetched; a broken transfer goes on later.
        """
        dlp = self._module()
        try:
            with dlp.YoutubeDL(self._options()) as downloader:
                found = downloader.extract_info(_ADDRESS + video_id, download=False)
                check_height(found.get("height"), self.min_height)
                found = downloader.extract_info(_ADDRESS + video_id, download=True)
        except dlp.utils.YoutubeDLError as error:
            cause = (getattr(error, "exc_info", None) or (None, None))[1]
            if cause is not None and is_the_machines(cause):
                raise cause from error
            raise AbsentError(_reason(error, video_id)) from error
        fetched = Path(found["requested_downloads"][0]["filepath"])
        return keep(fetched, out / f"{video_id}{fetched.suffix}", self.min_height)

    def _module(self) -> Any:
        if self.module is None:
            try:
                self.module = importlib.import_module("yt_dlp")
            except ImportError as error:
                raise AbsentError(NO_YT_DLP) from error
        return self.module

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {
            "outtmpl": {"default": str(self.work / "%(id)s.%(ext)s")}, "continuedl": True, "noplaylist": True,
            "format": _MERGED if shutil.which("ffmpeg") else _SINGLE, "format_sort": _SIZES,
            "quiet": True, "no_warnings": True, "noprogress": True, "logger": _Quiet(),
        }  # fmt: skip
        if self.proxy is not None:
            options["proxy"] = self.proxy
        if self.cookies is not None:
            options["cookiefile"] = str(self.cookies)
        return options


def _reason(error: Exception, video_id: str) -> str:
    """The first line of yt-dlp's message without colours, causes and what it says of itself."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip() or type(error).__name__
    line = text.splitlines()[0].partition(" (caused by ")[0]
    return re.sub(rf"^(?:ERROR:\s*)?(?:\[[^\]]+\]\s*)?(?:{re.escape(video_id)}:\s*)?", "", line)
