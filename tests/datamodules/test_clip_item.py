from pathlib import Path

import decord
import numpy as np
import pytest
import soundfile

from avcur.errors import UserError
from avcur.media.encode import write_video
from datamodules.cache import ByteCache
from datamodules.clip_item import ClipItem, read_faces, read_sound


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """A second of sound whose sample n has the value n / 32768."""
    path = tmp_path / "ramp.wav"
    soundfile.write(path, (np.arange(16000) / 32768).astype(np.float32), 16000, subtype="PCM_16")
    return path


@pytest.fixture(scope="session")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty face crops, frame i of grey level 8 i."""
    path = tmp_path_factory.mktemp("crops") / "numbered.mp4"
    write_video(path, (np.full((112, 112, 3), 8 * i, np.uint8) for i in range(30)), 25)
    return path


def item(cache_bytes: int = 0, **fields: object) -> ClipItem:
    row = {"clip_id": "c", "group": "g", "start": 0.0, "end": 1.0, **fields}
    return ClipItem.of(row, 0, ByteCache(cache_bytes))


def test_sound_is_read_at_the_audio_offset(ramp: Path) -> None:
    waveform = item(audio_path=str(ramp), start=0.2, end=0.4, audio_offset=0.1).waveform()
    np.testing.assert_allclose(waveform * 32768, np.arange(4800, 8000), atol=0.51)


def test_what_lies_outside_the_file_is_silence(ramp: Path) -> None:
    waveform = read_sound(ramp, -0.5, 1.5)
    assert len(waveform) == 32000
    assert not waveform[:8000].any()
    assert not waveform[24000:].any()
    np.testing.assert_allclose(waveform[8000:24000] * 32768, np.arange(16000), atol=0.51)


def test_other_sample_rates_and_missing_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "high.wav"
    soundfile.write(path, np.zeros(100, np.float32), 44100)
    with pytest.raises(UserError, match="44100 Hz"):
        read_sound(path, 0, 1)
    with pytest.raises(UserError, match=r"curate\.py"):
        item(audio_path=str(tmp_path / "gone.wav")).waveform()
    with pytest.raises(UserError, match="no sound"):
        item().waveform()


def levels(faces: np.ndarray) -> list[int]:
    return [round(face.mean() / 8) for face in faces]


@pytest.mark.parametrize("cache_bytes", [0, 2**24])
def test_random_access_finds_its_frames(numbered: Path, cache_bytes: int) -> None:
    clip = item(cache_bytes, crop_path=str(numbered), speaking=[True] * 30)
    assert levels(clip.faces(32, first=11, count=5)) == [11, 12, 13, 14, 15]
    assert clip.faces(32).shape == (30, 32, 32)


@pytest.mark.parametrize("cache_bytes", [0, 2**24])
def test_a_part_of_a_track_reads_its_own_pictures_and_sound(numbered: Path, ramp: Path, cache_bytes: int) -> None:
    row = {"parent_start": 0.2, "start": 0.44, "end": 0.8, "audio_offset": -0.04}
    clip = item(cache_bytes, crop_path=str(numbered), audio_path=str(ramp), **row)
    assert levels(clip.faces(32)) == list(range(6, 15))
    assert levels(clip.faces(32, first=2, count=2)) == [8, 9]
    np.testing.assert_allclose(clip.waveform()[:3] * 32768, [6400, 6401, 6402], atol=0.51)


def test_a_short_video_repeats_its_last_frame(numbered: Path) -> None:
    assert levels(read_faces(numbered, 16, 28, 4)) == [28, 29, 29, 29]


def test_few_frames_are_held_in_colour_at_once(numbered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode, held = decord.VideoReader.get_batch, []
    monkeypatch.setattr("datamodules.clip_item._AT_ONCE", 7)
    monkeypatch.setattr(
        decord.VideoReader, "get_batch", lambda self, frames: held.append(len(frames)) or decode(self, frames)
    )
    assert levels(read_faces(numbered, 16, 2, 30)) == [*range(2, 30), 29, 29]
    assert held == [7, 7, 7, 7, 2]


def test_a_changed_file_is_read_again(ramp: Path) -> None:
    clip = item(2**20, audio_path=str(ramp))
    before = clip.waveform()
    soundfile.write(ramp, np.zeros(8000, np.float32), 16000)
    assert before.any()
    assert not clip.waveform().any()


def test_unreadable_crops_are_a_user_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(UserError, match="face crops"):
        read_faces(path, 32, 0, 1)
