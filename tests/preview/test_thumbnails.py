from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.media.encode import write_video
from avcur.preview.thumbnails import HEIGHT, WIDEST, thumbnail
from avcur.records import Standardised, Track
from tests.helpers.media import audio_file, face_frames, number_of, numbered_video, tone

Image = NDArray[np.uint8]


def row(start: float, end: float, **values: Any) -> dict[str, Any]:
    return {"recording_id": "r", "start": start, "end": end, **values}


def picture(html: str) -> Image:
    """The JPEG inside an <img>, RGB."""
    found = re.search(r"base64,([^\"]+)\"", html)
    assert found, html[:200]
    data = np.frombuffer(base64.b64decode(found[1]), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


@pytest.mark.parametrize(("start", "end", "number"), [(0.0, 2.0, 25), (1.0, 3.0, 50), (3.96, 4.0, 99), (2.4, 2.44, 60)])
def test_a_picture_is_the_frame_in_the_middle_of_its_clip(
    tmp_path: Path, start: float, end: float, number: int
) -> None:
    media = Standardised("r", numbered_video(tmp_path / "a.mp4", 100), None, 4.0)
    assert number_of(picture(thumbnail(row(start, end), media, None))) == number


def test_the_face_of_the_track_is_marked_and_shown_beside_it(tmp_path: Path) -> None:
    centres = [(60 + 2 * i, 120) for i in range(50)]
    write_video(tmp_path / "a.mp4", face_frames([centres]), 25)
    box = [((x - 30) / 320, 90 / 240, (x + 30) / 320, 150 / 240) for x, _ in centres]
    media = Standardised("r", tmp_path / "a.mp4", None, 2.0)
    found = picture(thumbnail(row(0.4, 1.6, track=0), media, Track(0.0, tuple(box), (True,) * 50)))
    assert found.shape[0] == HEIGHT
    assert found.shape[1] <= WIDEST
    whole, face = found[:, : found.shape[1] - HEIGHT], found[:, -HEIGHT:]
    yellow = (whole[..., 0] > 180) & (whole[..., 1] > 150) & (whole[..., 2] < 110)
    columns = np.flatnonzero(yellow.any(axis=0))
    assert abs(columns.min() - whole.shape[1] * box[25][0]) <= 4
    assert abs(columns.max() - whole.shape[1] * box[25][2]) <= 4
    assert face[60:90, 60:90].min() > 150, "the bright square fills the middle"
    assert face[:15].max() < 110, "and has a margin"


def test_a_face_at_the_edge_and_a_track_elsewhere_are_survived(tmp_path: Path) -> None:
    media = Standardised("r", numbered_video(tmp_path / "a.mp4", 10), None, 0.4)
    for box in ((0.0, 0.0, 0.2, 0.9), (0.9, 0.5, 1.0, 1.0), (0.5, 0.5, 0.5, 0.5), (-1.0, -1.0, 2.0, 2.0)):
        for start in (0.0, 30.0):
            assert picture(thumbnail(row(0.0, 0.4), media, Track(start, (box,), (True,)))).shape[0] == HEIGHT


@pytest.mark.parametrize(("width", "height"), [(2000, 20), (20, 2000), (64, 64)])
def test_any_shape_fits(tmp_path: Path, width: int, height: int) -> None:
    rng = np.random.default_rng(0)
    write_video(tmp_path / "a.mp4", [rng.integers(0, 255, (height, width, 3), dtype=np.uint8)], 25)
    html = thumbnail(row(0.0, 0.04), Standardised("r", tmp_path / "a.mp4", None, 0.04), None)
    found = picture(html)
    assert found.shape[0] <= HEIGHT
    assert found.shape[1] <= WIDEST
    assert len(html) < 24_000, "noise is the worst that JPEG can meet"


def test_sound_alone_is_a_waveform(tmp_path: Path) -> None:
    waveform = np.concatenate([np.zeros(16_000, np.float32), tone(1.0)])
    media = Standardised("r", None, audio_file(tmp_path / "a.wav", waveform), 2.0)
    html = thumbnail(row(0.0, 2.0), media, None)
    heights = [float(b) - float(a) for a, b in re.findall(r"M\d+ ([\d.]+)V([\d.]+)", html)]
    assert len(heights) == 140
    assert max(heights[:69]) < 1
    assert min(heights[71:]) > 80
    assert "silence" in thumbnail(row(0.0, 0.9), media, None)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("<script>alert(1)</script>" * 20)
    missing = thumbnail(row(0, 1), Standardised("r", tmp_path / "<b>.mp4", None, 1.0), None)
    assert "does not exist" in missing
    assert "<b>" not in missing
    assert "empty file" in thumbnail(row(0, 1), Standardised("r", tmp_path / "empty.mp4", None, 1.0), None)
    assert "plain text" in thumbnail(row(0, 1), Standardised("r", tmp_path / "text.mp4", None, 1.0), None)
    assert "cannot be read" in thumbnail(row(0, 1), Standardised("r", None, tmp_path / "none.wav", 1.0), None)
    assert "neither" in thumbnail(row(0, 1), Standardised("r", None, None, 1.0), None)
    assert "not measured" in thumbnail(row(0, 1), None, None)
    video = numbered_video(tmp_path / "a.mp4", 5)
    assert "blank" in thumbnail(row(9.0, 10.0), Standardised("r", video, None, 10.0), None)
