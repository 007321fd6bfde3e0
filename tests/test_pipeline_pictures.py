"""The pipeline on small videos: looked at once, cut and measured again without decoding, and what a lost file costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.engines.local import LocalEngine
from avcur.errors import UserError
from avcur.media.encode import write_video
from avcur.media.standardise import Standardiser
from avcur.pipeline import Pipeline
from avcur.records import Standardised
from avcur.results import Results
from avcur.segment.ava import AvaTracks
from avcur.segment.face_tracks import FaceTracks
from avcur.segment.metafile import Metafile
from avcur.segment.windows import Windows
from avcur.signals.duration import Duration
from avcur.signals.exposure import Exposure
from avcur.signals.faces import Faces
from avcur.signals.freeze import Freeze
from avcur.sources.ava.source import AvaSource
from avcur.sources.folder import FolderSource
from avcur.stage import Stages
from avcur.visual.faces import MtcnnDetector
from avcur.visual.look import Look
from avcur.visual.visual_pass import VisualPass
from tests.helpers.ava import rows, write_rows
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
    values = corpus.signals.long().join(corpus.clips, on="clip_id").filter(pl.col("recording_id") == "two.mp4")
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
    assert second.signals.long().filter(pl.col("signal") != "duration").equals(first.signals.long())
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


@pytest.mark.parametrize("damaged", ["looks", "tracks"])
def test_a_damaged_file_of_the_cache_is_made_again(folder: FolderSource, tmp_path: Path, damaged: str) -> None:
    first, _ = measure(folder, tmp_path / "cache")
    for path in (tmp_path / "cache" / damaged).iterdir():
        path.write_bytes(path.read_bytes()[:300])
    second, _ = measure(folder, tmp_path / "cache", None, faces=Faces(), exposure=Exposure(), frozen=Freeze())
    assert set(second.recordings["state"].to_list()) == {"ok", "failed"}
    assert second.signals.long().filter(pl.col("signal") != "frozen_share").equals(first.signals.long())


@dataclass
class Faltering(SquareDetector):
    """A detector that runs out of a GPU's memory once."""

    def __post_init__(self) -> None:
        self.seen, self.failed = 0, False

    def __call__(self, images: list[Any]) -> list[Any]:
        if not self.failed:
            self.failed = True
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return super().__call__(images)


def test_a_fault_of_the_machine_is_no_property_of_the_file(folder: FolderSource, tmp_path: Path) -> None:
    segmenter = FaceTracks(Counted(VisualPass(Faltering())))
    with pytest.raises(UserError, match="this machine's fault"):
        measure(folder, tmp_path / "cache", segmenter)
    corpus, _ = measure(folder, tmp_path / "cache", segmenter)
    assert corpus.recordings.filter(state="failed")["recording_id"].to_list() == ["broken.mp4"]


def test_retrying_keeps_the_reason_of_what_fails_again(folder: FolderSource, tmp_path: Path) -> None:
    first, pipeline = measure(folder, tmp_path / "cache")
    again = Pipeline(pipeline.stages, tmp_path / "cache", engine=LocalEngine(0), retry_failed=True)
    second = again.run(folder, "key")
    assert again.tally.worked_on == 1
    assert second.recordings.filter(state="failed")["reason"].to_list() == (
        first.recordings.filter(state="failed")["reason"].to_list()
    )


def test_the_device_changes_no_key(folder: FolderSource, tmp_path: Path) -> None:
    stages = [
        Stages(Standardiser(), FaceTracks(VisualPass(MtcnnDetector(device=device))), {"faces": Faces()})
        for device in ("cpu", "auto")
    ]
    assert len({Results(tmp_path / "cache", one).look_key("media") for one in stages}) == 1


def test_crops_are_written_when_asked_for_and_known_by_their_files(folder: FolderSource, tmp_path: Path) -> None:
    corpus, pipeline = measure(folder, tmp_path / "cache")
    assert corpus.clips["crop_path"].null_count() == len(corpus.clips)
    cropped = pipeline.write_crops(corpus)
    written = cropped.clips.filter(pl.col("track").is_not_null())["crop_path"].to_list()
    assert len(written) == 2
    assert all(Path(path).exists() for path in written)
    again, _ = measure(folder, tmp_path / "cache")
    assert again.clips.equals(cropped.clips)
    Path(written[0]).unlink()
    assert pipeline.write_crops(again).clips.equals(cropped.clips)


def test_clips_by_name_are_other_clips_under_another_name(folder: FolderSource, tmp_path: Path) -> None:
    (tmp_path / "txt").mkdir()
    rows = "".join(f"{n:06d} 0.2 0.3 0.2 0.3\n" for n in range(30))
    (tmp_path / "txt" / "1.txt").write_text(f"Reference : renamed\n\nFRAME X Y W H\n{rows}")
    segmenter = Metafile(tmp_path / "txt", Counted().visual)
    first, _ = measure(folder, tmp_path / "cache", segmenter)
    assert first.clips.is_empty()
    (folder.root / "two.mp4").rename(folder.root / "renamed.mp4")
    second, _ = measure(FolderSource(folder.root), tmp_path / "cache", segmenter)
    assert second.clips["recording_id"].to_list() == ["renamed.mp4"]


def test_annotations_of_another_video_measure_nothing_again(folder: FolderSource, tmp_path: Path) -> None:
    def annotated(video: str, count: int) -> tuple[Corpus, Pipeline]:
        write_rows(tmp_path / "csv" / f"{video}-activespeaker.csv", rows(video, "1", 0.0, count))
        source = AvaSource(folder.root, tmp_path / "csv", default_subset="val")
        return measure(source, tmp_path / "cache", AvaTracks(tmp_path / "csv", visual=Counted()))

    first, _ = annotated("two", 20)
    assert len(first.clips) == 1
    again, pipeline = annotated("another", 20)
    assert again.clips.equals(first.clips)
    assert pipeline.tally.worked_on == 0
    changed, pipeline = annotated("two", 15)
    assert pipeline.tally.worked_on == 1
    assert changed.clips["end"].to_list() == [0.6]


def test_a_source_of_which_nothing_can_be_measured_says_so(folder: FolderSource, tmp_path: Path) -> None:
    for name in ("two.mp4", "none.mp4"):
        (folder.root / name).unlink()
    corpus, _ = measure(FolderSource(folder.root), tmp_path / "cache")
    assert str(corpus.nothing_measured()).startswith("none of the 1 recordings could be measured; broken.mp4: ")
    whole, _ = measure(FolderSource(tmp_path), tmp_path / "cache2", Windows(), duration=Duration())
    assert Corpus("key", whole.recordings.clear(), whole.clips, whole.signals, None).nothing_measured() is None
