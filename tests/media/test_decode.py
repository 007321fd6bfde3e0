from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avcur.media.decode import Faults, frames, read_audio
from avcur.media.errors import MediaError, MediaWarning
from tests.helpers.media import audio_file, noise, number_of, numbered, numbered_video, timed_video, tone


def _numbers(path: Path, fps: float) -> list[int]:
    return [number_of(f.image) for f in frames(path, fps=fps)]


def test_30_fps_to_25_shows_the_frame_on_show_at_each_time(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 60, fps=30)
    assert _numbers(path, 25) == [int(i / 25 * 30 + 1e-6) for i in range(50)]


def test_12_fps_to_25_repeats_frames(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 24, fps=12)
    assert _numbers(path, 25) == [int(i / 25 * 12 + 1e-6) for i in range(50)]


def test_variable_rate_follows_timestamps_and_holds_over_a_gap(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 0.5, 0.55, 0.61, 1.2]
    path = timed_video(tmp_path / "a.mp4", times)
    expected = [max(k for k, t in enumerate(times) if t <= i / 25 + 1e-3) for i in range(31)]
    assert _numbers(path, 25)[:31] == expected


def test_a_late_first_frame_is_shown_from_the_beginning(tmp_path: Path) -> None:
    path = timed_video(tmp_path / "a.mp4", [0.2, 0.24, 0.28], sound=tone(1.0))
    assert [round(f.time, 2) for f in frames(path)] == [0.2, 0.24, 0.28]
    assert _numbers(path, 25) == [0, 0, 0, 0, 0, 0, 1, 2]


def test_sampling_takes_every_nth_frame_of_a_standard_video(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 51)
    assert _numbers(path, 5) == list(range(0, 50, 5))
    assert _numbers(path, 2.5) == list(range(0, 50, 10))


def test_max_side_reduces_and_never_enlarges(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 2)
    assert next(frames(path, max_side=80)).image.shape == (32, 80, 3)
    assert next(frames(path, max_side=1000)).image.shape == (64, 160, 3)


@pytest.mark.parametrize("turn", [90, 180, -90])
def test_turned_pictures_come_upright(tmp_path: Path, turn: int) -> None:
    path = timed_video(tmp_path / "a.mp4", [0.0, 0.04], rotation=turn)
    stored = numbered(0)
    expected = np.rot90(stored, turn // 90)
    image = next(frames(path)).image
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 12


def test_oblong_pixels_become_square(tmp_path: Path) -> None:
    wide = timed_video(tmp_path / "a.mp4", [0.0, 0.04], aspect=Fraction(2, 1))
    high = timed_video(tmp_path / "b.mp4", [0.0, 0.04], aspect=Fraction(1, 2))
    assert next(frames(wide)).image.shape == (64, 320, 3)
    assert next(frames(high)).image.shape == (128, 160, 3)
    assert number_of(next(frames(wide)).image[::1, ::2]) == 0


def test_frames_without_a_picture_names_the_fault(tmp_path: Path) -> None:
    path = audio_file(tmp_path / "a.wav", tone(0.2))
    with pytest.raises(MediaError, match="no video stream"):
        next(frames(path))
    with pytest.raises(MediaError, match="no audio stream"):
        read_audio(numbered_video(tmp_path / "b.mp4", 3))


def test_audio_span_is_cut_to_the_sample_and_ends_with_the_file(tmp_path: Path) -> None:
    waveform = noise(1.0)
    path = audio_file(tmp_path / "a.wav", waveform)
    np.testing.assert_allclose(read_audio(path, start=0.25, end=0.5), waveform[4000:8000], atol=1 / 32000)
    assert len(read_audio(path, start=0.9, end=5.0)) == 1600
    assert len(read_audio(path, start=2.0, end=5.0)) == 0


def test_decoded_audio_span_equals_the_same_span_of_the_whole(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 50, audio=noise(2.0))
    np.testing.assert_array_equal(read_audio(path, start=0.5, end=1.5), read_audio(path)[8000:24000])


def test_audio_is_resampled_and_its_pitch_kept(tmp_path: Path) -> None:
    path = audio_file(tmp_path / "a.wav", tone(1.0, 1000, sample_rate=44_100), 44_100)
    read = read_audio(path)
    assert abs(len(read) - 16_000) <= 32
    spectrum = np.abs(np.fft.rfft(read))
    assert abs(spectrum.argmax() * 16_000 / len(read) - 1000) < 5


def test_equal_stereo_channels_mix_to_the_same_level(tmp_path: Path) -> None:
    import soundfile

    one = tone(0.5, level=0.9, sample_rate=48_000)
    soundfile.write(tmp_path / "a.wav", np.stack([one, one], axis=1), 48_000)
    assert 0.85 < np.abs(read_audio(tmp_path / "a.wav")).max() < 0.95


def test_damage_in_the_middle_is_survived_and_told(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 200, audio=noise(8.0))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 6000] = np.random.default_rng(0).bytes(6000)
    path.write_bytes(bytes(content))
    faults = Faults()
    images = list(frames(path, fps=25, faults=faults))
    assert len(images) == 200
    assert number_of(images[0].image) == 0
    assert "decoder errors" in str(faults) or "damaged" in str(faults)
    with pytest.warns(MediaWarning):
        list(frames(path))
