import numpy as np
import pytest

from avcur.records import Track
from experiments.benchmarks.faces.boxes import by_frame, matched, overlaps, sides

UNIT = [0.0, 0.0, 2.0, 2.0]


def boxes(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float64).reshape(-1, 4)


def test_overlap_of_half_shifted_and_apart() -> None:
    table = overlaps(boxes(UNIT), boxes(UNIT, [1.0, 0.0, 3.0, 2.0], [5.0, 5.0, 6.0, 6.0]))
    assert table[0] == pytest.approx([1.0, 1 / 3, 0.0])
    assert sides(boxes([0.0, 0.0, 2.0, 8.0])) == pytest.approx([4.0])


def test_matches_are_one_to_one_best_first() -> None:
    near = [0.2, 0.0, 2.2, 2.0]
    assert matched(boxes(UNIT, near), boxes(UNIT), 0.5) == pytest.approx([1.0])
    assert len(matched(boxes(UNIT, near), boxes(near, UNIT), 0.5)) == 2
    assert matched(boxes(UNIT), boxes(), 0.5) == []
    assert matched(boxes(UNIT), boxes([1.0, 0.0, 3.0, 2.0]), 0.5) == []


def test_boxes_of_tracks_lie_in_their_own_frames() -> None:
    first, second = (0.0, 0.0, 0.5, 0.5), (0.1, 0.0, 0.6, 0.5)
    tracks = [Track(0.04, (first, second), (True, True)), Track(0.08, (first,), (True,))]
    assert [frame.tolist() for frame in by_frame(tracks, 3)] == [[], [list(first)], [list(second), list(first)]]
