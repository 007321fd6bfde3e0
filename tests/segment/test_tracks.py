from __future__ import annotations

import numpy as np
import pytest

from avcur.records import Box
from avcur.segment.tracks import TrackRules, build_tracks
from avcur.visual.look import Look
from tests.helpers.looks import look_of


def _box(x: float, y: float = 0.5, half: float = 0.1) -> Box:
    return (x - half, y - half, x + half, y + half)


def _seen(*faces: list[float | None], step: int = 5, cuts: tuple[int, ...] = ()) -> Look:
    """Samples every `step` frames; faces[k][i] is the centre x of face k in sample i, None where it is missed."""
    samples = {i * step: [_box(f[i]) for f in faces if f[i] is not None] for i in range(len(faces[0]))}  # type: ignore[arg-type]
    return look_of(samples, (len(faces[0]) - 1) * step + 1, cuts)


def _centres(boxes: tuple[Box, ...]) -> list[float]:
    return [(box[0] + box[2]) / 2 for box in boxes]


def test_a_still_face_is_one_track_from_its_first_to_its_last_sighting() -> None:
    (track,) = build_tracks(_seen([0.5] * 10), TrackRules())
    assert (track.start, len(track.boxes)) == (0.0, 46)
    assert all(track.detected)


def test_a_moving_face_is_interpolated_to_every_frame() -> None:
    (track,) = build_tracks(_seen([0.3 + 0.02 * i for i in range(11)]), TrackRules())
    expected = 0.3 + 0.02 * np.arange(51) / 5
    np.testing.assert_allclose(_centres(track.boxes)[6:-6], expected[6:-6], atol=1e-9)


def test_samples_may_lie_at_any_distance() -> None:
    frames = [0, 1, 3, 20, 22, 40]
    (track,) = build_tracks(look_of({n: [_box(0.3 + n / 400)] for n in frames}, 41), TrackRules())
    np.testing.assert_allclose(_centres(track.boxes)[6:-6], 0.3 + np.arange(6, 35) / 400, atol=1e-9)


def test_two_faces_stay_apart_when_their_order_changes() -> None:
    samples = {i * 5: [_box(0.25), _box(0.75)][:: 1 if i % 2 else -1] for i in range(10)}
    tracks = build_tracks(look_of(samples, 46), TrackRules())
    assert sorted(round(_centres(t.boxes)[0], 3) for t in tracks) == [0.25, 0.75]
    assert all(np.ptp(_centres(t.boxes)) == pytest.approx(0) for t in tracks)


def test_a_short_miss_is_bridged_and_marked() -> None:
    (track,) = build_tracks(_seen([0.5, 0.5, 0.5, None, 0.5, 0.5, 0.5]), TrackRules())
    assert len(track.boxes) == 31
    assert [i for i, seen in enumerate(track.detected) if not seen] == [13, 14, 15, 16, 17]


def test_a_long_miss_ends_the_track() -> None:
    tracks = build_tracks(_seen([0.5] * 6 + [None] * 6 + [0.5] * 6), TrackRules(max_gap=1.0))
    assert [(t.start, round(t.end, 6)) for t in tracks] == [(0.0, 1.04), (2.4, 3.44)]


def test_no_track_crosses_a_cut() -> None:
    samples = {n: [_box(0.5)] for n in (0, 10, 20, 29, 30, 40, 50, 59)}
    tracks = build_tracks(look_of(samples, 60, cuts=[30]), TrackRules())
    assert [(t.start, t.end) for t in tracks] == [(0.0, 1.2), (1.2, 2.4)]


def test_a_face_between_two_cuts_is_no_part_of_its_neighbours() -> None:
    samples = {n: [_box(0.5)] for n in range(0, 90, 5)}
    tracks = build_tracks(look_of(samples, 90, cuts=[31, 33, 61]), TrackRules(min_length=0.0))
    assert [round(t.start * 25) for t in tracks] == [0, 35, 65]


def test_a_jump_begins_a_new_track() -> None:
    tracks = build_tracks(_seen([0.2] * 6 + [0.8] * 6), TrackRules())
    assert [round(_centres(t.boxes)[0], 3) for t in tracks] == [0.2, 0.8]


def test_short_and_small_tracks_are_dropped() -> None:
    seen = _seen([0.5] * 5)
    assert build_tracks(seen, TrackRules(min_length=1.0)) == []
    assert len(build_tracks(seen, TrackRules(min_length=0.84))) == 1
    assert build_tracks(_seen([0.5] * 10), TrackRules(min_size=60)) == []


def test_an_outlier_box_is_smoothed_away() -> None:
    (track,) = build_tracks(_seen([0.5] * 5 + [0.54] + [0.5] * 5), TrackRules())
    assert max(_centres(track.boxes)) < 0.53


def test_no_faces_give_no_tracks() -> None:
    assert build_tracks(look_of({}, 25), TrackRules()) == []
    assert build_tracks(_seen([None, None]), TrackRules()) == []
