from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.errors import UserError
from avcur.media.encode import write_video
from avcur.media.errors import MediaError
from avcur.records import Standardised
from avcur.visual.look import Look
from avcur.visual.stills_pass import StillsPass, thirds
from tests.helpers.media import SquareDetector, face_frames


def look(path: Path, count: int, **parameters: object) -> Look:
    """Stills of a face that moves 1 px a frame, and is gone from frame 100 on."""
    centres = [(60.0 + i, 120.0) if i < 100 else None for i in range(count)]
    write_video(path, face_frames([centres]), 25)
    return StillsPass(SquareDetector(), **parameters)(Standardised("r", path, None, count / 25))  # type: ignore[arg-type]


def test_each_third_gives_its_pictures_evenly() -> None:
    assert thirds(90, (3, 2, 1)) == [5, 15, 25, 37, 52, 75]
    chosen = thirds(9000, (30, 30, 30))
    assert len(set(chosen)) == 90
    assert [sum(low <= i < low + 3000 for i in chosen) for low in (0, 3000, 6000)] == [30, 30, 30]
    assert set(np.diff(chosen).tolist()) == {100}


def test_short_recordings_give_fewer_and_none_twice() -> None:
    assert thirds(1, (30, 30, 30)) == [0]
    assert thirds(7, (30, 30, 30)) == list(range(7))
    assert thirds(8, (2, 0, 30)) == [0, 1, 5, 6, 7]
    assert thirds(100, (0, 0, 1)) == [83]


def test_faces_are_found_where_they_are(tmp_path: Path) -> None:
    seen = look(tmp_path / "a.mp4", 150, front=3, middle=2, end=1)
    assert (seen.width, seen.height, seen.num_frames) == (320, 240, 150)
    assert seen.sample.tolist() == [8, 25, 41, 62, 87, 125]
    assert seen.face_sample.tolist() == [0, 1, 2, 3, 4]
    centres = (seen.face_box[:, 0] + seen.face_box[:, 2]) / 2 * 320
    np.testing.assert_allclose(centres, 60 + seen.sample[:5], atol=2)
    assert (seen.face_probability > 0.9).all()
    assert (seen.face_luma > 150).all()


def test_each_still_has_its_row_and_thumbnail_and_nothing_moves(tmp_path: Path) -> None:
    seen = look(tmp_path / "a.mp4", 40, front=13, middle=13, end=13)
    assert len(seen.sample) == 39
    np.testing.assert_allclose(seen.frame_time, seen.sample / 25)
    np.testing.assert_allclose(seen.thumb_time, seen.sample / 25)
    assert seen.thumb.shape == (39, 16, 16)
    assert np.isnan(seen.frame_difference).all()
    assert np.isnan(seen.face_shift).all()
    assert np.isnan(seen.face_mouth_motion).all()
    assert len(seen.cuts) == 0


def test_recordings_without_a_picture_are_told(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no video stream"):
        StillsPass(SquareDetector())(Standardised("r", None, None, 2.0))
    (tmp_path / "a.mp4").write_bytes(b"text")
    with pytest.raises(MediaError, match="plain text"):
        StillsPass(SquareDetector())(Standardised("r", tmp_path / "a.mp4", None, 2.0))


@pytest.mark.parametrize(("counts", "message"), [((0, 0, 0), "one above 0"), ((3, -1, 3), "none below")])
def test_odd_counts_are_refused(counts: tuple[int, int, int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        StillsPass(SquareDetector(), *counts)


def test_real_faces_in_an_upright_portrait(real_media: Path) -> None:
    path = real_media / "broken" / "rotated90_portrait.mp4"
    seen = StillsPass(front=1, middle=1, end=1)(Standardised("r", path, None, 4.0))
    assert (seen.width, seen.height) == (540, 960)
    assert seen.face_sample.tolist() == [0, 1, 2]
    eyes, mouth = seen.face_landmarks[:, :2, 1].mean(axis=1), seen.face_landmarks[:, 3:, 1].mean(axis=1)
    assert (mouth > eyes + 0.03).all()
