from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.records import Measurement, Track
from avcur.signals.base import ClipMedia
from avcur.signals.exposure import Exposure
from avcur.signals.faces import Faces
from avcur.signals.media import spread
from avcur.signals.sharpness import Sharpness, laplacian_variance
from tests.helpers.media import noise
from tests.signals.clips import CENTRE, picture, sound

Image = NDArray[np.uint8]


def _texture(height: int = 240, width: int = 320, contrast: float = 1.0, blur: float = 0.0) -> Image:
    """Soft random shapes, as edges of many sizes."""
    rng = np.random.default_rng(3)
    grey = np.zeros((height, width), np.float32)
    for octave in (8, 16, 32, 64):
        coarse = rng.normal(0, 18, (octave, octave)).astype(np.float32)
        grey += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    if blur:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), blur), np.float32)
    return np.repeat(np.clip(128 + contrast * grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def _values(found: dict[str, Measurement]) -> dict[str, float | str | None]:
    return {name: m.value if m.state == "ok" else m.reason for name, m in found.items()}


def test_faces_are_counted_over_the_sampled_frames(tmp_path: Path) -> None:
    small = (0.0, 0.0, 0.1, 0.1)
    media = picture(tmp_path, [_texture()] * 20, [(CENTRE,), (small, CENTRE), (), (CENTRE,)])
    found = _values(Faces().measure(media))
    assert found["face_presence"] == pytest.approx(0.75)
    assert found["num_faces"] == pytest.approx(1.0)
    assert found["face_size"] == pytest.approx(np.sqrt(160 * 120))
    assert found["detection_confidence"] == pytest.approx((0.99 + 0.97 + 0.99) / 3)


def test_a_track_counts_its_own_face_only(tmp_path: Path) -> None:
    mine, other = (0.0, 0.0, 0.3, 0.4), (0.4, 0.2, 1.0, 1.0)
    track = Track(0.0, (mine,) * 20, (True,) * 20)
    media = picture(tmp_path, [_texture()] * 20, [(other, mine), (other,), (mine,), (other,)], track)
    found = _values(Faces().measure(media))
    assert found["face_presence"] == pytest.approx(0.5)
    assert found["face_size"] == pytest.approx(np.sqrt(96 * 96))
    assert found["num_faces"] == pytest.approx(1.25)


def test_a_picture_without_a_face_has_presence_0_and_nothing_to_judge(tmp_path: Path) -> None:
    media = picture(tmp_path, [_texture()] * 10, [(), ()])
    found = _values(Faces().measure(media) | Sharpness().measure(media))
    assert (found["face_presence"], found["num_faces"]) == (0.0, 0.0)
    assert {found[n] for n in ("face_size", "detection_confidence", "sharpness", "laplacian_variance")} == {"no face"}


@pytest.mark.parametrize("signal", [Faces(), Sharpness(), Exposure(), Exposure(of="face")])
def test_sound_is_not_applicable(tmp_path: Path, signal: Faces | Sharpness | Exposure) -> None:
    found = signal.measure(sound(tmp_path, noise(0.5)))
    assert {(m.state, m.reason) for m in found.values()} == {("not_applicable", "no video stream")}


def test_windows_of_video_say_that_nobody_looked_for_faces(tmp_path: Path) -> None:
    media = picture(tmp_path, [_texture()] * 10, [])
    assert Faces().measure(media)["face_presence"].reason == "faces were not looked for"
    assert Exposure().measure(media)["brightness"].state == "ok"


def _sharp(tmp_path: Path, image: Image) -> dict[str, float]:
    tmp_path.mkdir(exist_ok=True)
    found = Sharpness().measure(picture(tmp_path, [image] * 5, [(CENTRE,)]))
    return {name: m.value or 0.0 for name, m in found.items()}


def test_blur_lowers_both_and_contrast_only_the_raw_value(tmp_path: Path) -> None:
    sharp = _sharp(tmp_path / "a", _texture())
    blurred = _sharp(tmp_path / "b", _texture(blur=4))
    faint = _sharp(tmp_path / "c", _texture(contrast=0.5))
    assert blurred["laplacian_variance"] < 0.3 * sharp["laplacian_variance"]
    assert blurred["sharpness"] < 0.5 * sharp["sharpness"]
    assert 0.2 < faint["laplacian_variance"] / sharp["laplacian_variance"] < 0.4  # a quarter, and the codec's own noise
    assert faint["sharpness"] == pytest.approx(sharp["sharpness"], rel=0.15)


def test_sharpness_does_not_follow_the_face_size_as_the_raw_value_does(tmp_path: Path) -> None:
    small = _sharp(tmp_path / "a", _texture())
    large = _sharp(
        tmp_path / "b", np.asarray(cv2.resize(_texture(), (640, 480), interpolation=cv2.INTER_CUBIC), np.uint8)
    )
    assert large["laplacian_variance"] < 0.4 * small["laplacian_variance"]
    assert large["sharpness"] == pytest.approx(small["sharpness"], rel=0.25)


def test_a_small_face_is_not_enlarged(tmp_path: Path) -> None:
    found = Sharpness().measure(picture(tmp_path, [_texture()] * 5, [((0.4, 0.4, 0.5, 0.6),)]))
    assert found["laplacian_variance"].state == "ok"
    assert found["sharpness"].state == "not_applicable"
    assert "smaller than 64 px" in str(found["sharpness"].reason)


def test_a_flat_face_has_no_sharpness(tmp_path: Path) -> None:
    found = Sharpness().measure(picture(tmp_path, [np.full((240, 320, 3), 99, np.uint8)] * 5, [(CENTRE,)]))
    assert found["sharpness"].reason == "face without contrast"


def test_laplacian_variance_of_a_single_point() -> None:
    image = np.zeros((9, 9), np.uint8)
    image[4, 4] = 10
    values = np.array([-40.0] + [10.0] * 4 + [0.0] * 76)
    assert laplacian_variance(image) == pytest.approx(values.var())


@pytest.mark.parametrize(("of", "expected"), [("frame", 80.0), ("face", 200.0)])
def test_brightness_of_frame_and_face(tmp_path: Path, of: str, expected: float) -> None:
    image = np.full((240, 320, 3), 40, np.uint8)
    image[60:180, 80:240] = 200
    media = picture(tmp_path, [image] * 10, [(CENTRE,), (CENTRE,)])
    found = Exposure(of=of).measure(media)["brightness"]  # type: ignore[arg-type]
    assert found.value == pytest.approx(expected, abs=2)


def test_brightness_of_an_unknown_part_is_refused() -> None:
    with pytest.raises(ValueError, match=r"signals\.exposure\.of"):
        Exposure(of="sky")  # type: ignore[arg-type]


def test_pictures_are_drawn_evenly_where_there_is_a_face(tmp_path: Path) -> None:
    levels = [np.full((64, 64, 3), 2 * i, np.uint8) for i in range(100)]
    faces = [(CENTRE,) if i >= 10 else () for i in range(20)]
    media = picture(tmp_path, levels, faces)
    media.num_frames = 4
    assert [round(float(f.mean())) // 10 * 10 for f in media.frames] == pytest.approx([110, 130, 160, 180], abs=10)
    assert [crop.shape for crop in media.face_crops] == [(32, 32)] * 4


def test_spread_takes_the_middle_of_each_stretch() -> None:
    assert spread(list(range(10)), 2) == [2, 7]
    assert spread([1, 2], 5) == [1, 2]


def test_a_clip_of_one_frame_is_measured(tmp_path: Path) -> None:
    media: ClipMedia = picture(tmp_path, [_texture()], [(CENTRE,)])
    assert Faces().measure(media)["face_presence"].value == 1.0
    assert Sharpness().measure(media)["sharpness"].state == "ok"
