import numpy as np
import polars as pl
import pytest

from avcur.labels import FaceLabels, SegmentLabels, content
from avcur.records import FPS, Track
from avcur.sources.base import FACE_LABEL_SCHEMA, SEGMENT_LABEL_SCHEMA


def face_labels() -> FaceLabels:
    """Two faces for 2 s: `left` speaks in the first second, `right` in the second."""
    rows = []
    for n in range(50):
        t = n / FPS
        rows.append(("r", t, 0.1, 0.1, 0.3, 0.5, "left", t < 1.0))
        rows.append(("r", t, 0.6, 0.1, 0.8, 0.5, "right", t >= 1.0))
    return FaceLabels(pl.DataFrame(rows, schema=FACE_LABEL_SCHEMA, orient="row"))


def track(x: float, start: float, frames: int) -> Track:
    return Track(start, tuple((x, 0.12, x + 0.2, 0.48) for _ in range(frames)), (True,) * frames)


def test_a_track_takes_the_labels_of_the_face_it_follows() -> None:
    found = face_labels().of_track("r", track(0.11, 0.4, 30))
    assert found is not None
    assert found[0] == "left"
    assert found[1] == [bool(0.4 + n / FPS < 1.0 - 1e-9) for n in range(30)]
    other = face_labels().of_track("r", track(0.59, 0.0, 50))
    assert other is not None
    assert (other[0], sum(other[1])) == ("right", 25)


def test_nobodys_track_has_no_labels() -> None:
    assert face_labels().of_track("r", track(0.35, 0.0, 50)) is None
    assert face_labels().of_track("unknown", track(0.1, 0.0, 50)) is None


def test_beyond_the_labels_nobody_speaks() -> None:
    found = face_labels().of_track("r", track(0.6, 1.0, 40))
    assert found is not None
    assert np.flatnonzero(found[1]).max() < 29


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 4, "speech"), (4, 8, "both"), (8, 12, "music"), (20, 24, "neither"), (2, 6, "both"), (6, 14, "music")],
)
def test_a_window_is_what_covers_most_of_it(start: float, end: float, expected: str) -> None:
    rows = [("r", 0.0, 5.0, "speech"), ("r", 3.0, 8.0, "speech"), ("r", 4.0, 15.0, "music")]
    spans = SegmentLabels(pl.DataFrame(rows, schema=SEGMENT_LABEL_SCHEMA, orient="row"))
    assert spans.of_span("r", start, end) == expected
    assert spans.of_span("other", start, end) is None


def test_content_is_the_observed_label() -> None:
    assert content([True, True, False], None, None) == "speaking"
    assert content([True, False], None, None) == "not_speaking"
    assert content(None, "music", "anna") == "music"
    assert content(None, None, "anna") == "speech"
    assert content(None, None, None) is None
