from __future__ import annotations

import cv2
import numpy as np
import pytest

from avcur.crops.geometry import GEOMETRIES, PADDING, Geometry, geometry_named
from avcur.errors import UserError

BOX = (0.4, 0.3, 0.6, 0.7)
"""In a picture of 400 x 200 px: 80 x 80 px around (200, 100), so s is 40 px."""


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("face", 112, (160, 60, 80)),
        ("lower_face", 112, (172, 88, 56)),
        ("voxceleb", 224, (144, 60, 112)),
        ("uncentred", 224, (144, 60, 112)),
    ],
)
def test_each_geometry_shows_its_window(name: str, size: int, expected: tuple[int, int, int]) -> None:
    geometry = GEOMETRIES[name]
    assert geometry.size == size
    assert geometry.window(BOX, 400, 200) == expected


def test_the_longer_side_of_a_box_counts() -> None:
    assert GEOMETRIES["face"].window((0.45, 0.3, 0.55, 0.7), 400, 200) == (160, 60, 80)
    assert GEOMETRIES["face"].window((0.4, 0.45, 0.6, 0.55), 400, 200) == (160, 60, 80)


def test_a_point_is_two_pixels_wide() -> None:
    assert GEOMETRIES["face"].window((0.5, 0.5, 0.5, 0.5), 400, 200) == (199, 99, 2)


def test_the_centre_112_of_a_voxceleb_crop_is_the_lower_face() -> None:
    image = np.random.default_rng(0).integers(0, 255, (600, 800, 3), dtype=np.uint8)
    box = (0.3, 0.3, 0.5, 0.5)  # s = 80 px: both windows, 224 and 112 px wide, are shown pixel by pixel
    wide, narrow = (GEOMETRIES[name].cut(image, box) for name in ("voxceleb", "lower_face"))
    np.testing.assert_array_equal(wide[56:168, 56:168], narrow)


def test_outside_the_picture_is_grey_110() -> None:
    image = np.full((100, 100, 3), 255, np.uint8)
    crop = geometry_named("face", 40).cut(image, (-0.2, 0.3, 0.2, 0.7))
    assert PADDING == 110
    assert (crop[:, :20] == 110).all()
    assert (crop[:, 20:] == 255).all()
    assert (GEOMETRIES["voxceleb"].cut(image, (2.0, 2.0, 2.5, 2.5)) == 110).all()


@pytest.mark.parametrize(
    "box", [(0.0, 0.0, 0.3, 0.5), (0.8, 0.6, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0), (0.3, 0.1, 0.7, 0.9)]
)
def test_uncentred_never_shows_padding_and_stays_inside(box: tuple[float, float, float, float]) -> None:
    image = np.full((120, 200, 3), 255, np.uint8)
    assert (GEOMETRIES["uncentred"].cut(image, box) == 255).all()
    assert (GEOMETRIES["voxceleb"].cut(image, box) == 110).any()
    left, top, side = GEOMETRIES["uncentred"].window(box, 200, 120)
    assert 0 <= left <= left + side <= 200
    assert 0 <= top <= top + side <= 120


def test_uncentred_moves_no_farther_than_it_must() -> None:
    padded, moved = (GEOMETRIES[name].window((0.1, 0.4, 0.3, 0.6), 400, 400) for name in ("voxceleb", "uncentred"))
    assert padded == (24, 160, 112)
    assert moved == padded
    assert GEOMETRIES["uncentred"].window((0.0, 0.4, 0.2, 0.6), 400, 400) == (0, 160, 112)
    assert GEOMETRIES["uncentred"].window((0.8, 0.8, 1.0, 1.0), 400, 400) == (288, 288, 112)


def test_uncentred_shrinks_to_the_shorter_side_of_the_picture() -> None:
    assert GEOMETRIES["uncentred"].window((0.25, 0.0, 0.75, 1.0), 400, 200) == (100, 0, 200)


def test_large_windows_are_reduced_by_area_and_small_ones_enlarged() -> None:
    checker = np.indices((448, 448)).sum(axis=0) % 2 * 200
    image = np.repeat(checker[:, :, None], 3, axis=2).astype(np.uint8)
    reduced = GEOMETRIES["face"].cut(image, (0.0, 0.0, 1.0, 1.0))
    np.testing.assert_allclose(reduced, 100, atol=1)  # every fourth pixel alone would be 0 or 200
    enlarged = GEOMETRIES["face"].cut(image, (0.4, 0.4, 0.45, 0.45))
    assert enlarged.shape == (112, 112, 3)
    assert len(np.unique(enlarged)) > 10


def test_a_box_is_shown_exactly_and_both_axes_fill_the_crop() -> None:
    image = np.zeros((200, 400, 3), np.uint8)
    image[60:140, 180:220] = 200  # twice as high as wide
    box = (0.45, 0.3, 0.55, 0.7)
    assert GEOMETRIES["box"].size == 112
    assert GEOMETRIES["box"].rectangle(box, 400, 200) == (180, 60, 40, 80)
    assert (GEOMETRIES["box"].cut(image, box) == 200).all()
    assert (GEOMETRIES["face"].cut(image, box) == 0).any(), "which is the square on the longer side"


def test_a_box_is_cut_at_whole_pixels_below_and_at_the_edges_of_the_picture() -> None:
    rectangle = GEOMETRIES["box"].rectangle
    assert rectangle((0.419, 0.309, 0.581, 0.691), 100, 100) == (41, 30, 17, 39)
    assert rectangle((0.3, 0.1, 0.7, 0.9), 10, 10) == (3, 1, 4, 8)
    assert rectangle((-0.2, 0.5, 0.3, 1.4), 100, 50) == (0, 25, 30, 25)
    assert rectangle((0.0, 0.0, 1.0, 1.0), 99, 33) == (0, 0, 99, 33)
    assert rectangle((0.5, 0.5, 0.5, 0.5), 100, 100) == (50, 50, 1, 1)
    assert rectangle((1.2, 1.0, 1.4, 1.0), 100, 100) == (99, 99, 1, 1)
    image = np.full((50, 100, 3), 255, np.uint8)
    assert (GEOMETRIES["box"].cut(image, (-0.2, 0.5, 0.3, 1.4)) == 255).all(), "no padding"


def test_a_box_is_resized_linearly_as_published() -> None:
    image = np.random.default_rng(0).integers(0, 255, (300, 500, 3), dtype=np.uint8)
    expected = cv2.resize(image[30:270, 50:450], (112, 112))
    np.testing.assert_array_equal(GEOMETRIES["box"].cut(image, (0.1, 0.1, 0.9, 0.9)), expected)


def test_unknown_names_and_odd_sizes_are_refused() -> None:
    with pytest.raises(UserError, match="'head'; choose one of face, lower_face, voxceleb, uncentred"):
        geometry_named("head")
    with pytest.raises(UserError, match="even size"):
        geometry_named("face", 57)
    assert geometry_named("face", 56) == Geometry("face", 56, -1.0, -1.0, 1.0, 1.0)
