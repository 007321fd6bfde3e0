from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from avcur.media.decode import frames
from avcur.media.errors import MediaError
from avcur.media.stream import Faults
from avcur.visual import still_pictures as module
from avcur.visual.still_pictures import packet_times, still_pictures
from tests.helpers.media import audio_file, number_of, numbered, numbered_video, timed_video, tone


def stills(path: Path, wanted: list[int]) -> list[tuple[int, int]]:
    """Each still's grid frame and the number that it shows."""
    return [(frame, number_of(picture.image)) for frame, picture in still_pictures(path, wanted, 1, Faults())]


def encoded(path: Path, count: int, codec: str, **options: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 64, "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def by_decord(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAV gives no stills from here on."""

    def refuse(_path: Path, wanted: list[int], *_: object) -> list[object]:
        assert not wanted, f"decord left {wanted}"
        return []

    monkeypatch.setattr(module, "_sought", refuse)


def by_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module._Reader, "each", lambda *_: pytest.fail("decord was trusted"))


WANTED = [0, 1, 24, 25, 130, 131, 299]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm"])
def test_decord_finds_the_frames_of_indexed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    codec = "libvpx" if name.endswith("webm") else "libx264"
    path = encoded(tmp_path / name, 300, codec, g="50", deadline="realtime", b="2000000")
    by_decord(monkeypatch)
    assert stills(path, WANTED) == [(i, i) for i in WANTED]


@pytest.mark.parametrize(("name", "codec"), [("a.mpg", "mpeg1video"), ("a.ts", "libx264"), ("a.avi", "mpeg4")])
def test_files_without_an_index_are_read_by_pyav(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, codec: str
) -> None:
    path = encoded(tmp_path / name, 300, codec, b="3000000")
    by_pyav(monkeypatch)
    assert stills(path, WANTED) == [(i, i) for i in WANTED]


def test_pictures_shown_before_the_key_frame_they_follow_are_read_by_pyav(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"x265-params": "log-level=none:open-gop=1:keyint=40:min-keyint=40:scenecut=0:bframes=3"}
    path = encoded(tmp_path / "a.mp4", 120, "libx265", **options)
    assert packet_times(path) is None
    by_pyav(monkeypatch)
    assert stills(path, [0, 39, 45, 81, 119]) == [(i, i) for i in (0, 39, 45, 81, 119)]


def test_a_late_first_picture_is_on_show_from_the_beginning_and_comes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = timed_video(tmp_path / "a.mp4", [0.2, 0.24, 0.28], sound=tone(1.0))
    by_decord(monkeypatch)
    assert stills(path, list(range(8))) == [(0, 0), (6, 1), (7, 2)]


@pytest.mark.parametrize("read", [by_decord, by_pyav])
def test_a_variable_rate_follows_the_timestamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: object) -> None:
    times = [0.0, 0.04, 0.08, 0.5, 0.55, 0.61, 1.2, 1.3]
    path = timed_video(tmp_path / "a.mp4", times)
    if read is by_pyav:
        monkeypatch.setattr(module, "INDEXED", ())
    read(monkeypatch)  # type: ignore[operator]
    # 12 to 14 show pictures 2, 3 and 4; 16 and 20 both show 5
    assert stills(path, [0, 12, 13, 14, 16, 20, 31, 33]) == [
        (0, 0),
        (12, 2),
        (13, 3),
        (14, 4),
        (16, 5),
        (31, 6),
        (33, 7),
    ]


@pytest.mark.parametrize("turn", [90, 180, -90])
def test_turned_pictures_come_upright(tmp_path: Path, turn: int) -> None:
    path = timed_video(tmp_path / "a.mp4", [0.04 * i for i in range(10)], rotation=turn)
    expected = [frame.image for frame in frames(path)]
    found = dict(still_pictures(path, [0, 4, 9], 1, Faults()))
    for frame, picture in found.items():
        assert (picture.width, picture.height) == expected[0].shape[1::-1]
        np.testing.assert_allclose(picture.image, expected[frame], atol=3)
    assert list(found) == [0, 4, 9]


def test_oblong_pixels_become_square(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = timed_video(tmp_path / "a.mp4", [0.04 * i for i in range(10)], aspect=Fraction(2, 1))
    by_pyav(monkeypatch)
    ((frame, picture),) = still_pictures(path, [7], 1, Faults())
    assert (frame, picture.image.shape, number_of(picture.image[:, ::2])) == (7, (64, 320, 3), 7)


def test_an_edit_list_hides_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 64, "yuv420p"
        for number in range(60):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts, frame.time_base = number - 10, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    by_pyav(monkeypatch)
    assert stills(path, [0, 20, 49]) == [(0, 10), (20, 30), (49, 59)]


def test_damage_costs_only_the_pictures_that_it_hits(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.mp4", 300, "libx264", g="25")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = np.random.default_rng(0).bytes(4000)
    path.write_bytes(bytes(content))
    faults = Faults()
    found = {frame: number_of(p.image) for frame, p in still_pictures(path, list(range(0, 300, 12)), 1, faults)}
    assert str(faults)
    outside = [frame for frame in found if frame < 100 or frame > 220]
    assert len(outside) >= 15
    assert all(found[frame] == frame for frame in outside)


def test_nothing_beyond_the_end(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 20)
    assert stills(path, [5, 19, 40]) == [(5, 5), (19, 19)]


def test_broken_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(MediaError, match="empty file"):
        stills(tmp_path / "a.mp4", [0])
    assert stills(audio_file(tmp_path / "a.wav", tone(0.2)), [0]) == []


@pytest.mark.parametrize(
    "name",
    ["rotated90_portrait.mp4", "anamorphic.mp4", "vfr.mp4", "odd_resolution.mp4", "vp9_opus.webm", "one_frame.mp4"],
)
def test_real_stills_are_those_of_the_stream(real_media: Path, name: str) -> None:
    path = real_media / "broken" / name
    streamed = {round(frame.time * 25): frame.image for frame in frames(path, fps=25)}
    wanted = sorted({*range(0, len(streamed), 17), len(streamed) - 1})
    found = dict(still_pictures(path, wanted, 1, Faults()))
    assert len(found) >= 0.7 * len(wanted)
    for frame, picture in found.items():
        np.testing.assert_array_equal(picture.image, streamed[frame])
