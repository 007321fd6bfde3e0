from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.media.picture import ArrayPicture
from avcur.signals.sharpness import Sharpness
from avcur.visual.face_columns import face_rows
from avcur.visual.faces import Faces
from tests.helpers.looks import look_of
from tests.signals.clips import CENTRE, picture, values


def _texture(scale: int = 1, contrast: float = 1.0, blur: float = 0.0) -> NDArray[np.uint8]:
    """Soft random shapes, as edges of many sizes, 320 x 240 px or `scale` times that."""
    rng = np.random.default_rng(3)
    grey = np.zeros((240, 320), np.float32)
    for octave in (8, 16, 32, 64):
        coarse = rng.normal(0, 18, (octave, octave)).astype(np.float32)
        grey += cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    if blur:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), blur), np.float32)
    return np.repeat(np.clip(128 + contrast * grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def _sharp(image: NDArray[np.uint8]) -> dict[str, float]:
    """The signal of a clip whose face is the middle of an image, measured as the visual pass does."""
    shown = ArrayPicture(image)
    boxes = np.array([CENTRE]) * np.tile([shown.width, shown.height], 2)
    (row,) = face_rows(shown, Faces(boxes, np.ones(1), np.zeros((1, 5, 2))), 64)
    look = look_of({0: [CENTRE]}, 5, face_laplacian=np.array([row.laplacian]),
                   face_sharpness=np.array([row.sharpness]))  # fmt: skip
    return {name: m.value or 0.0 for name, m in Sharpness().measure(picture(look)).items()}


def test_blur_lowers_both_and_contrast_only_the_raw_value() -> None:
    sharp, blurred, faint = _sharp(_texture()), _sharp(_texture(blur=4)), _sharp(_texture(contrast=0.5))
    assert blurred["laplacian_variance"] < 0.3 * sharp["laplacian_variance"]
    assert blurred["sharpness"] < 0.5 * sharp["sharpness"]
    assert 0.2 < faint["laplacian_variance"] / sharp["laplacian_variance"] < 0.4
    assert faint["sharpness"] == pytest.approx(sharp["sharpness"], rel=0.15)


def test_sharpness_does_not_follow_the_face_size_as_the_raw_value_does() -> None:
    small, large = _sharp(_texture()), _sharp(_texture(scale=2))
    assert large["laplacian_variance"] < 0.4 * small["laplacian_variance"]
    assert large["sharpness"] == pytest.approx(small["sharpness"], rel=0.25)


def test_both_are_means_over_time_of_what_could_be_measured() -> None:
    look = look_of({0: [CENTRE], 20: [CENTRE], 24: [CENTRE]}, 25, face_laplacian=np.array([100.0, 200.0, 400.0]),
                   face_sharpness=np.array([np.nan, 0.2, 0.4]))  # fmt: skip
    found = values(Sharpness().measure(picture(look)))
    assert found["laplacian_variance"] == pytest.approx((100 * 10.5 + 200 * 12 + 400 * 2.5) / 25)
    assert found["sharpness"] == pytest.approx((0.2 * 12 + 0.4 * 2.5) / 14.5)


def test_a_face_below_the_fixed_size_has_a_raw_value_only() -> None:
    look = look_of({0: [(0.4, 0.4, 0.5, 0.6)]}, 5, face_sharpness=np.array([np.nan]))
    found = values(Sharpness().measure(picture(look)))
    assert found["laplacian_variance"] == 100.0
    assert "smaller than the size at which faces are compared" in str(found["sharpness"])
