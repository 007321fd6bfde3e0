"""Annotated tracks on the 25 fps grid, whatever rate they were annotated at."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avcur.errors import UserError
from avcur.labels import FaceLabels
from avcur.media.errors import MediaError
from avcur.records import FPS, Standardised
from avcur.segment import ava
from avcur.segment.ava import AvaTracks
from avcur.segment.segmentation import Segmentation
from avcur.sources.ava.source import AvaSource
from avcur.store.keys import digest, parameters
from avcur.visual.visual_pass import VisualPass
from tests.helpers.ava import Row, box_at, rows, write_rows
from tests.helpers.looks import look_of
from tests.helpers.media import SquareDetector, timed_video

MEDIA = Standardised("v", Path("v.mp4"), None, 8.0)
LOOK = look_of({}, 200)


def segment(root: Path, found: Sequence[Row], media: Standardised = MEDIA, **options: Any) -> Segmentation:
    write_rows(root / "v-activespeaker.csv", found)
    return AvaTracks(root, visual=None, **options)(media, LOOK)


@pytest.mark.parametrize("fps", [24, 25, 30, 24000 / 1001])
def test_tracks_of_every_rate_have_the_faces_place_in_each_frame_of_the_grid(tmp_path: Path, fps: float) -> None:
    found = segment(tmp_path, rows("v", "1", 1.0, round(3 * fps), fps, offset=900.0), video_start=900.0)
    (clip,), (track,) = found.clips, found.tracks
    last = 1.0 + (round(3 * fps) - 1) / fps
    assert (clip.start, clip.end) == (1.0, (round(last * FPS) + 1) / FPS)
    assert all(track.detected)
    times = track.start + np.arange(len(track.boxes)) / FPS
    # Rounded timestamps move a face by 0.005 s, and the last frame may lie half a frame after the last row.
    np.testing.assert_allclose(track.boxes, [box_at(min(t, last)) for t in times], atol=0.1 * (0.005 + 0.5 / FPS))
    np.testing.assert_allclose(track.boxes[:-1], [box_at(t) for t in times[:-1]], atol=0.1 * 0.006)


@pytest.mark.parametrize("fps", [24, 30])
def test_the_grid_is_that_of_the_pictures_by_their_timestamps(tmp_path: Path, fps: int) -> None:
    """A video of known times is looked at: its grid has as many frames as the track that covers all of it."""
    path = timed_video(tmp_path / "v.mp4", [n / fps for n in range(2 * fps)])
    write_rows(tmp_path / "csv" / "v-activespeaker.csv", rows("v", "1", 0.0, 2 * fps, fps))
    media = Standardised("v", path, None, 2.0)
    look = VisualPass(SquareDetector())(media)
    seen, header = (AvaTracks(tmp_path / "csv", visual=None)(media, each) for each in (look, None))
    assert seen == header
    assert look.num_frames == 50 == len(seen.tracks[0].boxes)
    assert seen.clips[0].end == 2.0


@pytest.mark.parametrize("fps", [24, 25, 30])
def test_the_labels_of_a_clip_are_those_of_the_rows_nearest_to_its_frames(tmp_path: Path, fps: int) -> None:
    silent = rows("v", "1", 1.0, fps, fps, 900.0, "NOT_SPEAKING")
    spoken = rows("v", "1", 2.0, fps, fps, 900.0)
    twin = [(*row[:2], *(c + 0.02 for c in row[2:6]), "NOT_SPEAKING", "v_2") for row in (*silent, *spoken)]
    found = segment(tmp_path / "train", [*silent, *spoken, *twin], video_start=900.0)  # type: ignore[list-item]
    (tmp_path / "v.mp4").touch()
    labels = FaceLabels(AvaSource(tmp_path, tmp_path / "train", video_start=900.0).face_labels())
    first, second = (labels.of_track("v", track) for track in found.tracks)
    assert first is not None
    assert second is not None
    assert (first[0], second[0], any(second[1])) == ("v_1", "v_2", False)
    assert first[1] == [n >= 25 for n in range(len(first[1]))]


def test_clips_are_in_the_order_of_their_starts_then_names(tmp_path: Path) -> None:
    late, early, twin = rows("v", "1", 3.0, 25), rows("v", "9", 1.0, 50), rows("v", "10", 1.0, 25)
    found = segment(tmp_path, [*late, *early, *twin])
    assert [(c.kind, c.start, c.end, c.track) for c in found.clips] == [
        ("track", 1.0, 2.0, 0), ("track", 1.0, 3.0, 1), ("track", 3.0, 4.0, 2),
    ]  # fmt: skip


def test_rows_may_come_in_any_order_and_twice(tmp_path: Path) -> None:
    whole = rows("v", "1", 1.0, 25)
    expected = segment(tmp_path, whole)
    assert segment(tmp_path, [*whole[10:], *whole[:10], whole[3]]) == expected


def test_missing_rows_are_bridged_and_marked(tmp_path: Path) -> None:
    found = segment(tmp_path, [*rows("v", "1", 1.0, 5), *rows("v", "1", 1.4, 5)])
    (track,) = found.tracks
    assert track.detected == (True,) * 5 + (False,) * 5 + (True,) * 5
    np.testing.assert_allclose(track.boxes, [box_at(1.0 + n / FPS) for n in range(15)], atol=1e-5)


def test_a_face_that_was_gone_comes_back_as_another_clip(tmp_path: Path) -> None:
    """What is in its place meanwhile is another's, labels and all."""
    away = [*rows("v", "a", 0.0, 26), *rows("v", "a", 6.0, 25)]
    meanwhile = [(*row[:2], *box_at(0.0), *row[6:]) for row in rows("v", "b", 1.04, 124, label="NOT_SPEAKING")]
    still = [(*row[:2], *box_at(0.0), *row[6:]) for row in away]
    found = segment(tmp_path / "train", [*still, *meanwhile])  # type: ignore[list-item]
    assert [(c.start, c.end) for c in found.clips] == [(0.0, 1.04), (1.04, 6.0), (6.0, 7.0)]
    (tmp_path / "v.mp4").touch()
    labels = FaceLabels(AvaSource(tmp_path, tmp_path / "train").face_labels())
    of_tracks = [labels.of_track("v", track) for track in found.tracks]
    assert [(name, set(speaking)) for name, speaking in filter(None, of_tracks)] == [
        ("v_a", {True}), ("v_b", {False}), ("v_a", {True}),
    ]  # fmt: skip


@pytest.mark.parametrize(("gap", "clips"), [(0.5, 1), (0.52, 2)])
def test_half_a_second_without_rows_is_the_most_that_is_bridged(tmp_path: Path, gap: float, clips: int) -> None:
    assert len(segment(tmp_path, [*rows("v", "1", 1.0, 5), *rows("v", "1", 1.16 + gap, 5)]).clips) == clips


@pytest.mark.parametrize("fps", [24000 / 1001, 24, 25, 30])
def test_rows_without_a_gap_are_never_farther_from_a_frame_than_is_near(tmp_path: Path, fps: float) -> None:
    for phase in np.arange(0.0, 0.042, 0.003):
        found = segment(tmp_path, rows("v", "1", 1.0 + phase, round(4 * fps), fps, 900.0), video_start=900.0)
        assert all(found.tracks[0].detected)
        times = np.array([row[1] - 900.0 for row in rows("v", "1", 1.0 + phase, round(4 * fps), fps, 900.0)])
        assert ava._nearest(np.arange(28, 120) / FPS, times).max() <= 0.025 + 1e-9


def test_boxes_are_clamped_and_those_outside_the_picture_bridged(tmp_path: Path) -> None:
    def row(time: float, *box: float) -> Row:
        return ("v", time, *box, "NOT_SPEAKING", "v_1")  # type: ignore[return-value]

    inside = row(1.0, -0.1, 0.2, 0.3, 0.4), row(1.08, 0.1, 0.2, 0.5, 1.2)
    (track,) = segment(tmp_path, [inside[0], row(1.04, 1.1, 0.1, 1.3, 0.4), inside[1]]).tracks
    np.testing.assert_allclose(
        track.boxes, [(0, 0.2, 0.3, 0.4), (0.05, 0.2, 0.4, 0.7), (0.1, 0.2, 0.5, 1.0)], atol=1e-6
    )
    assert track.detected == (True, False, True)


def test_tracks_end_with_the_video_and_those_beyond_it_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    across = [*rows("v", "start", -0.4, 25, offset=900.0), *rows("v", "end", 7.6, 25, offset=900.0)]
    beyond = [*rows("v", "before", -2.0, 25, offset=900.0), *rows("v", "after", 8.2, 25, offset=900.0)]
    found = segment(tmp_path, [*across, *beyond], video_start=900.0)
    assert [(c.start, c.end) for c in found.clips] == [(0.0, 0.6), (7.6, 8.0)]
    np.testing.assert_allclose(found.tracks[0].boxes[0][1::2], box_at(0)[1::2])
    message, doubt = caplog.messages
    assert message.startswith("Left out 2 of 4 tracks of v, such as v_after")
    assert doubt.startswith("75 % of the annotated rows of v lie outside its 8.0 s of video; is source.video_start")
    with pytest.raises(MediaError, match=r"all lie outside .* 8\.00 s of video from 0 s on: 2 of 2 tracks of v"):
        segment(tmp_path, beyond)


def test_a_recording_without_annotation_or_picture_is_told(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="names the video 'w'"):
        segment(tmp_path, rows("v", "1", 1.0, 25), replace(MEDIA, recording_id="w"))
    with pytest.raises(MediaError, match="no video stream"):
        segment(tmp_path, rows("v", "1", 1.0, 25), replace(MEDIA, video_path=None))
    with pytest.raises(UserError, match=r"segment\.video_start"):
        AvaTracks(tmp_path, video_start=-2.0)
    with pytest.raises(UserError, match="use source=ava"):
        AvaTracks(None)  # type: ignore[arg-type]


def test_a_planted_copy_has_the_tracks_of_its_original(tmp_path: Path) -> None:
    own = segment(tmp_path, rows("v", "1", 1.0, 25))
    copy = segment(tmp_path, rows("v", "1", 1.0, 25), replace(MEDIA, recording_id="v~copy"))
    assert copy.tracks == own.tracks
    assert copy.clips[0].recording_id == "v~copy"


@pytest.mark.parametrize("name", ["v-activespeaker.csv", "val_orig.csv"])
def test_a_recording_hangs_on_its_own_rows_and_on_no_other_videos(tmp_path: Path, name: str) -> None:
    def about(*found: Row, folder: str = "a") -> str:
        write_rows(tmp_path / folder / name, found)
        return AvaTracks(tmp_path / folder).about("v")

    own = rows("v", "1", 1.0, 25)
    before = about(*own)
    write_rows(tmp_path / "a" / "w-activespeaker.csv", rows("w", "1", 1.0, 25))
    assert AvaTracks(tmp_path / "a").about("v") == AvaTracks(tmp_path / "a").about("v~copy") == before
    assert about(*own, *rows("u", "1", 1.0, 5)) == about(*own, folder="b") == before
    spoken, named, moved = (
        [*own[:-1], (*own[-1][:column], value, *own[-1][column + 1 :])]
        for column, value in ((6, "NOT_SPEAKING"), (7, "v_2"), (3, 0.25))
    )
    assert len({before, about(*own[:-1]), about(*spoken), about(*named), about(*moved)}) == 5  # type: ignore[arg-type]


def test_clips_of_all_videos_hang_on_options_and_not_on_what_is_annotated(tmp_path: Path) -> None:
    def key(folder: str, count: int = 25, **options: Any) -> str:
        write_rows(tmp_path / folder / "v-activespeaker.csv", rows("v", "1", 1.0, count))
        segmenter = AvaTracks(tmp_path / folder, **options)
        assert len(pickle.dumps(segmenter)) < 2000
        return digest(parameters(segmenter))

    assert key("a") == key("b") == key("a", 26)
    assert len({key("a"), key("a", video_start=900.0), key("a", visual=None)}) == 3


@pytest.mark.parametrize(("late", "said"), [(0.0, []), (0.6, []), (1.0, ["12 %"]), (-2.0, ["25 %"])])
def test_many_rows_outside_the_video_put_its_start_in_doubt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, late: float, said: list[str]
) -> None:
    """A track as long as the video, of which up to a tenth may be missing."""
    segment(tmp_path, rows("v", "1", 0.0, 200, offset=900.0), video_start=900.0 - late)
    wanted = "{} of the annotated rows of v lie outside its 8.0 s of video; is source.video_start right?"
    assert caplog.messages == [wanted.format(share) for share in said]
