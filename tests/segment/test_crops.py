from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.media.decode import frames
from avcur.media.encode import write_video
from avcur.media.errors import MediaError
from avcur.records import Track
from avcur.segment.crops import PADDING, square, write_crop, write_crops
from tests.helpers.media import face_frames


def _track(start: int, stop: int, boxes: tuple[float, float, float, float]) -> Track:
    return Track(start / 25, (boxes,) * (stop - start), (True,) * (stop - start))


def test_frame_i_of_a_crop_is_frame_i_of_its_track(tmp_path: Path) -> None:
    levels = [np.full((240, 320, 3), 5 * i, np.uint8) for i in range(40)]
    write_video(tmp_path / "a.mp4", levels, 25)
    tracks = [_track(5, 30, (0.2, 0.2, 0.5, 0.6)), _track(0, 12, (0.5, 0.2, 0.8, 0.6))]
    paths = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    write_crops(tmp_path / "a.mp4", tracks, paths)
    one, two = ([f.image for f in frames(path)] for path in paths)
    assert {image.shape for image in one + two} == {(112, 112, 3)}
    np.testing.assert_allclose([image.mean() for image in one], [5 * i for i in range(5, 30)], atol=2)
    np.testing.assert_allclose([image.mean() for image in two], [5 * i for i in range(12)], atol=2)


def test_a_crop_holds_the_face_and_its_scale_widens_it(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", face_frames([[(160.0, 120.0)] * 5], size=60), 25)
    track = _track(0, 5, (130 / 320, 90 / 240, 190 / 320, 150 / 240))
    write_crop(tmp_path / "a.mp4", track, tmp_path / "tight.mp4", size=64)
    write_crop(tmp_path / "a.mp4", track, tmp_path / "wide.mp4", size=64, scale=2.0)
    tight, wide = (next(frames(tmp_path / name)).image for name in ("tight.mp4", "wide.mp4"))
    assert tight.mean() > 200
    assert wide[24:40, 24:40].mean() > 200
    assert wide[:12].mean() < 80


def test_outside_the_picture_is_grey() -> None:
    image = np.full((100, 100, 3), 255, np.uint8)
    crop = square(image, (-0.2, 0.3, 0.2, 0.7), 40, 1.0)
    assert (crop[:, :19] == PADDING).all()
    assert (crop[:, 21:] == 255).all()


def test_a_video_that_ends_before_its_track_is_an_error(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", face_frames([[None] * 10]), 25)
    with pytest.raises(MediaError, match="has 10 frames but a track ends at frame 20"):
        write_crop(tmp_path / "a.mp4", _track(0, 20, (0.1, 0.1, 0.4, 0.4)), tmp_path / "c.mp4")
    assert not (tmp_path / "c.mp4").exists()
