"""Turned faces: the nose leaves the middle between the eyes, and what is not a face stays as it is."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from avcur.defects.face_turned import FaceTurned
from avcur.defects.head_turn import turn_head
from avcur.media.decode import frames
from avcur.signals.pose import face_angles
from avcur.visual.faces import MtcnnDetector
from tests.helpers.media import Image, SquareDetector, face_frames

BOX, NOSE = np.array([80.0, 60.0, 180.0, 180.0]), np.array([130.0, 125.0])


def stripes(width: int = 260, height: int = 240) -> Image:
    """A picture whose red tells the column."""
    return np.repeat(np.tile(np.arange(width) % 256, (height, 1))[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize("yaw", [20.0, 35.0, 50.0])
def test_the_middle_of_the_face_moves_aside_as_that_of_a_ball_and_its_rim_stays(yaw: float) -> None:
    turned = turn_head(stripes(), BOX, NOSE, yaw)
    row = turned[113, :, 0].astype(float)  # the head's own middle
    # What was in the middle now lies at sin(yaw) of the head's half width, 50 px, or a nose's length farther.
    moved = float(np.abs(row[100:180] - 130).argmin() + 100 - 130)
    assert 50 * np.sin(np.radians(yaw)) - 2 <= moved <= 50 * 1.2 * np.sin(np.radians(yaw)) + 2
    changed = np.argwhere((turned != stripes()).any(axis=2))
    assert changed.min(axis=0)[1] >= 80
    assert changed.max(axis=0)[1] <= 180
    assert np.abs(turned[:, 82, 0].astype(int) - 82).max() <= 3
    assert np.abs(turned[:, 178, 0].astype(int) - 178).max() <= 12


def test_left_mirrors_right() -> None:
    image = stripes()[:, :259]
    right = turn_head(image, np.array([79.0, 60, 179, 180]), np.array([129.0, 125]), 40)
    left = turn_head(np.ascontiguousarray(image[:, ::-1]), np.array([79.0, 60, 179, 180]), np.array([129.0, 125]), -40)
    assert np.abs(left[:, ::-1].astype(int) - right).max() <= 2


@pytest.mark.parametrize("box", [(-60, -60, 40, 60), (230, 200, 400, 400), (400, 400, 500, 500), (10, 10, 10, 10)])
def test_a_head_at_the_edge_or_outside_of_the_picture(box: tuple[int, ...]) -> None:
    image = stripes()
    turned = turn_head(image, np.array(box, float), np.array([box[0] + 40.0, box[1] + 60.0]), 45)
    assert turned.shape == image.shape
    assert np.array_equal(image, stripes())  # the input is not touched


def turned_squares(paths: list[list[tuple[float, float] | None]], stride: int = 5) -> tuple[list[Image], list[Image]]:
    before = list(face_frames(paths))
    planter = FaceTurned(rate=1, stride=stride, detector=SquareDetector())
    return before, list(planter.transform(iter(before), len(before), 45.0, np.random.default_rng(0)))


def test_faces_are_followed_between_samples_and_frames_without_one_stay() -> None:
    path = [(100.0 + 4 * i, 120.0) if i < 12 else None for i in range(20)]
    before, after = turned_squares([path])
    assert len(after) == 20
    for i, (a, b) in enumerate(zip(before, after, strict=True)):
        columns = np.argwhere((a != b).any(axis=2))[:, 1]
        if i < 11:
            assert 100 + 4 * i - 32 <= columns.min() < columns.max() <= 100 + 4 * i + 32
        if i >= 13:  # the last sample with a face, frame 10, is held for half of the way to the next
            assert not len(columns)


def test_every_face_is_turned() -> None:
    before, after = turned_squares([[(80.0, 120.0)] * 6, [(240.0, 120.0)] * 6])
    for a, b in zip(before, after, strict=True):
        columns = np.argwhere((a != b).any(axis=2))[:, 1]
        assert columns.min() < 120 < 200 < columns.max()


def test_it_streams_and_looks_at_few_frames() -> None:
    taken, detector = itertools.count(), SquareDetector()

    def source() -> Iterator[Image]:
        for picture in face_frames([[(100.0, 120.0)] * 40]):
            next(taken)
            yield picture

    out = FaceTurned(rate=1, stride=10, detector=detector).transform(source(), 40, 45.0, np.random.default_rng(0))
    next(out)
    assert next(taken) == 11
    assert len(list(out)) == 39
    assert detector.seen == 4


def test_a_detector_sees_the_yaw_of_a_real_face(real_media: Path) -> None:
    shown = [f.image for f in frames(real_media / "video" / "hdtf_a.mp4", fps=25, end=0.2)]
    detector = MtcnnDetector(device="cpu")
    own = face_angles(detector(shown[:1])[0].landmarks[:1]).yaw[0]
    assert abs(own) < 20
    for yaw in (35.0, 45.0):
        turned = list(FaceTurned(rate=1).transform(iter(shown), len(shown), yaw, np.random.default_rng(0)))
        found = detector(turned[3:4])[0]
        assert found.probabilities[0] > 0.9
        measured = face_angles(found.landmarks[:1]).yaw[0]
        assert measured * np.sign(own) == pytest.approx(yaw, abs=15)
