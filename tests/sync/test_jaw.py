from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.sync.jaw import JAW, UPPER_FACE, jaw_speeds

Image = NDArray[np.uint8]
SIZE = 112


def texture(seed: int = 0) -> NDArray[np.float32]:
    """Skin-like blobs, larger than a crop to either side."""
    noise = np.random.default_rng(seed).normal(0, 1, (SIZE + 40, SIZE + 40)).astype(np.float32)
    blobs = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.asarray(120 + 25 * blobs / blobs.std(), np.float32)


def seen(plane: NDArray[np.float32], x: float = 0.0, y: float = 0.0) -> NDArray[np.float32]:
    """A crop of a texture that moved right and down by (x, y) px."""
    by = np.array([[1, 0, 20 - x], [0, 1, 20 - y]], np.float32)
    return np.asarray(cv2.warpAffine(plane, by, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))


def face(jaw: float, x: float = 0.0, y: float = 0.0, gain: float = 1.0) -> Image:
    """A face moved by (x, y) px with a jaw that is down by `jaw` px more."""
    whole = seen(texture(), x, y)
    lower = round(0.7 * SIZE)
    whole[lower:] = seen(texture(), x, y + jaw)[lower:]
    return np.repeat(np.clip(gain * whole, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_a_falling_jaw_has_a_positive_speed() -> None:
    downs = np.array([0.0, 0.5, 1.5, 3.0, 2.0, 0.0])
    speeds = jaw_speeds(face(down) for down in downs)
    np.testing.assert_allclose(speeds, np.diff(downs, prepend=0.0) / 2, atol=0.12)  # the face is halved to 56 px


def test_the_head_may_move() -> None:
    speeds = jaw_speeds(iter([face(0), face(0, x=2, y=-1.5), face(1, x=0, y=0.5)]))
    np.testing.assert_allclose(speeds, [0, 0, 0.5], atol=0.12)


@pytest.mark.parametrize("gain", [0.3, 0.7, 1.4])
def test_brightness_does_not_matter(gain: float) -> None:
    downs = [0.0, 1.0, 2.5, 1.0]
    flicker = [1.0, 0.8, 1.1, 0.9]
    plain = jaw_speeds(face(down) for down in downs)
    np.testing.assert_allclose(jaw_speeds(face(down, gain=gain) for down in downs), plain, atol=0.06)
    flickering = jaw_speeds(face(down, gain=g) for down, g in zip(downs, flicker, strict=True))
    np.testing.assert_allclose(flickering, plain, atol=0.06)


def test_pictures_without_contrast_stand_still() -> None:
    black = np.zeros((SIZE, SIZE, 3), np.uint8)
    np.testing.assert_array_equal(jaw_speeds(iter([black, black + 9, black])), np.zeros(3))
    assert np.isfinite(jaw_speeds(iter([face(0), black, face(0)]))).all()


def test_no_picture_no_speed() -> None:
    assert jaw_speeds(iter([])).shape == (0,)


def test_pictures_are_not_held() -> None:
    downs = [0.0, 1.0, 3.0, 2.0]
    buffer = face(0)

    def reused() -> Iterator[Image]:
        for down in downs:
            buffer[:] = face(down)
            yield buffer

    np.testing.assert_array_equal(jaw_speeds(reused()), jaw_speeds(face(down) for down in downs))


def test_regions_lie_inside_the_crop_and_apart() -> None:
    for top, bottom, left, right in (JAW, UPPER_FACE):
        assert 0 <= top < bottom <= 1
        assert 0 <= left < right <= 1
    assert UPPER_FACE[1] < JAW[0]
