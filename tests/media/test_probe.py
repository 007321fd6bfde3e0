from __future__ import annotations

from pathlib import Path

import pytest

from avcur.media.errors import MediaError
from avcur.media.faults import wav_shortfall
from avcur.media.probe import probe
from tests.helpers.media import audio_file, numbered_video, timed_video, tone


def test_a_video_tells_its_streams(tmp_path: Path) -> None:
    header = probe(numbered_video(tmp_path / "a.mp4", 50, audio=tone(2.0)))
    assert (header.has_video, header.has_audio, header.fps, header.sample_rate) == (True, True, 25.0, 16_000)
    assert header.displayed_size == (160, 64)
    assert header.duration == pytest.approx(2.0, abs=0.05)


def test_a_turned_picture_has_its_sides_swapped(tmp_path: Path) -> None:
    header = probe(timed_video(tmp_path / "a.mp4", [0.0, 0.04], rotation=90))
    assert header.rotation in (90, 270)
    assert header.displayed_size == (64, 160)


def test_sound_has_no_picture_size(tmp_path: Path) -> None:
    header = probe(audio_file(tmp_path / "a.flac", tone(0.5)))
    assert not header.has_video
    with pytest.raises(MediaError, match="no video stream"):
        _ = header.displayed_size


def _cut_index(path: Path) -> None:
    """An MP4 whose index is gone: its first atoms, without `moov`."""
    whole = numbered_video(path, 30).read_bytes()
    at = whole.index(b"moov") - 4
    length = int.from_bytes(whole[at : at + 4], "big")
    path.write_bytes(whole[:at] + whole[at + length :])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: p.write_bytes(b""), r"empty file \(0 bytes\)"),
        (lambda p: p.write_text("hello, this is no film\n" * 20), "not a media file"),
        (lambda p: p.write_bytes(bytes(5000)), "not a media file"),
        (_cut_index, r"index \(moov\) missing"),
        (lambda p: p.mkdir(), "a folder"),
        (lambda p: None, "does not exist"),
    ],
)
def test_the_reason_names_the_fault(tmp_path: Path, make: object, reason: str) -> None:
    path = tmp_path / "a.mp4"
    make(path)  # type: ignore[operator]
    with pytest.raises(MediaError, match=reason):
        probe(path)


def test_a_cut_wav_lacks_what_its_header_promises(tmp_path: Path) -> None:
    path = audio_file(tmp_path / "a.wav", tone(1.0))
    assert wav_shortfall(path) == 0.0
    path.write_bytes(path.read_bytes()[: 44 + 8000])
    assert wav_shortfall(path) == pytest.approx(0.75, abs=0.01)
