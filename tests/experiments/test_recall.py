import numpy as np

from avcur.records import Standardised, Track
from avcur.segment.segmentation import Segmentation
from experiments.benchmarks.faces.product import Seen
from experiments.benchmarks.faces.recall import Count, count
from experiments.benchmarks.faces.reference import Reference
from tests.helpers.looks import look_of

FACE, SMALL, ELSEWHERE = [100.0, 100.0, 200.0, 200.0], [300.0, 100.0, 340.0, 140.0], [600.0, 100.0, 700.0, 200.0]
SIZE = (800, 400)


def found(*boxes: list[float]) -> Seen:
    """A product that found the boxes (px) in each of two frames."""
    scale = np.array([*SIZE, *SIZE], np.float64)
    tracks = tuple(Track(0.0, (tuple(np.array(box) / scale),) * 2, (True, True)) for box in boxes)
    look = look_of({}, 2, size=SIZE)
    return Seen(Standardised("a", None, None, 0.08), look, Segmentation((), tracks), 1.0)


def reference(*rows: tuple[int, list[float], float]) -> Reference:
    frame, boxes, probabilities = zip(*rows, strict=True)
    return Reference(np.array(frame), np.array(boxes, np.float64), np.array(probabilities), 2, *SIZE)


def test_sure_and_large_references_count() -> None:
    wanted = reference((0, FACE, 0.99), (0, SMALL, 0.99), (1, FACE, 0.8))
    assert count(found(FACE), wanted) == Count(wanted=1, found=[1.0], large=2, false=0)
    assert count(found(), wanted) == Count(wanted=1, found=[], large=0, false=0)


def test_large_boxes_that_no_reference_is_near_are_false() -> None:
    counted = count(found(FACE, ELSEWHERE, SMALL), reference((0, FACE, 0.99), (1, ELSEWHERE, 0.7)))
    # small boxes are not judged; in each frame one large box has nothing near it
    assert (counted.recall, counted.large, counted.false) == (1.0, 4, 2)
    assert not counted.held
