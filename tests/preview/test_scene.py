from __future__ import annotations

import numpy as np

from avcur.preview.judged import JudgedClip
from avcur.preview.scene import NEAR, Scene
from avcur.records import Box, Clip, Standardised, Track
from avcur.segment.segmentation import Segmentation
from tests.helpers.looks import look_of

LEFT: Box = (0.1, 0.2, 0.3, 0.6)
RIGHT: Box = (0.6, 0.2, 0.8, 0.6)
MEDIA = Standardised("r", None, None, 4.0)


def track(box: Box, first: int, count: int, detected: bool = True) -> Track:
    return Track(first / 25, (box,) * count, (detected,) * count)


def scene(tracks: tuple[Track, ...], samples: dict[int, list[Box]], cuts: tuple[int, ...] = ()) -> Scene:
    clips = [JudgedClip(Clip("r", "track", t.start, t.end, track=i)) for i, t in enumerate(tracks)]
    return Scene(MEDIA, look_of(samples, 100, cuts), Segmentation((), tracks), clips)


def test_a_track_shows_its_own_nearest_sighting() -> None:
    found = scene((track(LEFT, 0, 60), track(RIGHT, 0, 60)), {0: [RIGHT, LEFT], 10: [LEFT, RIGHT], 40: [LEFT]})
    assert [found.face(0, n).row for n in (0, 4, 6, 14)] == [1, 1, 2, 2]  # type: ignore[union-attr]
    assert [found.face(1, n).row for n in (0, 6)] == [0, 3]  # type: ignore[union-attr]
    assert found.face(1, 40).row is None, "seen last at frame 10"  # type: ignore[union-attr]
    assert found.face(0, 60) is None


def test_faces_of_no_track_are_strangers_near_their_sample_and_in_its_shot() -> None:
    found = scene((track(LEFT, 0, 50),), {0: [LEFT, RIGHT], 40: [LEFT], 60: [RIGHT]}, cuts=(55,))
    np.testing.assert_allclose(found.strangers(0), [RIGHT])
    np.testing.assert_allclose(found.strangers(NEAR), [RIGHT])
    assert len(found.strangers(NEAR + 1)) == 0
    assert len(found.strangers(40)) == 0
    np.testing.assert_allclose(found.strangers(56), [RIGHT])
    assert len(found.strangers(54)) == 0, "that face is beyond the cut"


def test_shots_are_counted_from_the_cuts() -> None:
    found = scene((), {0: []}, cuts=(30, 70))
    assert [found.shot(n) for n in (0, 29, 30, 69, 70, 99)] == [(1, 3), (1, 3), (2, 3), (2, 3), (3, 3), (3, 3)]


def test_a_span_keeps_its_lane_and_no_two_in_a_lane_overlap() -> None:
    found = scene((track(LEFT, 0, 20), track(LEFT, 10, 50), track(RIGHT, 15, 18), track(LEFT, 70, 20)), {0: []})
    lanes = {span.track: span.lane for span in found.spans}
    assert lanes[1] == 0, "the longest has the first lane"
    assert lanes[3] == 0
    assert lanes[0] == 1
    assert lanes[2] == 2
    for number in range(100):
        present = found.present(number)
        assert len({span.lane for span in present}) == len(present)
        assert {span.track for span in present} == {
            i for i, t in enumerate(found.segmentation.tracks) if round(t.start * 25) <= number < round(t.end * 25)
        }


def test_tracks_without_a_clip_and_clips_without_a_track_are_shown() -> None:
    segmentation = Segmentation((), (track(LEFT, 5, 30),))
    found = Scene(MEDIA, look_of({0: []}, 100), segmentation, [JudgedClip(Clip("r", "still", 1.0, 1.04))])
    assert [span.name for span in found.present(10)] == ["track 0"]
    assert {span.name for span in found.present(30)} == {"track 0", "still"}, "a still lasts long enough to be read"
    assert found.face(7, 10) is None


def test_sound_alone_has_frames_and_no_faces() -> None:
    found = Scene(MEDIA, None, Segmentation(()), [JudgedClip(Clip("r", "window", 1.0, 3.0))])
    assert found.num_frames == 100
    assert len(found.strangers(0)) == 0
    assert [len(found.present(n)) for n in (24, 25, 74, 75)] == [0, 1, 1, 0]
