"""The pipeline on small videos: looked at once, cut and measured again without decoding, and what a lost file costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.engines.local import LocalEngine
from avcur.media.encode import write_video
from avcur.media.standardise import Standardiser
from avcur.pipeline import Pipeline
from avcur.records import Standardised
from avcur.segment.face_tracks import FaceTracks
from avcur.segment.windows import Windows
from avcur.signals.duration import Duration
from avcur.signals.exposure import Exposure
from avcur.signals.faces import Faces
from avcur.sources.folder import FolderSource
from avcur.stage import Stages
from avcur.visual.look import Look
from avcur.visual.visual_pass import VisualPass
from tests.helpers.media import SquareDetector, face_frames, noise

SEEN: list[str] = []


@dataclass(frozen=True)
class Counted:
    """A visual pass that notes which recordings it looked at."""

    visual: VisualPass = field(default_factory=lambda: VisualPass(SquareDetector()))
    version: int = 1

    def __call__(self, media: Standardised, threads: int = 1) -> Look:
        SEEN.append(media.recording_id)
        return self.visual(media, threads)


@pytest.fixture
def folder(tmp_path: Path) -> FolderSource:
    """A video of two faces, one of none, and one with a damaged tail."""
    root = tmp_path / "media"
    root.mkdir()
    SEEN.clear()
    two = [[(80.0, 120.0)] * 60, [(240.0, 120.0)] * 60]
    write_video(root / "two.mp4", face_frames(two), 25, noise(2.4))
    write_video(root / "none.mp4", face_frames([[None] * 60]), 25)
    whole = (root / "two.mp4").read_bytes()
    (root / "broken.mp4").write_bytes(whole[:200])
    return FolderSource(root)


def measure(source: FolderSource, cache: Path, segment: Any = None, **signals: Any) -> tuple[Corpus, Pipeline]:
    segmenter = segment or FaceTracks(Counted())
    stages = Stages(Standardiser(), segmenter, signals or {"faces": Faces(), "exposure": Exposure()})
    pipeline = Pipeline(stages, cache, engine=LocalEngine(0))
    return pipeline.run(source, "key"), pipeline


def test_each_face_is_a_clip_and_a_picture_is_looked_at_once(folder: FolderSource, tmp_path: Path) -> None:
    corpus, _ = measure(folder, tmp_path / "cache")
    assert corpus.clips.group_by("recording_id", "kind").len().sort("recording_id").rows() == [
        ("none.mp4", "whole", 1), ("two.mp4", "track", 2),
    ]  # fmt: skip
    assert sorted(SEEN) == ["none.mp4", "two.mp4"]
    _, again = measure(folder, tmp_path / "cache")
    assert (again.tally.worked_on, len(SEEN)) == (0, 2)


def test_other_track_rules_and_signals_look_at_nothing_again(folder: FolderSource, tmp_path: Path) -> None:
    measure(folder, tmp_path / "cache")
    stricter = replace(FaceTracks(Counted()), min_length=3.0)
    corpus, pipeline = measure(folder, tmp_path / "cache", stricter)
    assert set(corpus.clips["kind"]) == {"whole"}
    assert pipeline.tally.values_measured > 0
    corpus, _ = measure(folder, tmp_path / "cache", None, exposure=Exposure(of="face"))
    values = corpus.signals.join(corpus.clips, on="clip_id").filter(pl.col("recording_id") == "two.mp4")
    assert set(values["state"]) == {"ok"}
    assert len(SEEN) == 2


def test_another_detector_looks_again(folder: FolderSource, tmp_path: Path) -> None:
    measure(folder, tmp_path / "cache")
    measure(folder, tmp_path / "cache", FaceTracks(Counted(VisualPass(SquareDetector(), min_face=40))))
    assert len(SEEN) == 4


@pytest.mark.parametrize("lost", ["looks", "tracks"])
def test_what_was_seen_is_made_again_where_its_file_is_gone(folder: FolderSource, tmp_path: Path, lost: str) -> None:
    first, _ = measure(folder, tmp_path / "cache")
    for path in (tmp_path / "cache" / lost).iterdir():
        path.unlink()
    second, _ = measure(folder, tmp_path / "cache", None, faces=Faces(), exposure=Exposure(), duration=Duration())
    assert second.signals.filter(pl.col("signal") != "duration").equals(first.signals)
    measure(folder, tmp_path / "cache", None, exposure=Exposure(of="face"))


def test_sound_alone_needs_no_look(folder: FolderSource, tmp_path: Path) -> None:
    corpus, _ = measure(folder, tmp_path / "cache", Windows(length=1.0, hop=1.0), duration=Duration())
    assert SEEN == []
    assert set(corpus.clips["kind"]) == {"window"}


def test_a_file_that_does_not_decode_fails_by_name(folder: FolderSource, tmp_path: Path) -> None:
    corpus, _ = measure(folder, tmp_path / "cache")
    failed = corpus.recordings.filter(pl.col("state") == "failed")
    assert failed["recording_id"].to_list() == ["broken.mp4"]
    assert "neither a video nor an audio stream" in failed["reason"][0]
