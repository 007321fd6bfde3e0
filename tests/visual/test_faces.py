from __future__ import annotations

import pickle
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from avcur.errors import UserError
from avcur.media.decode import frames
from avcur.visual.faces import MtcnnDetector
from avcur.visual.overlap import overlaps


def test_pictures_without_faces_and_below_the_smallest_face_give_none() -> None:
    detector = MtcnnDetector()
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8), np.zeros((16, 12, 3), np.uint8)]
    assert [len(faces.boxes) for faces in detector(images)] == [0, 0]
    assert len(detector.refine([], np.zeros((0, 4))).boxes) == 0


def test_a_detector_is_small_to_pickle_and_plain_to_hash() -> None:
    detector = MtcnnDetector(min_face=40)
    detector([np.zeros((64, 64, 3), np.uint8)])
    assert len(pickle.dumps(detector)) < 1000
    plain = asdict(detector)
    assert plain.pop("weights").startswith("facenet-pytorch ")
    assert plain == {"min_face": 40, "batch_size": 16, "device": "auto"}


def test_too_small_faces_are_refused_by_name() -> None:
    with pytest.raises(UserError, match=r"detector\.min_face"):
        MtcnnDetector(min_face=5)


def test_mixed_sizes_in_one_call_give_what_each_gives_alone(real_media: Path) -> None:
    path = real_media / "video" / "grid_bbaf2n.mpg"
    large, small = next(frames(path)).image, next(frames(path, max_side=240)).image
    both = MtcnnDetector()([large, small, large])
    assert [len(faces.boxes) for faces in both] == [1, 1, 1]
    np.testing.assert_allclose(both[0].boxes, both[2].boxes, atol=1e-2)
    np.testing.assert_allclose(both[0].boxes * 240 / 360, both[1].boxes, atol=10)


def test_refining_a_poor_box_finds_the_face_and_its_landmarks(real_media: Path) -> None:
    image = next(frames(real_media / "video" / "hdtf_a.mp4")).image
    detector = MtcnnDetector()
    (faces,) = detector([image])
    side = faces.boxes[0, 2] - faces.boxes[0, 0]
    refined = detector.refine([image], faces.boxes[:1] + 0.1 * side)
    assert refined.probabilities[0] > 0.9
    assert overlaps(refined.boxes, faces.boxes[:1])[0, 0] > 0.75
    left_eye, right_eye, nose, left_mouth, right_mouth = refined.landmarks[0]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    np.testing.assert_allclose(refined.landmarks[0], faces.landmarks[0], atol=0.08 * side)


def test_refining_nothing_but_wall_says_so() -> None:
    wall = np.full((100, 100, 3), 128, np.uint8)
    refined = MtcnnDetector().refine([wall, wall], np.array([[20.0, 20, 70, 70], [-30.0, -30, 10, 10]]))
    assert (refined.probabilities < 0.5).all()
