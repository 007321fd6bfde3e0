from __future__ import annotations

import numpy as np
import pytest

from avcur.records import FPS, Box, Detection
from avcur.segment.tracks import TrackRules, build_tracks, iou, side

PICTURE = (320, 240)


def _box(x: float, y: float = 0.5, half: float = 0.1) -> Box:
    return (x - half, y - half, x + half, y + half)


def _seen(*faces: list[float | None], step: float = 0.2) -> list[Detection]:
    """Detections every `step` s; faces[k][i] is the centre x of face k in sample i, None where it is missed."""
    samples = []
    for i in range(len(faces[0])):
        boxes = tuple(_box(face[i]) for face in faces if face[i] is not None)  # type: ignore[arg-type]
        samples.append(Detection(i * step, boxes, (0.99,) * len(boxes)))
    return samples


def _centres(boxes: tuple[Box, ...]) -> list[float]:
    return [(box[0] + box[2]) / 2 for box in boxes]


def test_a_still_face_is_one_track_over_the_whole_recording() -> None:
    (track,) = build_tracks(_seen([0.5] * 10), 2.0, PICTURE, TrackRules())
    assert (track.start, len(track.boxes)) == (0.0, 50)
    assert all(track.detected)


def test_a_moving_face_is_interpolated_to_every_frame() -> None:
    (track,) = build_tracks(_seen([0.3 + 0.02 * i for i in range(11)]), 2.04, PICTURE, TrackRules())
    expected = 0.3 + 0.02 * np.arange(51) / 5
    np.testing.assert_allclose(_centres(track.boxes)[6:-6], expected[6:-6], atol=1e-9)


def test_two_faces_stay_apart_when_their_order_changes() -> None:
    left, right = [0.25] * 10, [0.75] * 10
    samples = _seen(left, right)
    swapped = [d if i % 2 else Detection(d.time, d.boxes[::-1], d.probabilities) for i, d in enumerate(samples)]
    tracks = build_tracks(swapped, 2.0, PICTURE, TrackRules())
    assert sorted(round(_centres(t.boxes)[0], 3) for t in tracks) == [0.25, 0.75]
    assert all(np.ptp(_centres(t.boxes)) == pytest.approx(0) for t in tracks)


def test_a_short_miss_is_bridged_and_marked() -> None:
    (track,) = build_tracks(_seen([0.5, 0.5, 0.5, None, 0.5, 0.5, 0.5]), 1.4, PICTURE, TrackRules())
    assert len(track.boxes) == 35
    assert [i for i, seen in enumerate(track.detected) if not seen] == [13, 14, 15, 16, 17]


def test_a_long_miss_ends_the_track() -> None:
    samples = _seen([0.5] * 6 + [None] * 6 + [0.5] * 6)
    tracks = build_tracks(samples, 3.6, PICTURE, TrackRules(max_gap=1.0))
    assert [(t.start, round(t.end, 6)) for t in tracks] == [(0.0, 1.04), (2.4, 3.6)]


def test_no_track_crosses_a_cut() -> None:
    tracks = build_tracks(_seen([0.5] * 12), 2.4, PICTURE, TrackRules(), cuts=[1.2])
    assert [(t.start, t.end) for t in tracks] == [(0.0, 1.04), (1.2, 2.4)]


def test_a_jump_begins_a_new_track() -> None:
    tracks = build_tracks(_seen([0.2] * 6 + [0.8] * 6), 2.4, PICTURE, TrackRules())
    assert [round(_centres(t.boxes)[0], 3) for t in tracks] == [0.2, 0.8]


def test_short_and_small_tracks_are_dropped() -> None:
    samples = _seen([0.5] * 4)
    assert build_tracks(samples, 0.8, PICTURE, TrackRules(min_length=1.0)) == []
    assert len(build_tracks(samples, 0.8, PICTURE, TrackRules(min_length=0.8))) == 1
    assert build_tracks(_seen([0.5] * 10), 2.0, PICTURE, TrackRules(min_size=60)) == []


def test_an_outlier_box_is_smoothed_away() -> None:
    samples = _seen([0.5] * 11)
    samples[5] = Detection(samples[5].time, (_box(0.54),), (0.99,))
    (track,) = build_tracks(samples, 2.2, PICTURE, TrackRules())
    assert max(_centres(track.boxes)) < 0.53


def test_a_track_never_outlasts_its_recording() -> None:
    (track,) = build_tracks(_seen([0.5] * 6), 1.08, PICTURE, TrackRules())
    assert len(track.boxes) == round(1.08 * FPS)


def test_no_faces_give_no_tracks() -> None:
    assert build_tracks([], 1.0, PICTURE, TrackRules()) == []
    assert build_tracks([Detection(0.0), Detection(0.2)], 1.0, PICTURE, TrackRules()) == []


def test_overlap_and_side() -> None:
    assert iou((0, 0, 1, 1), (0, 0, 0.5, 1)) == pytest.approx(0.5)
    assert iou((0, 0, 0.2, 0.2), (0.5, 0.5, 1, 1)) == 0.0
    assert side((0.0, 0.0, 0.25, 0.5), 400, 200) == pytest.approx(100.0)
