from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.media.decode import frames, read_audio
from avcur.media.encode import video_writer, write_audio, write_video
from avcur.media.probe import probe
from tests.helpers.media import noise, number_of, numbered, numbered_video, tone


def test_equal_frames_and_sound_give_equal_bytes(tmp_path: Path) -> None:
    first = numbered_video(tmp_path / "a.mp4", 30, audio=noise(1.2))
    second = numbered_video(tmp_path / "b.mp4", 30, audio=noise(1.2))
    assert first.read_bytes() == second.read_bytes()


def test_every_frame_comes_back_in_its_place(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 60)
    read = list(frames(path))
    assert [number_of(f.image) for f in read] == list(range(60))
    np.testing.assert_allclose([f.time for f in read], np.arange(60) / 25, atol=1e-6)


def test_sound_keeps_its_place_against_the_picture(tmp_path: Path) -> None:
    waveform = np.zeros(32_000, np.float32)
    waveform[16_000:17_600] = tone(0.1, 1000)
    path = numbered_video(tmp_path / "a.mp4", 50, audio=waveform)
    read = read_audio(path)
    loud = np.flatnonzero(np.abs(read) > 0.1)
    assert abs(loud[0] - 16_000) < 160
    assert abs(loud[-1] - 17_600) < 160


def test_odd_sizes_lose_one_row_or_column(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", (numbered(i, 161, 65) for i in range(3)), 25)
    assert probe(tmp_path / "a.mp4").displayed_size == (160, 64)


def test_frames_of_different_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Frame 1"):
        write_video(tmp_path / "a.mp4", [numbered(0), numbered(1, 200, 80)], 25)
    assert list(tmp_path.iterdir()) == []


def test_no_frame_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        write_video(tmp_path / "a.mp4", [], 25)
    assert list(tmp_path.iterdir()) == []


def test_an_error_half_way_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> None:
        with video_writer(tmp_path / "a.mp4", 25) as writer:
            writer.write(numbered(0))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_audio_survives_to_16_bits(tmp_path: Path, suffix: str) -> None:
    waveform = tone(0.5)
    write_audio(tmp_path / f"a{suffix}", waveform)
    np.testing.assert_allclose(read_audio(tmp_path / f"a{suffix}"), waveform, atol=1 / 32000)
