from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from avcur.signals.exposure import Exposure
from tests.helpers.looks import look_of
from tests.helpers.media import noise
from tests.signals.clips import CENTRE, picture, sound, still, values


def test_frames_count_by_the_time_that_they_are_on_show() -> None:
    look = look_of({}, 25, frame_time=np.array([0.0, 0.2]), frame_luma=np.array([50.0, 100.0]),
                   frame_contrast=np.array([10.0, 20.0]))  # fmt: skip
    found = values(Exposure().measure(picture(look)))
    assert (found["brightness"], found["contrast"]) == (pytest.approx(90), pytest.approx(18))


def test_of_the_face_its_own_grey_levels_count() -> None:
    look = look_of({2: [CENTRE], 7: [CENTRE]}, 10, face_luma=np.array([150.0, 170.0]),
                   face_contrast=np.array([30.0, 50.0]))  # fmt: skip
    found = values(Exposure(of="face").measure(picture(look)))
    assert (found["brightness"], found["contrast"]) == (pytest.approx(160), pytest.approx(40))
    assert values(Exposure().measure(picture(look)))["brightness"] == pytest.approx(120)


@pytest.mark.parametrize("of", ["frame", "face"])
def test_sound_is_not_applicable(tmp_path: Path, of: Literal["frame", "face"]) -> None:
    found = values(Exposure(of=of).measure(sound(tmp_path, noise(0.1))))
    assert set(found.values()) == {"no video stream"}


def test_a_still_is_the_frame_on_show() -> None:
    look = look_of({}, 25, frame_luma=np.arange(25.0))
    assert values(Exposure().measure(still(look, 0.4)))["brightness"] == 10


def test_another_part_is_refused() -> None:
    with pytest.raises(ValueError, match=r"signals\.exposure\.of"):
        Exposure(of="sky")  # type: ignore[arg-type]
