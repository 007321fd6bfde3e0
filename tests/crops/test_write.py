from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from avcur.crops import write
from avcur.crops.geometry import GEOMETRIES, geometry_named
from avcur.crops.write import Crop, crops_or_reasons, near_groups, write_crops
from avcur.media.decode import frames, read_audio
from avcur.media.encode import write_audio, write_video
from avcur.media.errors import MediaError
from avcur.media.probe import probe
from avcur.records import Box, Standardised, Track
from datamodules.clip_item import read_faces
from tests.helpers.media import face_frames, number_of, numbered, timed_video, tone

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
FACE = geometry_named("face", 160)
"""Of a numbered picture of 160 x 160 px and a box around it all: each crop frame is the picture itself."""


def track(start: int, stop: int, box: Box = WHOLE) -> Track:
    return Track(start / 25, (box,) * (stop - start), (True,) * (stop - start))


def recording(path: Path, count: int, sound: np.ndarray | None = None) -> Standardised:
    write_video(path, (numbered(i, 160, 160) for i in range(count)), 25)
    audio = None if sound is None else path.with_suffix(".wav")
    if audio is not None and sound is not None:
        write_audio(audio, sound)
    return Standardised("r", path, audio, count / 25)


def numbers(path: Path) -> list[int]:
    return [number_of(frame.image) for frame in frames(path)]


def test_frame_i_of_a_crop_is_frame_i_of_its_track(tmp_path: Path) -> None:
    media = recording(tmp_path / "a.mp4", 520)
    spans = [(0, 12), (5, 30), (29, 40), (300, 340), (505, 520)]
    paths = [tmp_path / f"{first}.mp4" for first, _ in spans]
    write_crops(media, [track(*span) for span in spans], paths, FACE)
    assert [numbers(path) for path in paths] == [list(range(*span)) for span in spans]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["a.mp4", *(p.name for p in paths)])


def test_crops_follow_the_grid_of_a_variable_rate(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 0.5, 0.55, 0.61, 1.2, 1.24]
    media = Standardised("r", timed_video(tmp_path / "a.mp4", times), None, 1.28)
    write_crops(media, [track(4, 30)], [tmp_path / "c.mp4"], geometry_named("face", 160))
    expected = [max(k for k, time in enumerate(times) if time <= i / 25 + 1e-3) for i in range(4, 30)]
    shown = [frame.image[48:112] for frame in frames(tmp_path / "c.mp4")]  # 64 px high, padded to a square
    assert [number_of(image) for image in shown] == expected


def test_the_box_is_that_of_each_frame(tmp_path: Path) -> None:
    centres = [(60.0 + 4 * i, 120.0) for i in range(40)]
    write_video(tmp_path / "a.mp4", face_frames([centres], size=60), 25)
    boxes = tuple(((x - 30) / 320, 90 / 240, (x + 30) / 320, 150 / 240) for x, _ in centres)
    media = Standardised("r", tmp_path / "a.mp4", None, 1.6)
    write_crops(media, [Track(0.2, boxes[5:], (True,) * 35)], [tmp_path / "c.mp4"], GEOMETRIES["face"])
    assert min(frame.image.mean() for frame in frames(tmp_path / "c.mp4")) > 200


def test_a_flash_and_its_click_stay_together(tmp_path: Path) -> None:
    sound = np.zeros(8 * 16_000, np.float32)
    for second in (2, 5):
        sound[second * 16_000 : second * 16_000 + 320] = tone(0.02, 2000, 0.8)
    write_audio(tmp_path / "a.wav", sound)
    pictures = (np.full((64, 64, 3), 230 if i in (50, 125) else 20, np.uint8) for i in range(200))
    write_video(tmp_path / "a.mp4", pictures, 25)
    media = Standardised("r", tmp_path / "a.mp4", tmp_path / "a.wav", 8.0)
    paths = [tmp_path / "c.mp4", tmp_path / "d.mp4"]
    write_crops(media, [track(37, 87), track(101, 175)], paths, GEOMETRIES["face"])
    for path, expected in zip(paths, (13 / 25, 24 / 25), strict=True):
        flash = next(frame.time for frame in frames(path) if frame.image.mean() > 128)
        click = np.flatnonzero(np.abs(read_audio(path)) > 0.3)[0] / 16_000
        assert flash == pytest.approx(expected, abs=1e-6)
        assert click == pytest.approx(expected, abs=0.002)


def test_the_sound_is_the_tracks_span_and_as_long_as_its_picture(tmp_path: Path) -> None:
    loud = np.concatenate([np.zeros(16_000, np.float32), tone(1.0, 500)])  # ends with second 2 of 4
    media = recording(tmp_path / "a.mp4", 100, loud)
    write_crops(media, [track(20, 60)], [tmp_path / "c.mp4"], FACE)
    header = probe(tmp_path / "c.mp4")
    assert (header.audio_codec, header.sample_rate, header.channels) == ("aac", 16_000, 1)
    heard = np.abs(read_audio(tmp_path / "c.mp4"))
    assert len(heard) / 16_000 == pytest.approx(1.6, abs=0.07)  # the last AAC frame is filled up
    assert (heard[:3000].max(), heard[19_500:].max()) < (0.02, 0.02)
    assert heard[3600:18_800].reshape(-1, 400).max(axis=1).min() > 0.2


def test_a_silent_recording_gives_crops_without_sound(tmp_path: Path) -> None:
    write_crops(recording(tmp_path / "a.mp4", 10), [track(0, 10)], [tmp_path / "c.mp4"], FACE)
    assert not probe(tmp_path / "c.mp4").has_audio


def test_training_reads_crops_that_carry_sound(tmp_path: Path) -> None:
    media = recording(tmp_path / "a.mp4", 100, tone(4.0))
    write_crops(media, [track(10, 90)], [tmp_path / "c.mp4"], FACE)
    assert [number_of(face) for face in read_faces(tmp_path / "c.mp4", 160, 0, 80)] == list(range(10, 90))
    assert [number_of(face) for face in read_faces(tmp_path / "c.mp4", 160, 61, 3)] == [71, 72, 73]


def test_equal_bytes_on_repeat_and_in_other_company(tmp_path: Path) -> None:
    media = recording(tmp_path / "a.mp4", 60, tone(2.4))
    tracks = [track(0, 30), track(10, 60)]
    for name in ("one", "two"):
        write_crops(media, tracks, [tmp_path / name / "0.mp4", tmp_path / name / "1.mp4"], FACE)
    write_crops(media, tracks[1:], [tmp_path / "alone.mp4"], FACE)
    first, second = ((tmp_path / name / "1.mp4").read_bytes() for name in ("one", "two"))
    assert first == second == (tmp_path / "alone.mp4").read_bytes()


def test_a_late_track_does_not_decode_what_lies_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    media = recording(tmp_path / "a.mp4", 600)
    spans: list[tuple[float, float | None]] = []
    decode = write.pictures

    def noted(path: Path, *, start: float, end: float, **options: object) -> object:
        spans.append((start, end))
        return decode(path, start=start, end=end, **options)

    monkeypatch.setattr(write, "pictures", noted)
    write_crops(media, [track(500, 510), track(100, 120), track(110, 130)], _paths(tmp_path, 3), FACE)
    assert spans == [(4.0, 5.2), (20.0, 20.4)]
    assert numbers(tmp_path / "0.mp4") == list(range(500, 510))


def _paths(folder: Path, count: int) -> Sequence[Path]:
    return [folder / f"{i}.mp4" for i in range(count)]


def test_a_video_that_ends_before_a_track_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    media = recording(tmp_path / "a.mp4", 50)
    tracks, paths = [track(0, 20), track(10, 60), track(300, 340)], _paths(tmp_path, 3)
    with pytest.raises(MediaError, match=r"no crop 1\.mp4 of .*ends after frame 49; the track lasts to frame 59"):
        write_crops(media, tracks, paths, FACE)
    reasons = dict(crops_or_reasons(media, tracks, paths, FACE))
    assert [reason is None for reason in reasons.values()] == [True, False, False]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.mp4", "a.mp4"]


def test_no_picture_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no video stream"):
        write_crops(Standardised("r", None, None, 1.0), [track(0, 5)], [tmp_path / "c.mp4"], FACE)


def test_no_tracks_open_nothing() -> None:
    write_crops(Standardised("r", Path("nowhere.mp4"), None, 1.0), [], [], FACE)


def test_near_tracks_share_a_pass() -> None:
    spans = [(0, 500), (10, 20), (620, 640), (900, 910)]
    crops = [Crop(track(*span), Path(f"{span}.mp4")) for span in spans]
    assert [[crop.first for crop in group] for group in near_groups(crops[::-1])] == [[0, 10, 620], [900]]
