from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from avcur.signals.base import ClipMedia
from avcur.signals.source_format import SourceFormat
from tests.helpers.looks import look_of
from tests.helpers.media import noise
from tests.signals.clips import picture, sound, values


def _found(**source: object) -> dict[str, float | str | None]:
    media = picture(look_of({}, 5))
    standardised = replace(media.standardised, **source)  # type: ignore[arg-type]
    return values(SourceFormat().measure(ClipMedia(media.clip, standardised, media.segmentation, media.look)))


def test_the_shorter_side_and_the_rate_of_the_file() -> None:
    upright = _found(source_width=1080, source_height=1920, source_fps=29.97)
    assert upright == _found(source_width=1920, source_height=1080, source_fps=29.97)
    assert upright == {"source_resolution": 1080, "source_fps": 29.97}


def test_a_file_without_a_rate_or_a_picture(tmp_path: Path) -> None:
    assert _found(source_width=64, source_height=48)["source_fps"] == "no frame rate in the file"
    assert set(values(SourceFormat().measure(sound(tmp_path, noise(0.1)))).values()) == {"no video stream"}
