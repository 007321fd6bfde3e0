from __future__ import annotations

import numpy as np
import pytest

from avcur.media.picture import ArrayPicture
from avcur.visual.face_columns import face_rows, laplacian_variance, under
from avcur.visual.faces import Faces


def _faces(*boxes: tuple[float, float, float, float]) -> Faces:
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    middles = (corners[:, None, :2] + corners[:, None, 2:]) / 2
    return Faces(corners, np.full(len(corners), 0.95), np.repeat(middles, 5, axis=1))


def test_the_variance_of_a_single_points_laplacian() -> None:
    grey = np.zeros((9, 9), np.uint8)
    grey[4, 4] = 10
    # One -40 and four 10 among 81 pixels, mean 0.
    assert laplacian_variance(grey) == pytest.approx((40**2 + 4 * 10**2) / 81)


def test_a_box_beyond_the_picture_keeps_what_lies_inside() -> None:
    grey = np.arange(100, dtype=np.uint8).reshape(10, 10)
    assert under(grey, np.array([-5.0, -5, 3, 2])).shape == (2, 3)
    assert under(grey, np.array([8.0, 8, 30, 30])).shape == (2, 2)
    assert under(grey, np.array([50.0, 50, 60, 60])).shape == (1, 1)


def test_a_row_has_fractions_of_the_picture_and_levels_under_the_box() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[20:60, 40:120] = 200
    (row,) = face_rows(ArrayPicture(image), _faces((40, 20, 120, 60)), 64)
    assert row.box == pytest.approx((0.2, 0.2, 0.6, 0.6))
    assert (row.luma, row.contrast, row.probability) == (200.0, 0.0, 0.95)
    np.testing.assert_allclose(row.landmarks, [[0.4, 0.4]] * 5)
    assert np.isnan([row.sharpness, row.mouth_motion, *row.shift]).all()


def test_a_box_without_area_is_no_face() -> None:
    assert face_rows(ArrayPicture(np.zeros((50, 50, 3), np.uint8)), _faces((10, 10, 10, 30)), 64) == []


def test_a_face_that_is_lost_in_the_next_frame_has_no_movement() -> None:
    picture = ArrayPicture(np.random.default_rng(0).integers(0, 255, (100, 100, 3), dtype=np.uint8))
    faces = _faces((10, 10, 90, 90))
    (kept,) = face_rows(picture, faces, 64, (picture, faces))
    assert (kept.mouth_motion, kept.shift) == (0.0, (0.0, 0.0))
    (lost,) = face_rows(picture, faces, 64, (picture, faces._replace(probabilities=np.zeros(1))))
    assert np.isnan([lost.mouth_motion, *lost.shift]).all()


def test_sharpness_compares_sizes_that_the_raw_value_does_not() -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (64, 64), dtype=np.uint8)
    images = [np.repeat(np.kron(coarse, np.ones((k, k), np.uint8))[..., None], 3, axis=2) for k in (1, 3)]
    rows = [face_rows(ArrayPicture(i), _faces((0, 0, *i.shape[1::-1])), 64)[0] for i in images]
    assert rows[0].sharpness == pytest.approx(rows[1].sharpness, rel=0.01)
    assert rows[0].laplacian > 2 * rows[1].laplacian
