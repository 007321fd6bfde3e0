from __future__ import annotations

import math

import numpy as np
import pytest

from avcur.signals.base import NotApplicableError
from avcur.signals.time_weights import (
    around,
    frame_seconds,
    on_show,
    own_faces,
    picture_span,
    sample_seconds,
    weighted_mean,
    weighted_median,
)
from tests.helpers.looks import look_of
from tests.signals.clips import CENTRE, picture


def test_a_picture_is_on_show_until_the_next_one_and_the_first_from_the_start() -> None:
    assert on_show([0.1, 0.2, 0.9], 0.0, 1.0) == pytest.approx([0.2, 0.7, 0.1])
    assert on_show([0.0, 0.4, 0.8], 0.3, 0.6) == pytest.approx([0.1, 0.2, 0.0])


def test_a_sample_stands_for_half_the_gaps_to_its_neighbours() -> None:
    assert around([0.1, 0.2, 0.8], 0.0, 1.0) == pytest.approx([0.15, 0.35, 0.5])
    assert around([0.5], 0.0, 2.0) == pytest.approx([2.0])


def test_means_leave_out_what_is_no_number() -> None:
    assert weighted_mean([1.0, np.nan, 4.0], np.array([1.0, 5.0, 2.0])) == pytest.approx(3.0)
    assert math.isnan(weighted_mean([np.nan], np.array([1.0])))


@pytest.mark.parametrize(
    ("numbers", "weights", "expected"),
    [
        ([3.0, 1.0, 2.0], [1.0, 1.0, 1.0], 2.0),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0], 2.5),
        ([1.0, 9.0], [1.0, 3.0], 9.0),
        ([5.0, 1.0, 3.0], [1.0, 0.0, 1.0], 4.0),
        ([7.0], [0.1], 7.0),
    ],
)
def test_weighted_median(numbers: list[float], weights: list[float], expected: float) -> None:
    assert weighted_median(numbers, np.array(weights)) == expected


def test_evenly_sampled_frames_weigh_the_same_wherever_the_clip_begins() -> None:
    look = look_of({frame: [CENTRE] for frame in range(0, 100, 5)}, 100)
    media = picture(look, 1.0, 3.0)
    assert sample_seconds(media)[1:-1] == pytest.approx([0.2] * 8)
    assert sample_seconds(media).sum() == frame_seconds(media).sum() == pytest.approx(2.0)


def test_only_samples_with_the_face_are_counted_and_keep_their_own_weight() -> None:
    look = look_of({0: [CENTRE], 10: [], 20: [CENTRE], 22: [CENTRE]}, 25)
    rows, seconds = own_faces(picture(look))
    assert rows.tolist() == [0, 1, 2]
    assert seconds == pytest.approx([5.5 / 25, 6 / 25, 3.5 / 25])


def test_a_clip_counts_only_as_far_as_its_picture_goes() -> None:
    look = look_of({0: [CENTRE]}, 50)
    assert picture_span(picture(look, 1.0, 5.0)) == (1.0, 2.0)
    with pytest.raises(NotApplicableError, match="the picture ends before the clip begins"):
        picture_span(picture(look, 2.0, 3.0))
