from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from avcur.errors import DamagedCacheError, UserError
from avcur.media.encode import write_video
from avcur.media.errors import MediaError
from avcur.media.picture import ArrayPicture
from avcur.records import Standardised
from avcur.visual import chunks
from avcur.visual.look import Look
from avcur.visual.shots import ShotDetector
from avcur.visual.visual_pass import VisualPass
from tests.helpers.media import SquareDetector, face_frames, seen, timed_video

Centres = list[tuple[float, float] | None]


def _video(path: Path, *faces: Sequence[tuple[float, float] | None], size: int = 60) -> Path:
    write_video(path, face_frames(faces, size), 25)
    return path


def _times(look: Look) -> list[int]:
    return [int(look.sample[s]) for s in look.face_sample]


@pytest.mark.parametrize("stride", [2, 5, 25])
@pytest.mark.parametrize("count", [1, 24, 25, 49, 251])
def test_every_sample_is_the_frame_whose_number_it_has(tmp_path: Path, count: int, stride: int) -> None:
    """A face that moves by a pixel a frame says by its place which frame it was found in."""
    path = _video(tmp_path / "a.mp4", [(35 + i, 120.0) for i in range(count)])
    look = seen(path, stride=stride, follow_stride=min(8, stride))
    assert look.num_frames == count
    places = (look.face_box[:, 0] + look.face_box[:, 2]) / 2 * 320 - 35
    np.testing.assert_allclose(places, _times(look), atol=0.6)
    assert _times(look)[-1] == count - 1
    assert np.diff(look.sample).max(initial=0) <= max(stride, 1)


def test_a_face_at_rest_is_searched_once_a_stride_and_followed_in_between(tmp_path: Path) -> None:
    detector = SquareDetector()
    look = seen(_video(tmp_path / "a.mp4", [(160.0, 120.0)] * 96), detector)
    assert detector.seen == 5, "frame 0, then the last of each 25, then the last"
    assert 6 <= np.diff(look.sample).max() <= 8
    assert len(look.face_sample) == len(look.sample)


def test_where_a_face_moves_samples_lie_close(tmp_path: Path) -> None:
    still: Centres = [(60.0, 120.0)] * 48
    moving: Centres = [(60.0 + 4 * i, 120.0) for i in range(48)]
    look = seen(_video(tmp_path / "a.mp4", still + moving))
    gaps = np.diff(look.sample)
    assert gaps[look.sample[1:] >= 56].max() <= 4
    assert gaps[look.sample[1:] < 40].max() >= 6


def test_where_a_face_comes_or_goes_its_first_and_last_frame_are_found(tmp_path: Path) -> None:
    look = seen(_video(tmp_path / "a.mp4", [None] * 31 + [(160.0, 120.0)] * 40 + [None] * 30))
    times = _times(look)
    assert 31 <= times[0] <= 33
    assert 68 <= times[-1] <= 70


def test_cuts_are_found_and_both_sides_sampled(tmp_path: Path) -> None:
    frames = list(face_frames([[(160.0, 120.0)] * 80]))
    other = [255 - frame for frame in frames[:33]]
    write_video(tmp_path / "a.mp4", frames[:40] + other + frames[:20], 25)
    look = seen(tmp_path / "a.mp4")
    assert look.cuts.tolist() == [40, 73]
    assert {0, 39, 40, 72, 73, 92} <= set(look.sample.tolist())


def test_cuts_count_by_time_at_a_variable_rate(tmp_path: Path) -> None:
    """Frames 0.1 s apart: on the 25 fps grid the tenth picture is on show from frame 25 on."""
    detector = ShotDetector()
    pictures = [ArrayPicture(np.full((48, 64, 3), 40 if i < 10 else 220, np.uint8)) for i in range(20)]
    assert [i for i, picture in enumerate(pictures) if detector(i / 10, picture)] == [10]


def test_a_slow_fade_is_no_cut() -> None:
    detector = ShotDetector()
    assert not any(detector(i / 25, ArrayPicture(np.full((48, 64, 3), 4 * i, np.uint8))) for i in range(60))


def test_another_shape_of_picture_is_another_shot() -> None:
    detector = ShotDetector()
    shapes = [(48, 64), (48, 64), (36, 64), (36, 64)]
    pictures = [ArrayPicture(np.full((*shape, 3), 90, np.uint8)) for shape in shapes]
    assert [detector(i / 25, picture) for i, picture in enumerate(pictures)] == [False, False, True, False]


def test_samples_fall_on_frames_of_both_parities(tmp_path: Path) -> None:
    """Else, in a source of 12.5 pictures a second, each would be compared with the same, or each with another one."""
    look = seen(_video(tmp_path / "a.mp4", [(160.0, 120.0)] * 200))
    odd = float((look.sample % 2).mean())
    assert 0.25 < odd < 0.75


def test_frames_have_their_brightness_difference_and_bars(tmp_path: Path) -> None:
    pictures = [np.full((120, 160, 3), 128, np.uint8) for _ in range(6)]
    for i, picture in enumerate(pictures):
        picture[:30] = 0
        picture[40:80, 40:80] = 128 + 20 * (i // 2)
    write_video(tmp_path / "a.mp4", pictures, 25)
    look = seen(tmp_path / "a.mp4")
    assert len(look.frame_time) == 6
    np.testing.assert_allclose(look.frame_time, np.arange(6) / 25, atol=1e-3)
    assert look.frame_luma[0] == pytest.approx(128 * 0.75, abs=2)
    assert np.isnan(look.frame_difference[0])
    assert (look.frame_difference[[2, 4]] > 1).all()
    assert (look.frame_difference[[1, 3, 5]] < 0.3).all()
    np.testing.assert_allclose(look.frame_bars, [[0.25, 0, 0, 0]] * 6, atol=0.02)
    assert look.thumb.shape == (2, 16, 16)


def test_a_decoded_picture_is_one_row_though_the_grid_shows_it_longer(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.12, 0.5, 0.7, 1.0]
    look = seen(timed_video(tmp_path / "a.mp4", times))
    np.testing.assert_allclose(look.frame_time, times, atol=2e-3)
    assert look.num_frames >= 26


def test_mouth_motion_and_shift_tell_a_moving_mouth_from_a_moving_head(tmp_path: Path) -> None:
    def talking(i: int) -> np.ndarray:
        (frame,) = face_frames([[(160.0, 120.0)]], size=80)
        frame[138:154, 145:175] = 160 if i % 2 else 255
        return frame

    write_video(tmp_path / "talk.mp4", [talking(i) for i in range(24)], 25)
    talk = seen(tmp_path / "talk.mp4")
    still = seen(_video(tmp_path / "still.mp4", [(160.0, 120.0)] * 24, size=80))
    moves = seen(_video(tmp_path / "move.mp4", [(100.0 + 2 * i, 120.0) for i in range(24)], size=80))
    assert np.nanmedian(talk.face_mouth_motion) > 5 * np.nanmedian(still.face_mouth_motion)
    assert np.nanmedian(talk.face_mouth_motion) > 2 * np.nanmedian(moves.face_mouth_motion)
    np.testing.assert_allclose(np.nanmedian(moves.face_shift, axis=0), (2 / 80, 0), atol=0.01)
    assert np.isnan(moves.face_shift[-1]).all(), "the last frame has no next one"


def test_small_faces_have_no_sharpness_and_are_not_enlarged(tmp_path: Path) -> None:
    small = seen(_video(tmp_path / "a.mp4", [(160.0, 120.0)] * 5, size=50), min_face=30)
    large = seen(_video(tmp_path / "b.mp4", [(160.0, 120.0)] * 5, size=90))
    assert np.isnan(small.face_sharpness).all()
    assert not np.isnan(large.face_sharpness).any()
    assert (small.face_laplacian > 0).all()


def test_large_pictures_come_in_small_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _video(tmp_path / "a.mp4", [(35.0 + i, 120.0) for i in range(60)])
    whole = seen(path, stride=4, follow_stride=4)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 320 * 240 * 3 // 2 * 5)
    assert np.array_equal(seen(path, stride=4, follow_stride=4).sample, whole.sample)
    look = seen(path)
    assert {4, 9, 14, 59} <= set(look.sample.tolist()), "shorter than a stride: at least its last frame is searched"
    places = (look.face_box[:, 0] + look.face_box[:, 2]) / 2 * 320 - 35
    np.testing.assert_allclose(places, _times(look), atol=0.6)


def test_a_pass_is_the_same_twice(tmp_path: Path) -> None:
    path = _video(tmp_path / "a.mp4", [(60.0 + 2 * i, 120.0) for i in range(60)], [(250.0, 100.0)] * 60)
    first, second = seen(path), seen(path)
    first.save(tmp_path / "1.npz")
    second.save(tmp_path / "2.npz")
    one, two = Look.load(tmp_path / "1.npz"), Look.load(tmp_path / "2.npz")
    for name in Look.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
        np.testing.assert_array_equal(getattr(one, name), getattr(first, name), err_msg=name)


def test_a_file_that_ends_early_says_so(tmp_path: Path) -> None:
    path = _video(tmp_path / "a.mp4", [(160.0, 120.0)] * 30)
    look = VisualPass(SquareDetector())(Standardised("r", path, None, 5.0))
    assert look.warning == "ends at 1.20 s though it promises 5.00 s"


def test_no_picture_is_an_error_and_odd_strides_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no video stream"):
        VisualPass(SquareDetector())(Standardised("r", None, None, 1.0))
    with pytest.raises(UserError, match="min_stride"):
        VisualPass(SquareDetector(), stride=4, follow_stride=8)
    with pytest.raises(UserError, match="min_face"):
        VisualPass(SquareDetector(), min_face=0)


@pytest.mark.parametrize("length", [0, 8, 500])
def test_a_damaged_look_says_what_to_delete(tmp_path: Path, length: int) -> None:
    seen(_video(tmp_path / "a.mp4", [(160.0, 120.0)] * 5)).save(tmp_path / "a.npz")
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:length])
    with pytest.raises(DamagedCacheError, match=r"a\.npz.*delete it"):
        Look.load(tmp_path / "a.npz")


def test_three_real_shots(real_media: Path) -> None:
    look = VisualPass()(Standardised("r", real_media / "derived" / "three_shots.mp4", None, 9.0), threads=2)
    assert look.cuts.tolist() == [75, 150]
    assert set(look.face_sample.tolist()) == set(range(len(look.sample)))
