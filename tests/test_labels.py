import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from avcur import labels
from avcur.labels import CLIP_SCHEMA, FaceLabels, SegmentLabels, clip_row, content
from avcur.records import FPS, Clip, Recording, Track, attributes_of
from avcur.sources.base import FACE_LABEL_SCHEMA, SEGMENT_LABEL_SCHEMA, UNKNOWN


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


def test_of_many_faces_only_those_there_are_followed_and_none_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty faces come and go in two recordings: the answers of trying every one, at a fraction of the work."""
    rng = np.random.default_rng(0)
    rows, tracks = [], []
    for n in range(60):
        start, frames, (x, y) = float(rng.uniform(0, 40)), int(rng.integers(1, 60)), rng.uniform(0, 0.6, 2)
        boxes = [(x + dx, y + dy) for dx, dy in rng.normal(0, 0.01, (frames, 2))]
        rows += [
            (f"r{n % 2}", start + k / FPS, a, b, a + 0.3, b + 0.3, f"face-{n:02d}", bool(rng.random() < 0.5))
            for k, (a, b) in enumerate(boxes)
        ]
        shifted = tuple((a + 0.02, b, a + 0.32, b + 0.3) for a, b in boxes)
        tracks.append(Track(round(start * FPS) / FPS, shifted, (True,) * frames))
    table = pl.DataFrame(rows, schema=FACE_LABEL_SCHEMA, orient="row").sample(fraction=1.0, shuffle=True, seed=0)
    faces, follow, tried = FaceLabels(table), labels._follow, [0]

    def counted(*about: Any) -> Any:
        tried[0] += 1
        return follow(*about)

    monkeypatch.setattr(labels, "_follow", counted)
    found = [faces.of_track(f"r{n % 2}", track) for n, track in enumerate(tracks)]
    few = tried[0]
    monkeypatch.setattr(labels._Faces, "about", lambda self, start, end: iter(self._faces))
    assert [faces.of_track(f"r{n % 2}", track) for n, track in enumerate(tracks)] == found
    assert [identity for identity, _ in filter(None, found)] == [f"face-{n:02d}" for n in range(60)]
    assert tried[0] - few == 60 * 30
    assert few < 0.2 * 60 * 30


def test_a_face_counts_for_two_frames_after_its_last_label() -> None:
    found = face_labels().of_track("r", track(0.1, 50 / FPS, 2))
    assert found is not None
    assert found[0] == "left"
    assert face_labels().of_track("r", track(0.1, 53 / FPS, 2)) is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 4, "speech"), (4, 8, "both"), (8, 12, "music"), (20, 24, "neither"), (2, 6, "both"), (6, 14, "music")],
)
def test_a_window_is_what_covers_most_of_it(start: float, end: float, expected: str) -> None:
    rows = [("r", 0.0, 5.0, "speech"), ("r", 3.0, 8.0, "speech"), ("r", 4.0, 15.0, "music")]
    spans = SegmentLabels(pl.DataFrame(rows, schema=SEGMENT_LABEL_SCHEMA, orient="row"))
    assert spans.of_span("r", start, end) == expected
    assert spans.of_span("other", start, end) is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (10, 12, "neither"),
        (10.0005, 12.0005, "neither"),
        (12, 13, "speech"),
        (9, 11, None),
        (19.5, 20.5, None),
        (40, 41, None),
    ],
)
def test_a_window_in_time_that_nobody_labelled_has_no_type(start: float, end: float, expected: str | None) -> None:
    rows = [("r", -math.inf, 10.0, UNKNOWN), ("r", 12.0, 14.0, "speech"), ("r", 20.0, math.inf, UNKNOWN)]
    spans = SegmentLabels(pl.DataFrame(rows, schema=SEGMENT_LABEL_SCHEMA, orient="row"))
    assert spans.of_span("r", start, end) == expected


def test_content_is_the_observed_label() -> None:
    assert content([True, True, False], None, None) == "speaking"
    assert content([True, False], None, None) == "not_speaking"
    assert content(None, "music", "anna") == "music"
    assert content(None, None, "anna") == "speech"
    assert content(None, None, None) is None


def test_a_clip_carries_the_side_on_which_its_source_publishes_it() -> None:
    clip = Clip("r", "whole", 0.0, 1.0)
    rows = [
        clip_row(clip, Recording("r", Path("r.mp4"), split=split), None, FaceLabels(None), SegmentLabels(None))
        for split in ("val", None)
    ]
    assert [row["published_split"] for row in rows] == ["val", None]


def test_a_clip_carries_the_attributes_of_its_recording() -> None:
    told = Recording(
        "r", Path("r.mp4"), attributes=attributes_of({"sex": "f", "language": " de ", "age": "", "x": None})
    )
    row = clip_row(Clip("r", "whole", 0.0, 1.0), told, None, FaceLabels(None), SegmentLabels(None))
    assert row["attributes"] == [{"name": "language", "value": "de"}, {"name": "sex", "value": "f"}]
    assert row.keys() <= CLIP_SCHEMA.keys()


@pytest.mark.parametrize("wrong", [(("b", "1"), ("a", "2")), (("a", "1"), ("a", "2")), (("speaker", "x"),)])
def test_attributes_have_an_order_and_names_of_their_own(wrong: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="attribute"):
        Recording("r", Path("r.mp4"), attributes=wrong)
