"""YouTube by a stand-in for yt-dlp: nothing leaves the machine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from avcur.sources.ava.download import WORK
from avcur.sources.ava.fetch import AbsentError
from avcur.sources.ava.youtube import YouTube
from tests.helpers.downloads import FakeDlp, FakeError


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
