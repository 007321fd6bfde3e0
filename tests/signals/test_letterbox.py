from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.signals.letterbox import Letterbox
from tests.helpers.looks import look_of
from tests.helpers.media import noise
from tests.signals.clips import picture, sound, values


def _letterbox(bars: list[list[float]], **columns: object) -> object:
    look = look_of({}, len(bars), frame_bars=np.array(bars), **columns)
    return values(Letterbox().measure(picture(look)))["letterbox"]


def test_bars_at_all_edges_add_up_to_an_area() -> None:
    assert _letterbox([[0.1, 0.1, 0.0, 0.0]] * 5) == pytest.approx(0.2)
    assert _letterbox([[0.1, 0.15, 0.2, 0.2]] * 5) == pytest.approx(1 - 0.75 * 0.6)
    assert _letterbox([[0.0, 0.0, 0.0, 0.0]] * 5) == 0.0


def test_a_dark_moment_makes_no_bar() -> None:
    assert _letterbox([[0.1, 0.1, 0.0, 0.0]] * 5 + [[0.4, 0.5, 0.3, 0.3]] * 2) == pytest.approx(0.2)


def test_black_frames_are_left_out() -> None:
    levels = np.array([120.0] * 2 + [1.0] * 5)
    bars = [[0.1, 0.1, 0.0, 0.0]] * 2 + [[1.0] * 4] * 5
    assert _letterbox(bars, frame_luma=levels, frame_contrast=levels) == pytest.approx(0.2)
    assert _letterbox(bars, frame_luma=np.zeros(7), frame_contrast=np.zeros(7)) == "black picture"


def test_a_picture_dark_throughout_is_all_bar() -> None:
    assert _letterbox([[1.0] * 4] * 5, frame_luma=np.full(5, 10.0), frame_contrast=np.full(5, 7.0)) == 1.0


def test_sound_is_not_applicable(tmp_path: Path) -> None:
    assert values(Letterbox().measure(sound(tmp_path, noise(0.1))))["letterbox"] == "no video stream"
