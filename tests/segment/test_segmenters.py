from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.media.encode import write_video
from avcur.records import Standardised
from avcur.segment.face_tracks import FaceTracks
from avcur.segment.segmentation import Segmentation
from avcur.segment.whole import Whole
from avcur.segment.windows import Windows
from tests.helpers.media import SquareDetector, face_frames

Centres = list[tuple[float, float] | None]


def _video(path: Path, *faces: Centres) -> Standardised:
    write_video(path, face_frames(faces), 25)
    return Standardised("r", path, None, len(faces[0]) / 25)


def _sound(duration: float) -> Standardised:
    return Standardised("r", None, Path("none.wav"), duration)


def test_whole_is_one_clip_with_the_faces_of_sampled_frames(tmp_path: Path) -> None:
    media = _video(tmp_path / "a.mp4", [(160.0, 120.0)] * 25 + [None] * 25)
    found = Whole(SquareDetector(), detection_fps=5)(media)
    (clip,) = found.clips
    assert (clip.kind, clip.start, clip.end, clip.track) == ("whole", 0.0, 2.0, None)
    assert [len(d.boxes) for d in found.detections] == [1] * 5 + [0] * 5
    np.testing.assert_allclose([d.time for d in found.detections], np.arange(10) / 5, atol=1e-6)
    np.testing.assert_allclose(found.detections[0].boxes[0], (130 / 320, 90 / 240, 190 / 320, 150 / 240), atol=0.01)


def test_whole_of_sound_looks_for_no_faces() -> None:
    found = Whole(SquareDetector())(_sound(3.5))
    assert (found.clips[0].end, found.detections, found.tracks) == (3.5, (), ())


def test_faces_below_the_threshold_are_left_out(tmp_path: Path) -> None:
    media = _video(tmp_path / "a.mp4", [(160.0, 120.0)] * 10)
    found = Whole(SquareDetector(probability=0.5), threshold=0.9)(media)
    assert all(not d.boxes for d in found.detections)


def test_boxes_do_not_depend_on_the_detection_size(tmp_path: Path) -> None:
    media = _video(tmp_path / "a.mp4", [(100.0, 120.0)] * 5)
    (full,), (reduced,) = (Whole(SquareDetector(max_side=s))(media).detections[0].boxes for s in (320, 160))
    np.testing.assert_allclose(full, reduced, atol=0.02)


def test_each_face_is_a_clip(tmp_path: Path) -> None:
    moving: Centres = [(70 + 0.5 * i, 100.0) for i in range(50)]
    media = _video(tmp_path / "a.mp4", moving, [(250.0, 140.0)] * 50)
    found = FaceTracks(SquareDetector())(media)
    assert [(c.kind, c.start, c.end, c.track) for c in found.clips] == [("track", 0.0, 2.0, 0), ("track", 0.0, 2.0, 1)]
    x = [(b[0] + b[2]) / 2 * 320 for b in found.tracks[0].boxes]
    np.testing.assert_allclose(x[8:-8], [70 + 0.5 * i for i in range(8, 42)], atol=2.5)


def test_a_face_that_comes_and_goes_bounds_its_clip(tmp_path: Path) -> None:
    centres: Centres = [None] * 20 + [(160.0, 120.0)] * 40 + [None] * 40
    (clip,) = FaceTracks(SquareDetector())(_video(tmp_path / "a.mp4", centres)).clips
    assert 0.8 <= clip.start <= 1.0
    assert 2.2 <= clip.end <= 2.4


def test_a_hard_cut_parts_two_faces_in_one_place(tmp_path: Path) -> None:
    frames = list(face_frames([[(160.0, 120.0)] * 80]))
    rng = np.random.default_rng(0)
    other = [np.maximum(f, rng.integers(120, 149, (1, 1, 3), dtype=np.uint8)) for f in frames[40:]]
    write_video(tmp_path / "a.mp4", frames[:40] + other, 25)
    found = FaceTracks(SquareDetector())(Standardised("r", tmp_path / "a.mp4", None, 3.2))
    assert [(c.start, c.end) for c in found.clips] == [(0.0, 1.44), (1.6, 3.2)]


@pytest.mark.parametrize("media", [_sound(2.0), None])
def test_a_recording_without_tracks_is_one_whole_clip(tmp_path: Path, media: Standardised | None) -> None:
    media = media or _video(tmp_path / "a.mp4", [None] * 30)
    found = FaceTracks(SquareDetector())(media)
    assert [(c.kind, c.end) for c in found.clips] == [("whole", media.duration)]


@pytest.mark.parametrize(
    ("duration", "spans"),
    [
        (12.0, [(0, 5), (5, 10), (10, 12)]),
        (10.5, [(0, 5), (5, 10)]),
        (10.0, [(0, 5), (5, 10)]),
        (3.0, [(0, 3)]),
        (0.4, [(0, 0.4)]),
    ],
)
def test_windows_cover_the_sound(duration: float, spans: list[tuple[float, float]]) -> None:
    found = Windows(length=5, hop=5, min_length=1)(_sound(duration))
    assert [(c.start, c.end) for c in found.clips] == spans
    assert {c.kind for c in found.clips} == {"window"}


def test_overlapping_windows_stop_at_the_end() -> None:
    found = Windows(length=2, hop=1, min_length=1)(_sound(4.0))
    assert [(c.start, c.end) for c in found.clips] == [(0, 2), (1, 3), (2, 4)]


def test_windows_refuse_odd_lengths() -> None:
    with pytest.raises(ValueError, match="hop > 0"):
        Windows(hop=0)


def test_text_reads_back_equal_and_ends_inside_the_recording(tmp_path: Path) -> None:
    found = FaceTracks(SquareDetector())(_video(tmp_path / "a.mp4", [(100.3, 99.7)] * 40))
    assert Segmentation.from_json(found.to_json()) == found
    assert [c.id for c in Segmentation.from_json(found.to_json()).clips] == [c.id for c in found.clips]
    odd = Windows()(_sound(7.123456))
    assert Segmentation.from_json(odd.to_json()) == odd
    assert odd.clips[-1].end <= 7.123456
    assert len(found.to_json()) < 40 * 50
