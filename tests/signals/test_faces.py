from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.signals.exposure import Exposure
from avcur.signals.faces import Faces
from avcur.signals.motion import Motion
from avcur.signals.pose import Pose
from avcur.signals.sharpness import Sharpness
from tests.helpers.looks import look_of
from tests.helpers.media import noise
from tests.signals.clips import CENTRE, picture, sound, still, track_of, values

SMALL = (0.0, 0.0, 0.1, 0.1)
OF_FACES = (Faces(), Pose(), Sharpness(), Exposure(of="face"), Motion())


def test_faces_are_counted_over_the_sampled_frames() -> None:
    look = look_of({2: [CENTRE], 7: [SMALL, CENTRE], 12: [], 17: [CENTRE]}, 20,
                   face_probability=np.array([0.99, 0.98, 0.97, 0.92]))  # fmt: skip
    found = values(Faces().measure(picture(look)))
    assert found["face_presence"] == pytest.approx(0.75)
    assert found["num_faces"] == pytest.approx(1.0)
    assert found["face_size"] == pytest.approx(np.sqrt(160 * 120))
    assert found["detection_confidence"] == pytest.approx((0.99 + 0.97 + 0.92) / 3)
    assert found["detection_confidence_min"] == pytest.approx(0.92)


def test_samples_count_by_the_time_that_they_stand_for() -> None:
    """A dense second without the face and a sparse one with it are one second each."""
    samples = {frame: [] for frame in range(0, 25)} | {37: [CENTRE]}
    found = values(Faces().measure(picture(look_of(samples, 50))))
    assert found["face_presence"] == pytest.approx(0.5, abs=0.15)
    assert found["num_faces"] == found["face_presence"]


def test_a_track_counts_its_own_face_only() -> None:
    mine, other = (0.0, 0.0, 0.3, 0.4), (0.4, 0.2, 1.0, 1.0)
    look = look_of({2: [other, mine], 7: [other], 12: [mine], 17: [other]}, 20)
    found = values(Faces().measure(picture(look, track=track_of([mine] * 20))))
    assert found["face_presence"] == pytest.approx(0.5)
    assert found["face_size"] == pytest.approx(96)
    assert found["num_faces"] == pytest.approx(1.25)


def test_a_picture_without_a_face_has_presence_0_and_nothing_to_judge() -> None:
    media = picture(look_of({0: [], 5: []}, 10))
    measured = {name: value for signal in OF_FACES for name, value in values(signal.measure(media)).items()}
    assert (measured.pop("face_presence"), measured.pop("num_faces")) == (0.0, 0.0)
    assert set(measured.values()) == {"no face"}


def test_a_clip_between_two_samples_is_not_applicable() -> None:
    media = picture(look_of({0: [CENTRE], 24: [CENTRE]}, 25), 0.2, 0.4)
    reasons = {value for signal in OF_FACES for value in values(signal.measure(media)).values()}
    assert reasons == {"no sampled frame inside the clip"}


def test_sound_has_no_picture(tmp_path: Path) -> None:
    media = sound(tmp_path, noise(0.2))
    reasons = {value for signal in OF_FACES for value in values(signal.measure(media)).values()}
    assert reasons == {"no video stream"}


def test_a_still_is_its_one_frame() -> None:
    look = look_of({5: [SMALL], 10: [CENTRE]}, 20)
    found = values(Faces().measure(still(look, 0.4)))
    assert (found["face_presence"], found["num_faces"]) == (1.0, 1.0)
    assert found["face_size"] == pytest.approx(np.sqrt(160 * 120))
