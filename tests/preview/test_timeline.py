from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.preview.judged import JudgedClip, State, Verdict
from avcur.preview.layout import LANE, Layout, arrange
from avcur.preview.scene import Scene
from avcur.preview.style import GREY, INK, KEPT, PAPER, REJECTED, SPEAKING
from avcur.preview.timeline import PAGE, Timeline, clock, is_paged, round_step
from avcur.records import Clip, Standardised, Track
from avcur.segment.segmentation import Segmentation
from tests.helpers.looks import look_of

Image = NDArray[np.uint8]


def clip(start: float, end: float, state: State, reason: str | None = None) -> JudgedClip:
    return JudgedClip(Clip("r", "whole", start, end), {"strict": Verdict(state, reason)})


def painted(scene: Scene, number: int, outline: NDArray[np.float32] | None = None) -> tuple[Image, Layout]:
    layout = arrange((320, 240), scene.num_lanes, outline is not None, is_paged(scene.num_frames))
    canvas = np.full((layout.height, layout.width, 3), PAPER, np.uint8)
    Timeline(scene, layout, np.zeros(0, np.float32) if outline is None else outline).draw(canvas, number)
    return canvas, layout


def lane_colour(canvas: Image, layout: Layout, share: float, lane: int = 0) -> tuple[int, ...]:
    """The colour of a lane near its lower edge, below any text."""
    return tuple(canvas[layout.lanes.y + (lane + 1) * LANE - 3, int(share * layout.width)].tolist())


def test_spans_are_coloured_by_what_became_of_them() -> None:
    clips = [clip(0.0, 1.0, "kept"), clip(1.0, 2.0, "rejected", "snr < 10"), clip(2.0, 3.0, "held out")]
    scene = Scene(Standardised("r", None, None, 4.0), look_of({0: []}, 100), Segmentation(()), clips)
    canvas, layout = painted(scene, 95)
    colours = [lane_colour(canvas, layout, share) for share in (0.12, 0.37, 0.62, 0.87)]
    assert colours[:3] == [KEPT, REJECTED, GREY]
    assert colours[3] not in (KEPT, REJECTED, GREY)


def test_cuts_and_the_playhead_stand_where_they_belong() -> None:
    scene = Scene(Standardised("r", None, None, 4.0), look_of({0: []}, 100, cuts=(25,)), Segmentation(()), [])
    canvas, layout = painted(scene, 50)
    row = canvas[layout.lanes.y + 10]
    dark = np.flatnonzero((row == INK).all(axis=1))
    assert 2 <= len(dark) <= 5, "a thin line and a thicker one"
    assert abs(dark.min() - 0.25 * layout.width) <= 1
    assert abs(dark.max() - 0.505 * layout.width) <= 2


def test_the_wave_is_high_where_it_is_loud() -> None:
    outline = np.concatenate([np.zeros(200, np.float32), np.full(200, 0.8, np.float32)])
    scene = Scene(Standardised("r", None, None, 4.0), None, Segmentation(()), [])
    canvas, layout = painted(scene, 0, outline)
    wave = canvas[layout.wave.y : layout.wave.bottom]
    heights = (wave == GREY).all(axis=2).sum(axis=0)
    assert heights[100 : layout.width // 2 - 2].max() <= 1
    assert heights[layout.width // 2 + 2 :].min() >= layout.wave.height * 0.6


def test_long_recordings_turn_pages_and_keep_an_overview() -> None:
    late = clip(70.0, 100.0, "rejected", "snr < 10")
    scene = Scene(Standardised("r", None, None, 120.0), None, Segmentation(()), [clip(0.0, 30.0, "kept"), late])
    first, layout = painted(scene, PAGE - 1)
    second, _ = painted(scene, PAGE)
    assert layout.overview is not None
    assert lane_colour(first, layout, 0.25) == KEPT
    assert lane_colour(second, layout, 0.10) not in (KEPT, REJECTED)
    assert lane_colour(second, layout, 0.25) == REJECTED
    for canvas in (first, second):
        overview = canvas[layout.overview.y + 7]
        assert tuple(overview[int(0.1 * layout.width)].tolist()) == KEPT
        assert tuple(overview[int(0.7 * layout.width)].tolist()) == REJECTED


@pytest.mark.parametrize(
    ("seconds", "step", "text"),
    [(0, 1, "0:00"), (75, 1, "1:15"), (3.48, 0.01, "0:03.48"), (59.999, 0.1, "0:59.9"), (3725, 30, "1:02:05"),
     (0.3, 0.1, "0:00.3"), (7.0, 0.01, "0:07.00")],
)  # fmt: skip
def test_clock(seconds: float, step: float, text: str) -> None:
    assert clock(seconds, step) == text


def test_every_grid_frame_has_its_own_time() -> None:
    assert [clock(n / 25) for n in range(26)] == [f"0:0{n // 25}.{n % 25 * 4:02d}" for n in range(26)]


def test_steps_are_round() -> None:
    assert [round_step(rough) for rough in (0.03, 0.5, 0.7, 4.0, 21.0, 61.0)] == [0.1, 0.5, 1.0, 5.0, 30.0, 120.0]


def test_stretches_of_speech_are_a_green_line_at_the_foot_of_their_span() -> None:
    scores = np.array([1.0] * 25 + [-1.0] * 25 + [np.nan] * 10 + [2.0] * 15, np.float32)
    judged = JudgedClip(Clip("r", "track", 1.0, 4.0, track=0), {"s": Verdict("kept")}, speaking_scores=scores)
    track = Track(1.0, ((0.1, 0.1, 0.5, 0.5),) * 75, (True,) * 75)
    scene = Scene(Standardised("r", None, None, 4.0), look_of({0: []}, 100), Segmentation((), (track,)), [judged])
    assert scene.spans[0].spoken() == [(25, 50), (85, 100)]
    canvas, layout = painted(scene, 5)
    row = (canvas[layout.lanes.y + LANE - 3] == SPEAKING).all(axis=1)
    assert [bool(row[int(share * layout.width)]) for share in (0.2, 0.3, 0.48, 0.6, 0.8, 0.9)] == [
        False, True, True, False, False, True
    ]  # fmt: skip
    assert not (canvas[layout.lanes.y + 5] == SPEAKING).all(axis=1).any(), "a thin one"
