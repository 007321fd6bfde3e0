from __future__ import annotations

import pickle
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from avcur.errors import UserError
from avcur.media.decode import frames
from avcur.segment.faces import MtcnnDetector, detect


def test_pictures_without_faces_and_below_the_smallest_face_give_none() -> None:
    detector = MtcnnDetector()
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8), np.zeros((16, 12, 3), np.uint8)]
    assert [len(boxes) for boxes, _ in detector(images)] == [0, 0]


def test_a_detector_is_small_to_pickle_and_plain_to_hash() -> None:
    detector = MtcnnDetector(min_face=40)
    detector([np.zeros((64, 64, 3), np.uint8)])
    assert len(pickle.dumps(detector)) < 1000
    plain = asdict(detector)
    assert plain.pop("weights").startswith("facenet-pytorch ")
    assert plain == {"min_face": 40, "max_side": 480, "batch_size": 16, "device": "cpu"}


def test_too_small_faces_are_refused_by_name() -> None:
    with pytest.raises(UserError, match=r"detector\.min_face"):
        MtcnnDetector(min_face=5)


def test_real_faces_are_found_where_they_are(real_media: Path) -> None:
    path = real_media / "derived" / "two_faces_left_speaks.mp4"
    found = [d for _, d in detect(path, MtcnnDetector(), 2.5, 0.9)]
    assert [len(d.boxes) for d in found] == [2] * len(found)
    centres = sorted((b[0] + b[2]) / 2 for b in found[0].boxes)
    assert centres[0] < 0.4 < 0.6 < centres[1]


def test_mixed_sizes_in_one_call_give_what_each_gives_alone(real_media: Path) -> None:
    path = real_media / "video" / "grid_bbaf2n.mpg"
    large, small = next(frames(path)).image, next(frames(path, max_side=240)).image
    detector = MtcnnDetector()
    both = detector([large, small, large])
    assert [len(boxes) for boxes, _ in both] == [1, 1, 1]
    np.testing.assert_allclose(both[0][0], both[2][0], atol=1e-2)
    np.testing.assert_allclose(both[0][0] * 240 / 360, both[1][0], atol=10)
