from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.records import Box
from avcur.signals.motion import Motion
from tests.helpers.looks import look_of
from tests.helpers.media import noise
from tests.signals.clips import CENTRE, picture, sound, still, track_of, values

SIDE = 80.0
"""Pixels; pictures are 320 x 240."""
ONCE = "the face is not seen in two frames running"


def _boxes(centres: NDArray[np.float64]) -> list[Box]:
    """Square faces around centres (T, 2) px."""
    low, high = (centres - SIDE / 2) / (320, 240), (centres + SIDE / 2) / (320, 240)
    return [(float(a), float(b), float(c), float(d)) for (a, b), (c, d) in zip(low, high, strict=True)]


def _steady(frames: NDArray[np.int64], speed: float) -> NDArray[np.float64]:
    """Centres at grid frames of a face that moves to the right at `speed` sides per second."""
    return np.stack([60 + speed * SIDE * frames / 25, np.full(len(frames), 120.0)], axis=1)


def _moving(frames: NDArray[np.int64], speed: float, noise_of_boxes: float = 0.0, as_track: bool = False) -> object:
    """Motion of a face seen in those grid frames, whose detected boxes are off by so many sides in x and y."""
    rng = np.random.default_rng(1)
    off = rng.normal(0, noise_of_boxes * SIDE, (2, len(frames), 2)) if noise_of_boxes else np.zeros((2, len(frames), 2))
    centres = _steady(frames, speed) + off[0]
    shift = (_steady(frames + 1, speed) + off[1] - centres) / SIDE
    count = int(frames[-1]) + 1
    look = look_of({int(f): [box] for f, box in zip(frames, _boxes(centres), strict=True)}, count, face_shift=shift)
    track = track_of(_boxes(_steady(np.arange(count), speed))) if as_track else None
    return values(Motion().measure(picture(look, track=track)))


@pytest.mark.parametrize("as_track", [False, True])
@pytest.mark.parametrize("frames", [np.arange(0, 76, 5), np.concatenate([np.arange(40), np.arange(40, 76, 7)])])
def test_a_steady_move_has_its_speed_and_no_jitter(frames: NDArray[np.int64], as_track: bool) -> None:
    found = _moving(frames, 0.5, as_track=as_track)
    assert found["head_motion"] == pytest.approx(0.5, rel=0.12)  # the path's ends are rounded
    assert found["box_jitter"] == pytest.approx(0, abs=0.01)


def test_noise_of_the_detector_is_jitter_and_hardly_motion() -> None:
    """Boxes off by 1 % of the side in x and y, in both frames: 2 % root mean square over a step."""
    for frames in (np.arange(0, 200, 8), np.arange(0, 200, 2)):
        found = _moving(frames, 0.0, noise_of_boxes=0.01)
        assert found["box_jitter"] == pytest.approx(0.02, rel=0.3)
        assert found["head_motion"] < 0.05


def test_cuts_and_other_faces_are_no_motion() -> None:
    left, right = (0.0, 0.2, 0.25, 0.5), (0.7, 0.2, 0.95, 0.5)
    jumping = {frame: [left if frame < 25 else right] for frame in range(0, 50, 5)}
    for cuts in ([25], []):
        assert values(Motion().measure(picture(look_of(jumping, 50, cuts))))["head_motion"] == 0.0
    near = (0.05, 0.2, 0.3, 0.5)
    cut = {frame: [left if frame < 25 else near] for frame in range(0, 50, 5)}
    assert values(Motion().measure(picture(look_of(cut, 50, [25]))))["head_motion"] == 0.0


def test_a_track_is_judged_inside_its_clip_and_by_its_own_boxes() -> None:
    path = _boxes(_steady(np.arange(50), 0.8))
    look = look_of({frame: [path[frame - 25]] for frame in range(25, 75, 5)}, 100)
    found = values(Motion().measure(picture(look, track=track_of(path, start=1.0))))
    assert found["head_motion"] == pytest.approx(0.8, rel=0.15)
    assert found["box_jitter"] == pytest.approx(0.8 / 25, rel=0.15)  # the look says that the boxes do not move


def test_mouth_motion_is_the_mean_over_time_of_what_was_measured() -> None:
    look = look_of({0: [CENTRE], 20: [CENTRE], 24: [CENTRE]}, 25, face_mouth_motion=np.array([0.1, 0.4, np.nan]))
    found = values(Motion().measure(picture(look)))
    assert found["mouth_motion"] == pytest.approx((0.1 * 10.5 + 0.4 * 12) / 22.5)


def test_a_face_that_is_never_seen_twice_running() -> None:
    look = look_of({0: [CENTRE]}, 25, face_mouth_motion=np.array([np.nan]), face_shift=np.full((1, 2), np.nan))
    found = values(Motion().measure(picture(look)))
    assert found == {"head_motion": "the face is seen in one frame only", "box_jitter": ONCE, "mouth_motion": ONCE}


def test_stills_and_sound_are_not_applicable(tmp_path: Path) -> None:
    assert set(values(Motion().measure(still(look_of({0: [CENTRE]}, 25), 0.0))).values()) == {"a still does not move"}
    assert set(values(Motion().measure(sound(tmp_path, noise(0.1)))).values()) == {"no video stream"}
