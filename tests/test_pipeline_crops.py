"""Signals that read face crops: these are written before they are measured, once, and a fault of one is data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.crops.geometry import GEOMETRIES, Geometry, Image
from avcur.crops.jobs import CropJob, perform_crops
from avcur.engines.local import LocalEngine
from avcur.errors import UserError
from avcur.media.encode import write_video
from avcur.media.standardise import Standardiser
from avcur.pipeline import Pipeline
from avcur.records import Measurement
from avcur.segment.face_tracks import FaceTracks
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.faces import Faces
from avcur.signals.sync import Sync
from avcur.sources.folder import FolderSource
from avcur.stage import Stages
from avcur.sync.backend import Distances, Waveform
from avcur.visual.visual_pass import VisualPass
from avcur.weights import LearnedFrom
from tests.helpers.media import SquareDetector, face_frames, noise

LEAD = 3


@dataclass(frozen=True)
class Known:
    """A backend that finds the sound three frames early, wherever there is a picture, and 10 grey levels of it."""

    absent: str | None = None
    size: int = 112
    best: float = 0.5

    @property
    def geometry(self) -> Geometry:
        return GEOMETRIES["face"]

    @property
    def learned(self) -> LearnedFrom | None:
        return None

    def missing(self) -> str | None:
        return self.absent

    def distances(self, pictures: Iterator[Image], waveform: Waveform, max_lag: int) -> Distances:
        seen = [picture.shape for picture in pictures]
        assert set(seen) == {(112, 112, 3)}
        assert len(waveform) == len(seen) * 640
        found = np.full((len(seen), 2 * max_lag + 1), 2.0, np.float32)
        found[:, max_lag + LEAD] = self.best
        return found


@dataclass
class Brightness(Signal):
    """The mean grey level of each crop."""

    columns = ("brightness",)
    reads = "picture"
    name: str = "voxceleb"

    @property
    def geometry(self) -> Geometry:
        return GEOMETRIES[self.name]

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        levels = [float(picture.mean()) for picture in media.crop_pictures(self.geometry)]
        return {"brightness": Measurement.ok(float(np.mean(levels)), levels)}


@pytest.fixture
def folder(tmp_path: Path) -> FolderSource:
    root = tmp_path / "media"
    root.mkdir()
    two = [[(80.0, 120.0)] * 60, [(240.0, 120.0)] * 60]
    write_video(root / "two.mp4", face_frames(two), 25, noise(2.4))
    write_video(root / "none.mp4", face_frames([[None] * 60]), 25)
    return FolderSource(root)


def measure(source: FolderSource, cache: Path, **signals: Signal) -> tuple[Corpus, Pipeline]:
    stages = Stages(Standardiser(), FaceTracks(VisualPass(SquareDetector())), signals)
    pipeline = Pipeline(stages, cache, engine=LocalEngine(0))
    return pipeline.run(source, "key"), pipeline


def values(corpus: Corpus, signal: str) -> pl.DataFrame:
    of = corpus.signals.rows(signal)
    return of.join(corpus.clips.select("clip_id", "kind"), on="clip_id").sort("kind", "clip_id")


def test_each_track_has_an_offset_and_a_confidence_per_frame(folder: FolderSource, tmp_path: Path) -> None:
    corpus, _ = measure(folder, tmp_path / "cache", sync=Sync(Known()))
    offsets = values(corpus, "sync_offset")
    assert offsets.select("kind", "state", "value").rows() == [
        ("track", "ok", 3.0), ("track", "ok", 3.0), ("whole", "not_applicable", None),
    ]  # fmt: skip
    assert offsets["reason"].drop_nulls().to_list() == ["no face track"]
    confidence = values(corpus, "sync_confidence").filter(state="ok")
    assert confidence["value"].to_list() == [1.5, 1.5]
    assert confidence["series"].list.len().to_list() == [60, 60]


def test_a_second_run_measures_nothing_and_keeps_the_series(folder: FolderSource, tmp_path: Path) -> None:
    first, _ = measure(folder, tmp_path / "cache", sync=Sync(Known()))
    again, pipeline = measure(folder, tmp_path / "cache", sync=Sync(Known()))
    assert pipeline.tally.worked_on == 0
    assert again.signals.long().equals(first.signals.long())
    other, pipeline = measure(folder, tmp_path / "cache", sync=Sync(Known(size=96)))
    assert pipeline.tally.values_measured == 9
    assert other.signals.long().equals(first.signals.long())


def test_the_crops_that_a_signal_reads_are_those_that_training_reads(folder: FolderSource, tmp_path: Path) -> None:
    corpus, pipeline = measure(folder, tmp_path / "cache", sync=Sync(Known()))
    crops = sorted((tmp_path / "cache" / "crops").rglob("*.mp4"))
    assert len(crops) == 2
    written = pipeline.write_crops(corpus).clips["crop_path"].drop_nulls().sort().to_list()
    assert written == [str(path) for path in crops]


def test_signals_of_different_crops_have_files_of_their_own(folder: FolderSource, tmp_path: Path) -> None:
    corpus, _ = measure(folder, tmp_path / "cache", sync=Sync(Known()), near=Brightness(), faces=Faces())
    assert len(list((tmp_path / "cache" / "crops").rglob("*.mp4"))) == 4
    assert values(corpus, "brightness").filter(state="ok")["series"].list.len().to_list() == [60, 60]


def test_other_crops_are_other_values() -> None:
    near, far = Brightness(), Brightness()
    far.__class__ = type("Brightness", (Brightness,), {"geometry": property(lambda self: GEOMETRIES["face"])})
    assert near.key()["params"] == far.key()["params"]
    assert near.key()["geometry"] != far.key()["geometry"]


def test_silence_and_what_never_changes_have_no_offset(folder: FolderSource, tmp_path: Path) -> None:
    one = [[(80.0, 120.0)] * 60]
    write_video(folder.root / "two.mp4", face_frames(one), 25, np.zeros(2 * 16_000, np.float32))
    corpus, _ = measure(folder, tmp_path / "cache", sync=Sync(Known()))
    assert values(corpus, "sync_offset").filter(kind="track")["reason"].to_list() == ["silence"]
    write_video(folder.root / "two.mp4", face_frames(one), 25, noise(2.4))
    corpus, _ = measure(folder, tmp_path / "cache", sync=Sync(Known(best=2.0)))
    assert "does not change" in values(corpus, "sync_offset").filter(kind="track")["reason"][0]


@pytest.mark.parametrize("max_lag", [0, -3, 1.5])
def test_a_range_of_no_lags_is_refused(max_lag: int) -> None:
    with pytest.raises(UserError, match="max_lag"):
        Sync(Known(), max_lag=max_lag)


def test_nothing_is_written_for_signals_that_read_no_crops(folder: FolderSource, tmp_path: Path) -> None:
    measure(folder, tmp_path / "cache", faces=Faces(), sync=Sync(Known(absent="no weights")))
    assert not (tmp_path / "cache" / "crops").exists()


def test_a_signal_without_its_weights_is_not_applicable_until_they_are_there(
    folder: FolderSource, tmp_path: Path
) -> None:
    corpus, _ = measure(folder, tmp_path / "cache", sync=Sync(Known(absent="no weights: put them there")))
    assert set(corpus.signals.long()["state"]) == {"not_applicable"}
    assert set(corpus.signals.long()["reason"]) == {"no weights: put them there"}
    corpus, _ = measure(folder, tmp_path / "cache", sync=Sync(Known()))
    assert values(corpus, "sync_offset")["value"].drop_nulls().to_list() == [3.0, 3.0]


def test_a_crop_that_cannot_be_made_fails_that_clips_signal_and_nothing_else(
    folder: FolderSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first_fails(job: CropJob) -> list[tuple[Path, str | None]]:
        kept = replace(job, tracks=job.tracks[1:], paths=job.paths[1:])
        return [(job.paths[0], "the video ends"), *perform_crops(kept)] if job.paths else []

    monkeypatch.setattr("avcur.stage.perform_crops", first_fails)
    corpus, _ = measure(folder, tmp_path / "cache", sync=Sync(Known()), faces=Faces())
    of_tracks = values(corpus, "sync_offset").filter(kind="track")
    assert sorted(of_tracks["state"]) == ["failed", "ok"]
    assert "the video ends" in str(of_tracks["reason"].drop_nulls()[0])
    assert set(values(corpus, "num_faces")["state"]) == {"ok"}
