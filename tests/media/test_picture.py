from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avcur.media.decode import pictures
from avcur.media.picture import SMALL, ArrayPicture, Picture
from tests.helpers.media import number_of, timed_video


def _first(path: Path) -> Picture:
    return next(pictures(path))[1]


@pytest.mark.parametrize(
    ("rotation", "aspect", "size"),
    [(0, None, (160, 64)), (90, None, (64, 160)), (0, Fraction(2, 1), (320, 64)), (270, Fraction(1, 2), (128, 160))],
)
def test_a_picture_is_upright_with_square_pixels(
    tmp_path: Path, rotation: int, aspect: Fraction | None, size: tuple[int, int]
) -> None:
    picture = _first(timed_video(tmp_path / "a.mp4", [0.0, 0.04], rotation=rotation, aspect=aspect))
    assert (picture.width, picture.height) == size
    assert picture.image.shape == (size[1], size[0], 3)
    assert picture.grey.shape == (size[1], size[0])
    assert max(picture.reduced(80).shape) == 80
    assert picture.reduced(80).shape[0] / picture.reduced(80).shape[1] == pytest.approx(size[1] / size[0], rel=0.05)


def test_a_picture_is_never_enlarged_and_even_where_asked(tmp_path: Path) -> None:
    picture = _first(timed_video(tmp_path / "a.mp4", [0.0]))
    assert picture.reduced(1000) is picture.image
    assert picture.reduced(None) is picture.image
    assert picture.reduced(101, even=True).shape[:2] == (40, 100)
    assert picture.small.shape[1] <= SMALL


def test_turned_pictures_hold_the_same_pixels(tmp_path: Path) -> None:
    straight = _first(timed_video(tmp_path / "a.mp4", [0.0])).image
    turned = _first(timed_video(tmp_path / "b.mp4", [0.0], rotation=90)).image
    candidates = [np.rot90(straight, k) for k in (1, 3)]
    assert min(float(np.abs(c.astype(int) - turned).mean()) for c in candidates) < 1.0


def test_an_array_is_a_picture_too() -> None:
    image = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    picture = ArrayPicture(image)
    assert (picture.width, picture.height, picture.num_bytes) == (120, 90, image.nbytes)
    assert picture.reduced(60).shape == (45, 60, 3)
    assert picture.grey.shape == (90, 120)


@pytest.mark.parametrize("start", [0.0, 0.52, 1.0, 3.04, 6.52, 7.96])
def test_a_stretch_is_what_the_whole_shows_there(tmp_path: Path, start: float) -> None:
    path = timed_video(tmp_path / "a.mp4", [i / 25 for i in range(200)])
    shown = [(round(t * 25), number_of(p.image)) for t, p in pictures(path, fps=25, start=start, end=start + 0.4)]
    first = round(start * 25)
    assert shown == [(n, n) for n in range(first, min(first + 10, 200))]
    decoded = [number_of(p.image) for _, p in pictures(path, start=start, end=start + 0.4)]
    assert decoded == [n for _, n in shown]


def test_a_stretch_of_a_variable_rate_begins_with_the_picture_on_show(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.12, 2.0, 3.5, 3.6]
    path = timed_video(tmp_path / "a.mp4", times)
    shown = [number_of(p.image) for _, p in pictures(path, fps=25, start=3.0, end=3.64)]
    assert shown == [max(k for k, t in enumerate(times) if t <= 3.0 + i / 25 + 1e-3) for i in range(16)]


def test_threads_and_watching_change_nothing(tmp_path: Path) -> None:
    path = timed_video(tmp_path / "a.mp4", [i / 30 for i in range(60)])
    watched: list[float] = []
    alone = [(t, number_of(p.image)) for t, p in pictures(path, fps=25)]
    shown = [
        (t, number_of(p.image))
        for t, p in pictures(path, fps=25, threads=2, watch=lambda time, _: watched.append(time))
    ]
    assert shown == alone
    np.testing.assert_allclose(watched, np.arange(60) / 30, atol=2e-3)
