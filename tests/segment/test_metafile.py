from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avcur.errors import UserError
from avcur.media.encode import write_video
from avcur.media.errors import MediaError
from avcur.records import Clip, Standardised, Track
from avcur.segment.metafile import Metafile, read_rows
from avcur.store.keys import digest, parameters
from avcur.visual.visual_pass import VisualPass
from tests.helpers.looks import look_of
from tests.helpers.media import SquareDetector, face_frames

HEADER = (
    "Identity  : \tid00012\nReference : \t{0}\nOffset    : \t-1\nFV Conf   : \t18.945\t(1)\nASD Conf  : \t4.465\n\n"
)
HEADING = "FRAME \tX \tY \tW \tH \n"
MEDIA = Standardised("id00012/21Uxsk56VDQ.mp4", Path("media/id00012/21Uxsk56VDQ.mp4"), None, 8.0)
LOOK = look_of({}, 200, size=(640, 480))
Row = tuple[int, float, float, float, float]


def rows(first: int, stop: int, box: Sequence[float] = (0.392, 0.183, 0.196, 0.348)) -> list[Row]:
    return [(i, *box) for i in range(first, stop)]  # type: ignore[misc]


def metafile(path: Path, rows: Sequence[Row], reference: str | None = "21Uxsk56VDQ", heading: str = HEADING) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{i:06d} \t" + " \t".join(f"{v:g}" for v in box) + " \n" for i, *box in rows)
    path.write_text(("" if reference is None else HEADER.format(reference)) + heading + lines)
    return path


def segment(
    root: Path, media: Standardised = MEDIA, **parameters: object
) -> tuple[tuple[Clip, ...], tuple[Track, ...]]:
    found = Metafile(root, visual=None, **parameters)(media, LOOK)  # type: ignore[arg-type]
    return found.clips, found.tracks


def test_each_metafile_is_a_clip_in_the_order_of_their_start(tmp_path: Path) -> None:
    folder = tmp_path / "txt" / "id00012" / "21Uxsk56VDQ"
    metafile(folder / "00002.txt", rows(101, 151))
    metafile(folder / "00001.txt", rows(120, 190))
    metafile(folder / "00003.txt", rows(0, 30))
    metafile(tmp_path / "txt" / "id00012" / "another" / "00001.txt", rows(0, 30), "another")
    clips, tracks = segment(tmp_path)
    assert [(c.kind, c.start, c.end, c.track, c.audio_offset) for c in clips] == [
        ("track", 0.0, 1.2, 0, 0.0), ("track", 4.04, 6.04, 1, 0.0), ("track", 4.8, 7.6, 2, 0.0),
    ]  # fmt: skip
    assert {c.recording_id for c in clips} == {MEDIA.recording_id}
    assert [(t.start, len(t.boxes)) for t in tracks] == [(0.0, 30), (4.04, 50), (4.8, 70)]
    np.testing.assert_allclose(tracks[1].boxes[0], (0.392, 0.183, 0.588, 0.531), atol=1e-9)
    assert all(tracks[1].detected)


def test_the_folder_names_the_recording_where_no_reference_does(tmp_path: Path) -> None:
    metafile(tmp_path / "21Uxsk56VDQ" / "1.txt", rows(10, 40), reference=None)
    metafile(tmp_path / "21Uxsk56VDQ" / "2.txt", rows(50, 80), reference="another")
    (tmp_path / "21Uxsk56VDQ" / "README.txt").write_text("Reference material for these faces")
    clips, _ = segment(tmp_path)
    assert [c.start for c in clips] == [0.4]


def test_boxes_in_px_refer_to_a_picture_360_px_high(tmp_path: Path) -> None:
    metafile(tmp_path / "a.txt", rows(0, 30, (154, 105, 91, 91)))
    (_, (track,)), (_, (own,)) = segment(tmp_path), segment(tmp_path, pixel_height=None)
    np.testing.assert_allclose(track.boxes[0], (154 / 480, 105 / 360, 245 / 480, 196 / 360), atol=1e-5)
    np.testing.assert_allclose(own.boxes[0], (154 / 640, 105 / 480, 245 / 640, 196 / 480), atol=1e-5)


def test_gaps_are_interpolated_and_marked(tmp_path: Path) -> None:
    listed = [(10, 0.1, 0.2, 0.2, 0.2), (11, 0.12, 0.2, 0.2, 0.2), (15, 0.2, 0.2, 0.2, 0.4), (16, 0.2, 0.2, 0.2, 0.4)]
    metafile(tmp_path / "a.txt", listed)
    _, (track,) = segment(tmp_path)
    assert (track.start, len(track.boxes)) == (0.4, 7)
    assert track.detected == (True, True, False, False, False, True, True)
    np.testing.assert_allclose(track.boxes[3], (0.16, 0.2, 0.36, 0.5), atol=1e-6)


def test_boxes_are_clamped_to_the_picture_and_those_outside_it_bridged(tmp_path: Path) -> None:
    beyond = [(0, -0.1, 0.7, 0.5, 0.6), (1, 1.4, 0.1, 0.2, 0.2), (2, 0.9, -0.2, 0.5, 1.5)]
    metafile(tmp_path / "a.txt", beyond)
    _, (track,) = segment(tmp_path)
    np.testing.assert_allclose(track.boxes[::2], [(0.0, 0.7, 0.4, 1.0), (0.9, 0.0, 1.0, 1.0)], atol=1e-6)
    assert track.detected == (True, False, True)
    metafile(tmp_path / "a.txt", [(0, 2.0, 0.1, 0.2, 0.2)])
    with pytest.raises(MediaError, match=r"a\.txt: every box lies outside"):
        segment(tmp_path)


def test_a_track_is_cut_at_the_end_and_a_later_one_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    metafile(tmp_path / "a.txt", rows(180, 260))
    late = metafile(tmp_path / "b.txt", rows(200, 260))
    clips, (track,) = segment(tmp_path)
    assert [(c.start, c.end, len(track.boxes)) for c in clips] == [(7.2, 8.0, 20)]
    assert str(late) in caplog.text
    (tmp_path / "a.txt").unlink()
    with pytest.raises(MediaError, match=r"after its end at 8\.00 s"):
        segment(tmp_path)


def test_frames_may_be_counted_from_one(tmp_path: Path) -> None:
    metafile(tmp_path / "a.txt", rows(1, 26))
    assert [c.start for c in segment(tmp_path)[0]] == [0.04]
    assert [c.start for c in segment(tmp_path, first_frame=1)[0]] == [0.0]
    metafile(tmp_path / "a.txt", rows(0, 26))
    with pytest.raises(MediaError, match=r"a\.txt: frame 0 comes before segment\.first_frame=1"):
        segment(tmp_path, first_frame=1)


def test_spaces_tabs_and_line_ends_do_not_matter(tmp_path: Path) -> None:
    text = (
        HEADER.format("x")
        + HEADING
        + "000101 \t0.392 \t0.183 \t0.196 \t0.348 \n000102 \t0.4 \t0.183 \t0.196 \t0.348 \n"
    )
    (tmp_path / "a.txt").write_bytes(text.replace("\n", "\r\n").encode())
    (tmp_path / "b.txt").write_text("Reference:x\nframe x y w h\n101 .392 .183 .196 .348\n\n102 .4 .183 .196 .348\n\n")
    (numbers, boxes), (others, same) = read_rows(tmp_path / "a.txt"), read_rows(tmp_path / "b.txt")
    assert numbers.tolist() == others.tolist() == [101, 102]
    np.testing.assert_array_equal(boxes, same)
    assert len(segment(tmp_path, replace(MEDIA, recording_id="x"))[0]) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FRAME X Y W H\n1 .1 .1 .1 .1\n3 .1 .1 .1\n", "line 3: '3 .1 .1 .1' is no frame"),
        ("FRAME X Y W H\nx .1 .1 .1 .1\n", "line 2: 'x .1 .1 .1 .1'"),
        ("FRAME X Y W H\n-1 .1 .1 .1 .1\n", "line 2"),
        ("FRAME X Y W H\n1 .1 nan .1 .1\n", "line 2"),
        ("FRAME X Y W H\n2 .1 .1 .1 .1\n\n1 .1 .1 .1 .1\n", "line 4: frame 1 comes after frame 2"),
        ("FRAME X Y W H\n2 .1 .1 .1 .1\n2 .1 .1 .1 .1\n", "line 3: frame 2 comes after frame 2"),
        ("FRAME X Y W H\n\n", "has no row"),
        ("1 .1 .1 .1 .1\n", "has no line `FRAME X Y W H`"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "odd.txt").write_text(text)
    with pytest.raises(MediaError) as error:
        read_rows(tmp_path / "odd.txt")
    assert "odd.txt" in str(error.value)
    assert message in str(error.value)


def test_a_fault_of_one_recordings_metafile_leaves_others_alone(tmp_path: Path) -> None:
    metafile(tmp_path / "a.txt", rows(0, 30))
    (tmp_path / "b.txt").write_text("Reference : other\nFRAME X Y W H\nbroken\n")
    assert len(segment(tmp_path)[0]) == 1
    with pytest.raises(MediaError, match=r"b\.txt, line 3"):
        segment(tmp_path, replace(MEDIA, recording_id="other.mp4"))


def test_a_recording_without_metafile_or_picture_is_told(tmp_path: Path) -> None:
    metafile(tmp_path / "a.txt", rows(0, 30))
    with pytest.raises(MediaError, match=r"no metafile below .* has the Reference elsewhere"):
        segment(tmp_path, Standardised("b/elsewhere.mp4", Path("elsewhere.mp4"), None, 8.0))
    with pytest.raises(MediaError, match="no video stream"):
        segment(tmp_path, replace(MEDIA, video_path=None))
    with pytest.raises(UserError, match=r"segment\.root=.*nowhere is not a folder"):
        Metafile(tmp_path / "nowhere")


def test_a_recording_hangs_on_its_own_metafiles_and_on_no_others(tmp_path: Path) -> None:
    def about(name: str = MEDIA.recording_id) -> str:
        return Metafile(tmp_path).about(name)

    metafile(tmp_path / "a.txt", rows(0, 30))
    before, key, unnamed = about(), digest(parameters(Metafile(tmp_path))), about("unnamed.mp4")
    metafile(tmp_path / "b.txt", rows(0, 30), "other")
    assert (about(), digest(parameters(Metafile(tmp_path)))) == (before, key)
    assert about("unnamed.mp4") != unnamed, "its file's name may be listed"
    metafile(tmp_path / "c.txt", rows(0, 30))
    more = about()
    metafile(tmp_path / "a.txt", rows(0, 29))
    assert len({before, more, about()}) == 3


def test_other_metafiles_are_read_anew_and_the_segmenter_stays_small(tmp_path: Path) -> None:
    metafile(tmp_path / "a.txt", rows(0, 30))
    before = Metafile(tmp_path)
    assert before == Metafile(tmp_path)
    assert len(pickle.dumps(before)) < 2000
    metafile(tmp_path / "a.txt", rows(0, 29))
    after = Metafile(tmp_path)
    assert before.content != after.content
    assert [c.end for c in after(MEDIA, LOOK).clips] == [1.16]


def test_without_a_look_the_header_gives_size_and_length(tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4", face_frames([[(160.0, 120.0)] * 40]), 25)
    metafile(tmp_path / "txt" / "a.txt", rows(0, 60, (195, 135, 90, 90)), "clip")
    media = Standardised("clip.mp4", tmp_path / "clip.mp4", None, 1.6)
    alone = Metafile(tmp_path / "txt", visual=None)(media, None)
    seen = Metafile(tmp_path / "txt")(media, VisualPass(SquareDetector())(media))
    assert alone == seen
    assert [c.end for c in alone.clips] == [1.6]
    np.testing.assert_allclose(alone.tracks[0].boxes[0], (130 / 320, 90 / 240, 190 / 320, 150 / 240), atol=1e-5)
