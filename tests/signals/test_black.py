from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.signals.black import Black
from tests.helpers.looks import look_of
from tests.helpers.media import noise
from tests.signals.clips import picture, sound, still, values


def test_dark_and_even_is_black() -> None:
    """Black, black with text on it, a dim even grey, and a picture."""
    look = look_of({}, 10, frame_time=np.array([0.0, 0.1, 0.2, 0.3]), frame_luma=np.array([2.0, 6.0, 40.0, 120.0]),
                   frame_contrast=np.array([1.0, 25.0, 1.0, 50.0]))  # fmt: skip
    assert values(Black().measure(picture(look)))["black_share"] == pytest.approx(0.25)
    assert values(Black(luma=50).measure(picture(look)))["black_share"] == pytest.approx(0.5)
    assert values(Black().measure(still(look, 0.08)))["black_share"] == pytest.approx(0.5)


def test_sound_is_not_applicable(tmp_path: Path) -> None:
    assert values(Black().measure(sound(tmp_path, noise(0.1))))["black_share"] == "no video stream"
