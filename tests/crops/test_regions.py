import numpy as np
import pytest

from avcur.crops.regions import REGIONS, grey_region


@pytest.mark.parametrize("side", [112, 224])
def test_the_mouth_is_the_lower_middle_square_of_the_crop(side: int) -> None:
    crop = np.zeros((side, side, 3), np.uint8)
    x1, y1, x2, y2 = (round(f * side) for f in REGIONS["mouth"])
    assert abs((x2 - x1) - (y2 - y1)) <= 1
    crop[y1:y2, x1:x2] = (0, 100, 0)
    assert set(np.unique(grey_region(crop, "mouth", 24))) == {59}  # 0.587 of green (BT.601)
    assert grey_region(crop, "face", 24).mean() == pytest.approx(59 * 0.55**2, rel=0.05)
    assert grey_region(crop, "face", 24).shape == (24, 24)
