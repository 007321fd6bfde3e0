from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.signals.pose import MEAN_FACE, Pose, face_angles
from tests.helpers.looks import look_of
from tests.signals.clips import CENTRE, picture, values

PUPILS = 63.0
"""Millimetres between the eyes of the mean face."""
Floats = NDArray[np.float64]


def turned(yaw: float, pitch: float, roll: float = 0.0, face: Floats = MEAN_FACE) -> Floats:
    """A face nodded, turned and then rolled (degrees), (5, 3)."""
    (a, b, c), (x, y, z) = np.cos(np.radians([yaw, pitch, roll])), np.sin(np.radians([yaw, pitch, roll]))
    turn = np.array([[a, 0, x], [0, 1, 0], [-x, 0, a]])
    nod = np.array([[1, 0, 0], [0, b, -y], [0, y, b]])
    tilt = np.array([[c, -z, 0], [z, c, 0], [0, 0, 1]])
    return np.asarray(face @ (tilt @ turn @ nod).T)


def landmarks(points: Floats, scale: float = 1.7) -> Floats:
    """Seen from afar, px, (5, 2)."""
    return np.asarray(points[:, :2] * scale + [300, 200])


@pytest.mark.parametrize("angles", [(0, 0, 0), (40, 0, 0), (-60, 30, 10), (15, -30, -40), (60, -30, 25)])
def test_known_angles_are_found_exactly(angles: tuple[float, float, float]) -> None:
    found = face_angles(landmarks(turned(*angles))[None])
    assert [found.yaw[0], found.pitch[0], found.roll[0]] == pytest.approx(angles, abs=0.01)


def test_under_noise_yaw_is_within_2_5_and_pitch_within_4_degrees() -> None:
    """Mean absolute errors under landmark noise of 2 % of the distance between the pupils, everywhere in the range."""
    rng = np.random.default_rng(0)
    for yaw in range(-60, 61, 15):
        for pitch in range(-30, 31, 15):
            exact = landmarks(turned(yaw, pitch, rng.uniform(-20, 20)))
            found = face_angles(exact + rng.normal(0, 0.02 * PUPILS * 1.7, (200, 5, 2)))
            assert np.abs(found.yaw - yaw).mean() < 2.5
            assert np.abs(found.pitch - pitch).mean() < 4


def test_another_face_and_a_near_camera_shift_the_angles_by_a_few_degrees() -> None:
    """A nose 15 % shorter, a mouth 10 % wider, seen from 60 cm with perspective."""
    other = MEAN_FACE * [[1, 1, 1], [1, 1, 1], [1, 1, 0.85], [1.1, 1, 1], [1.1, 1, 1]]
    for yaw in (-45, 0, 30):
        points = turned(yaw, 10, face=other)
        near = points[:, :2] * (600 / (600 - points[:, 2:]))
        found = face_angles(near[None])
        assert [found.yaw[0], found.pitch[0]] == pytest.approx([yaw, 10], abs=7)


def test_directions_are_those_of_the_picture() -> None:
    face = landmarks(MEAN_FACE)
    nose_right, nose_up, clockwise = face.copy(), face.copy(), face.copy()
    nose_right[2, 0] += 15
    nose_up[2, 1] -= 15
    clockwise[[1, 4], 1] += 30
    found = face_angles(np.stack([nose_right, nose_up, clockwise]))
    assert found.yaw[0] > 5
    assert found.pitch[1] > 5
    assert found.roll[2] > 5


def _columns(poses: list[tuple[float, float]], size: tuple[int, int] = (320, 240)) -> Floats:
    """Landmarks of those yaws and pitches as fractions of the picture."""
    return np.stack([landmarks(turned(*pose), 0.8) for pose in poses]) / size


def test_a_head_that_swings_is_not_frontal() -> None:
    look = look_of({0: [CENTRE], 10: [CENTRE], 20: [CENTRE]}, 25, face_landmarks=_columns([(-60, 0), (0, 0), (60, 0)]))
    found = values(Pose().measure(picture(look)))
    assert found["yaw"] == pytest.approx(0, abs=0.1)
    assert found["frontality"] == pytest.approx((0.5 * 5.5 + 1 * 10 + 0.5 * 9.5) / 25, abs=0.01)


def test_angles_are_medians_and_do_not_hang_on_the_shape_of_the_picture() -> None:
    poses = [(20.0, 10.0), (20.0, 10.0), (-50.0, -20.0)]
    samples = {2: [CENTRE], 7: [CENTRE], 12: [CENTRE]}
    for size in ((320, 240), (200, 800)):
        look = look_of(samples, 15, size=size, face_landmarks=_columns(poses, size))
        found = values(Pose().measure(picture(look)))
        assert [found["yaw"], found["pitch"], found["roll"]] == pytest.approx([20, 10, 0], abs=0.1)


def test_collapsed_landmarks_are_not_applicable() -> None:
    look = look_of({0: [CENTRE]}, 5, face_landmarks=np.full((1, 5, 2), 0.5))
    assert set(values(Pose().measure(picture(look))).values()) == {"the landmarks of the face lie on one point or line"}
