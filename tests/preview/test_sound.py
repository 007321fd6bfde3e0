from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.media.encode import write_video
from avcur.media.errors import MediaError
from avcur.preview.sound import PEAKS_PER_SECOND, columns, outline, streamed_sound
from tests.helpers.media import audio_file, noise, numbered, tone


def test_slices_are_those_of_the_whole_waveform(tmp_path: Path) -> None:
    waveform = noise(1.0)
    with streamed_sound(audio_file(tmp_path / "a.wav", waveform)) as sound:
        assert len(sound) == 16_000
        for span in (slice(0, 1024), slice(1024, 2048), slice(15_500, 16_600), slice(100, 100)):
            np.testing.assert_allclose(sound[span], waveform[span], atol=1e-4)


def test_a_video_with_streamed_sound_equals_one_with_the_waveform(tmp_path: Path) -> None:
    path = audio_file(tmp_path / "a.wav", noise(1.3))
    frames = [numbered(i) for i in range(25)]
    with streamed_sound(path) as sound:
        write_video(tmp_path / "streamed.mp4", frames, 25, sound)  # type: ignore[arg-type]
        write_video(tmp_path / "whole.mp4", frames, 25, sound[:])
    assert (tmp_path / "streamed.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_a_file_cut_short_under_the_reader_is_silence(tmp_path: Path) -> None:
    path = audio_file(tmp_path / "a.wav", tone(2.0))
    with streamed_sound(path) as sound:
        with path.open("r+b") as file:
            file.truncate(20_000)
        end = sound[30_000:31_024]
    assert end.shape == (1024,)
    assert not end.any()


def test_no_sound_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="cannot be read"), streamed_sound(tmp_path / "none.wav"):
        pass


def test_the_outline_follows_the_loudness(tmp_path: Path) -> None:
    waveform = np.concatenate([np.zeros(16_000, np.float32), tone(12.0, level=0.5), np.zeros(8_000, np.float32)])
    with streamed_sound(audio_file(tmp_path / "a.wav", waveform)) as sound:
        peaks = outline(sound)
        part = outline(sound, 0.5, 1.5)
    assert len(peaks) == round(13.5 * PEAKS_PER_SECOND)
    assert peaks[:100].max() < 0.01
    assert peaks[100:1300].min() > 0.4
    assert peaks[1300:].max() < 0.01
    np.testing.assert_allclose(part, peaks[50:150])


def test_columns_keep_the_loudest_moment() -> None:
    peaks = np.zeros(1000, np.float32)
    peaks[617] = 0.9
    assert np.flatnonzero(columns(peaks, 100)).tolist() == [61]
    assert columns(peaks, 3000).max() == np.float32(0.9)
    assert not columns(np.zeros(0, np.float32), 10).any()
