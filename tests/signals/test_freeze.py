from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.signals.freeze import Freeze
from tests.helpers.looks import look_of
from tests.helpers.media import noise
from tests.signals.clips import picture, sound, still, values


def _share(look_times: list[float], differences: list[float], num_frames: int = 25, start: float = 0.0) -> object:
    look = look_of({}, num_frames, frame_time=np.array(look_times), frame_difference=np.array(differences))
    return values(Freeze().measure(picture(look, start)))["frozen_share"]


def test_repeated_frames_count_by_their_time() -> None:
    differences = [np.nan, 2.0, 0.01, 0.0, 2.0] * 5
    differences[5::5] = [2.0] * 4
    assert _share([i / 25 for i in range(25)], differences) == pytest.approx(0.4)


def test_a_picture_that_is_held_counts_beyond_the_hold() -> None:
    assert _share([0.0, 0.1, 0.2, 0.8, 0.9], [np.nan, 3.0, 3.0, 3.0, 3.0]) == pytest.approx(0.4)


def test_uneven_times_and_five_pictures_a_second_do_not() -> None:
    assert _share([0.0, 0.033, 0.1, 0.133, 0.2, 0.4, 0.6, 0.8], [np.nan] + [3.0] * 7) == pytest.approx(0, abs=1e-9)


def test_what_lies_before_the_clip_is_no_repeat() -> None:
    look = look_of({}, 25, frame_difference=np.array([np.nan, *[0.0] * 24]))
    found = values(Freeze().measure(picture(look, 0.2, 0.4)))
    assert found["frozen_share"] == pytest.approx(0.8)


def test_a_still_and_sound_are_not_applicable(tmp_path: Path) -> None:
    assert values(Freeze().measure(still(look_of({}, 25), 0.4)))["frozen_share"] == "a still does not move"
    assert values(Freeze().measure(sound(tmp_path, noise(0.1))))["frozen_share"] == "no video stream"
