from __future__ import annotations

from pathlib import Path

import pytest

from avcur.media.encode import write_video
from avcur.media.errors import MediaError
from avcur.records import Standardised
from avcur.segment.stills import Stills
from avcur.visual.stills_pass import StillsPass
from tests.helpers.looks import look_of
from tests.helpers.media import SquareDetector, face_frames


def test_each_sampled_picture_is_a_clip_of_one_frame() -> None:
    media = Standardised("r", Path("a.mp4"), None, 4.0)
    found = Stills()(media, look_of({0: [], 7: [], 99: []}, 100))
    assert [(c.kind, c.start, c.end, c.track) for c in found.clips] == [
        ("still", 0.0, 0.04, None), ("still", 0.28, 0.32, None), ("still", 3.96, 4.0, None),
    ]  # fmt: skip
    assert len({c.id for c in found.clips}) == 3
    assert found.tracks == ()


def test_a_short_recording_gives_each_frame_once(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", face_frames([[(100.0, 100.0)] * 10]), 25)
    media = Standardised("r", tmp_path / "a.mp4", None, 0.4)
    segmenter = Stills(StillsPass(SquareDetector()))
    found = segmenter(media, segmenter.visual(media))
    assert [round(c.start * 25) for c in found.clips] == list(range(10))


def test_sound_alone_has_no_stills() -> None:
    with pytest.raises(MediaError, match="no video stream"):
        Stills()(Standardised("r", None, Path("a.wav"), 2.0), None)
