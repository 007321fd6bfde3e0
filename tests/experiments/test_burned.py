import cv2
import numpy as np
import pytest

from experiments.benchmarks.faces.burned import SQUARE, NumberTeller, number_on, numbered, numbers_of_crop, told


@pytest.mark.parametrize("number", [0, 1, 128, 250, 65535])
def test_numbers_are_read_at_any_size(number: int) -> None:
    image = numbered(number)
    left, top, right, bottom = SQUARE.astype(int)
    assert number_on(image) == number
    assert number_on(cv2.resize(image, (320, 180), interpolation=cv2.INTER_AREA)) == number
    assert numbers_of_crop(iter([cv2.resize(image[top:bottom, left:right], (112, 112))])) == [number]


def test_boxes_tell_the_number_of_the_reduced_and_of_the_whole_picture() -> None:
    teller = NumberTeller()
    [faces] = teller([cv2.resize(numbered(7), (320, 180), interpolation=cv2.INTER_AREA)])
    refined = teller.refine([numbered(9)], faces.boxes * 2)
    left, top = refined.boxes[0, :2] / (640, 360)
    assert told(np.array([left, top])).tolist() == [9, 7]
    assert teller.refine([], np.zeros((0, 4))).boxes.shape == (0, 4)
