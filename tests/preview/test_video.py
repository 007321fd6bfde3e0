from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avcur.media.decode import frames, read_audio
from avcur.media.probe import probe
from avcur.preview.judged import JudgedClip, Verdict
from avcur.preview.layout import HEADER
from avcur.preview.painter import Painter
from avcur.preview.video import write_preview
from avcur.records import Clip, Measurement, Standardised, Track
from avcur.segment.segmentation import Segmentation
from tests.helpers.looks import look_of
from tests.helpers.media import audio_file, number_of, numbered_video, timed_video, tone


def media(video: Path | None, audio: Path | None = None, seconds: float = 1.0) -> Standardised:
    return Standardised("r", video, audio, seconds)


def numbers(path: Path) -> list[int]:
    """The numbers on the pictures of a preview without cards, whose picture fills the width below the header."""
    return [number_of(frame.image[HEADER:]) for frame in frames(path)]


def test_frame_i_shows_grid_frame_i(tmp_path: Path) -> None:
    video = numbered_video(tmp_path / "a.mp4", 40)
    write_preview(media(video, seconds=1.6), None, Segmentation(()), [], tmp_path / "p.mp4")
    assert numbers(tmp_path / "p.mp4") == list(range(40))
    times = [frame.time for frame in frames(tmp_path / "p.mp4")]
    np.testing.assert_allclose(times, np.arange(40) / 25, atol=1e-6)


def test_a_variable_rate_is_shown_by_its_timestamps(tmp_path: Path) -> None:
    video = timed_video(tmp_path / "a.mp4", [0.0, 0.04, 0.2, 0.22, 0.4])
    write_preview(
        media(video, seconds=0.44), look_of({0: []}, 11, size=(160, 64)), Segmentation(()), [], tmp_path / "p.mp4"
    )
    assert numbers(tmp_path / "p.mp4") == [0, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4]


def test_the_sound_is_the_recordings_own_and_in_its_place(tmp_path: Path) -> None:
    video = numbered_video(tmp_path / "a.mp4", 25)
    waveform = np.zeros(16_000, np.float32)
    waveform[8_000:9_600] = tone(0.1, 1000)
    write_preview(
        media(video, audio_file(tmp_path / "a.wav", waveform)), None, Segmentation(()), [], tmp_path / "p.mp4"
    )
    loud = np.flatnonzero(np.abs(read_audio(tmp_path / "p.mp4")) > 0.1)
    assert abs(loud[0] - 8_000) < 160
    assert abs(loud[-1] - 9_600) < 160


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    video = numbered_video(tmp_path / "a.mp4", 10)
    for name in ("p", "q"):
        write_preview(media(video, seconds=0.4), None, Segmentation(()), [], tmp_path / f"{name}.mp4")
    assert (tmp_path / "p.mp4").read_bytes() == (tmp_path / "q.mp4").read_bytes()


def test_sound_alone_shows_its_waveform(tmp_path: Path) -> None:
    sound = audio_file(tmp_path / "a.wav", tone(1.0))
    clip = JudgedClip(Clip("r", "window", 0.0, 1.0), {"s": Verdict("kept")}, {"loudness": Measurement.ok(-20)})
    write_preview(media(None, sound), None, Segmentation((clip.clip,)), [clip], tmp_path / "p.mp4")
    header = probe(tmp_path / "p.mp4")
    assert header.has_audio
    assert len(list(frames(tmp_path / "p.mp4"))) == 25


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the painter was given in place of each picture: its shape, or the reason why there is none."""
    given: list[Any] = []
    paint = Painter.frame

    def spy(self: Painter, number: int, picture: Any) -> Any:
        given.append(picture if picture is None or isinstance(picture, str) else picture.shape)
        return paint(self, number, picture)

    monkeypatch.setattr(Painter, "frame", spy)
    return given


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "does not exist"), (b"", "empty"), (b"plain text" * 50, "text")]
)
def test_a_picture_that_cannot_be_decoded_says_why(
    tmp_path: Path, pictures: list[Any], content: bytes | None, reason: str
) -> None:
    video = tmp_path / "a.mp4"
    if content is not None:
        video.write_bytes(content)
    sound = audio_file(tmp_path / "a.wav", tone(0.4))
    write_preview(media(video, sound, 0.4), None, Segmentation(()), [], tmp_path / "p.mp4")
    assert len(pictures) == 10
    assert all(reason in picture for picture in pictures)
    assert len(list(frames(tmp_path / "p.mp4"))) == 10


def test_a_picture_that_ends_early_is_said_to(tmp_path: Path, pictures: list[Any]) -> None:
    video = numbered_video(tmp_path / "a.mp4", 10)
    write_preview(media(video, seconds=0.6), look_of({0: []}, 15), Segmentation(()), [], tmp_path / "p.mp4")
    assert [isinstance(picture, str) for picture in pictures] == [False] * 10 + [True] * 5
    assert pictures[-1] == "no picture from 0.40 s on"


def test_sound_that_is_gone_leaves_a_silent_preview(tmp_path: Path) -> None:
    video = numbered_video(tmp_path / "a.mp4", 5)
    write_preview(media(video, tmp_path / "gone.wav", 0.2), None, Segmentation(()), [], tmp_path / "p.mp4")
    assert not probe(tmp_path / "p.mp4").has_audio
    assert numbers(tmp_path / "p.mp4") == list(range(5))


def test_neither_picture_nor_sound_is_still_a_file(tmp_path: Path) -> None:
    write_preview(media(None, None, 0.0), None, Segmentation(()), [], tmp_path / "p.mp4")
    assert len(list(frames(tmp_path / "p.mp4"))) == 1


def test_clips_without_tracks_of_theirs_are_survived(tmp_path: Path) -> None:
    video = numbered_video(tmp_path / "a.mp4", 5)
    clip = Clip("r", "track", 0.0, 9.0, track=3)
    track = Track(0.1, ((0.1, 0.1, 0.5, 0.5),) * 200, (True,) * 200)
    write_preview(
        media(video, seconds=0.2),
        look_of({}, 5),
        Segmentation((clip,), (track,)),
        [JudgedClip(clip)],
        tmp_path / "p.mp4",
    )
    assert len(list(frames(tmp_path / "p.mp4"))) == 5


def test_a_real_program_stream(tmp_path: Path, real_media: Path) -> None:
    video = real_media / "video" / "grid_bbaf2n.mpg"
    write_preview(media(video, seconds=3.0), None, Segmentation(()), [], tmp_path / "p.mp4")
    assert probe(tmp_path / "p.mp4").video_codec == "h264"
    assert len(list(frames(tmp_path / "p.mp4"))) == 75
