from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avcur.media.decode import frames, read_audio
from avcur.media.errors import MediaError
from avcur.media.standardise import Standardiser
from avcur.records import Recording, Standardised
from tests.helpers.media import audio_file, noise, number_of, numbered_video, timed_video, tone


def _run(path: Path, size: int | None = None) -> Standardised:
    return Standardiser(size)(Recording("r", path), path.parent / "out")


def test_a_video_is_used_in_place_and_its_sound_taken_out(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 50, audio=noise(2.0))
    result = _run(path)
    assert result.video_path == path
    assert result.audio_path == tmp_path / "out" / "audio.wav"
    assert (result.duration, result.warning) == (2.0, None)
    info = soundfile.info(result.audio_path)
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_standard_sound_is_used_in_place(tmp_path: Path, suffix: str) -> None:
    path = audio_file(tmp_path / f"a{suffix}", tone(1.5))
    result = _run(path)
    assert (result.audio_path, result.video_path, result.duration) == (path, None, 1.5)


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_picture_stays_in_its_own_file_whatever_its_rate_and_shape(tmp_path: Path, rotation: int) -> None:
    path = timed_video(tmp_path / "a.mp4", [i / 30 for i in range(60)], rotation=rotation, aspect=Fraction(2, 1))
    result = _run(path)
    assert (result.video_path, result.duration, result.warning) == (path, pytest.approx(2.0), None)
    assert not (tmp_path / "out").exists()


def test_the_duration_counts_by_timestamps(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.12, 0.5, 0.7, 1.0]
    result = _run(timed_video(tmp_path / "a.mp4", times))
    assert result.duration == pytest.approx(len(list(frames(tmp_path / "a.mp4", fps=25))) / 25, abs=0.05)


def test_size_fits_the_picture_into_a_square_with_black_bars(tmp_path: Path) -> None:
    result = _run(numbered_video(tmp_path / "a.mp4", 10), size=224)
    assert result.video_path is not None
    image = next(frames(result.video_path)).image
    assert image.shape == (224, 224, 3)
    assert image[:60].mean() < 4 < image[90:130].mean()
    assert number_of(image[67:]) == 0


def test_size_must_be_even(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"standardise\.size"):
        Standardiser(size=225)


def test_the_picture_sets_the_duration_and_longer_sound_stays(tmp_path: Path) -> None:
    result = _run(numbered_video(tmp_path / "a.mp4", 25, audio=noise(3.0)))
    assert result.duration == 1.0
    assert result.audio_path is not None
    assert len(read_audio(result.audio_path)) >= 3 * 16_000


def test_stereo_of_another_rate_becomes_16_khz_mono(tmp_path: Path) -> None:
    sound = np.stack([tone(1.0, sample_rate=44_100)] * 2, axis=1)
    soundfile.write(tmp_path / "a.wav", sound, 44_100)
    result = _run(tmp_path / "a.wav")
    assert result.audio_path == tmp_path / "out" / "audio.wav"
    assert result.duration == pytest.approx(1.0, abs=0.01)
    assert result.source_sample_rate == 44_100


def test_a_cut_file_is_measured_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 200, audio=noise(8.0))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    result = _run(path)
    assert 1.0 < result.duration < 6.0
    assert result.video_path is not None
    assert len(list(frames(result.video_path))) == pytest.approx(result.duration * 25, abs=2)
    assert result.warning is not None
    assert "the header promises 8.00 s" in result.warning


def test_a_cut_wav_says_how_much_is_missing(tmp_path: Path) -> None:
    path = audio_file(tmp_path / "a.wav", tone(2.0))
    path.write_bytes(path.read_bytes()[: 44 + 32_000])
    result = _run(path)
    assert result.duration == pytest.approx(1.0, abs=0.01)
    assert "50% of the sound is missing" in str(result.warning)


def test_a_header_without_samples_fails_with_its_reason(tmp_path: Path) -> None:
    path = audio_file(tmp_path / "a.wav", np.zeros(0, np.float32))
    with pytest.raises(MediaError, match="no samples"):
        _run(path)
    assert not (tmp_path / "out" / "audio.wav").exists()


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    path = timed_video(tmp_path / "a.mp4", [i / 30 for i in range(30)])
    first = _run(path, size=64)
    assert first.video_path is not None
    content = first.video_path.read_bytes()
    assert _run(path, size=64) == first
    assert first.video_path.read_bytes() == content
