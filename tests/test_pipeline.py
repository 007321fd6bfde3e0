"""The pipeline on real small files: what is cached, what is counted, and what a kill or a fault leaves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile

from avcur.corpus import Corpus
from avcur.engines.local import LocalEngine, WorkerDiedError
from avcur.media.standardise import Standardiser
from avcur.pipeline import Pipeline
from avcur.segment.windows import Windows
from avcur.signals.clipping import Clipping
from avcur.signals.duration import Duration
from avcur.sources.folder import FolderSource
from avcur.stage import Stages


@pytest.fixture
def folder(tmp_path: Path) -> FolderSource:
    """Six seconds-long tones, one exact copy, one file that is no media."""
    root = tmp_path / "media"
    root.mkdir()
    for n in range(6):
        t = np.arange(16_000 * 2) / 16_000
        soundfile.write(root / f"{n}.wav", 0.1 * (n + 1) * np.sin(2 * np.pi * 200 * (n + 1) * t), 16_000)
    (root / "copy_of_0.wav").write_bytes((root / "0.wav").read_bytes())
    (root / "broken.wav").write_text("no media at all")
    return FolderSource(root)


def stages(**signals: Any) -> Stages:
    return Stages(
        Standardiser(), Windows(length=1.0, hop=1.0), signals or {"duration": Duration(), "clipping": Clipping()}
    )


def measure(
    source: FolderSource, cache: Path, with_stages: Stages | None = None, engine: Any = None
) -> tuple[Corpus, Pipeline]:
    pipeline = Pipeline(with_stages or stages(), cache, engine=engine or LocalEngine(0))
    return pipeline.run(source, "key"), pipeline


def test_every_clip_of_every_recording_has_every_signal(folder: FolderSource, tmp_path: Path) -> None:
    corpus, pipeline = measure(folder, tmp_path / "cache")
    assert corpus.clips.group_by("recording_id").len()["len"].to_list() == [2] * 7
    measured = corpus.signals.long()
    assert len(measured) == 14 * 2
    assert set(measured["state"]) == {"ok"}
    assert pipeline.tally.clips_measured == 12, "the copy is measured once"


def test_a_file_that_is_no_media_fails_under_its_reason(folder: FolderSource, tmp_path: Path) -> None:
    corpus, _ = measure(folder, tmp_path / "cache")
    failed = corpus.recordings.filter(pl.col("state") == "failed")
    assert failed["recording_id"].to_list() == ["broken.wav"]
    assert failed["reason"][0]


def test_a_second_run_measures_nothing_and_gives_the_same_tables(folder: FolderSource, tmp_path: Path) -> None:
    first, _ = measure(folder, tmp_path / "cache")
    second, pipeline = measure(folder, tmp_path / "cache")
    assert (pipeline.tally.worked_on, pipeline.tally.values_measured) == (0, 0)
    assert first.recordings.equals(second.recordings)
    assert first.clips.equals(second.clips)
    assert first.signals.long().equals(second.signals.long())


def test_workers_and_their_number_change_nothing(folder: FolderSource, tmp_path: Path) -> None:
    serial, _ = measure(folder, tmp_path / "serial")
    pooled, _ = measure(folder, tmp_path / "pooled", engine=LocalEngine(2))
    assert serial.signals.long().equals(pooled.signals.long())


def test_one_changed_parameter_measures_only_what_depends_on_it(folder: FolderSource, tmp_path: Path) -> None:
    measure(folder, tmp_path / "cache")
    _, pipeline = measure(folder, tmp_path / "cache", stages(duration=Duration(), clipping=Clipping(ceiling=0.5)))
    assert pipeline.tally.values_measured == 12


def test_changed_media_are_measured_again_and_nothing_else(folder: FolderSource, tmp_path: Path) -> None:
    measure(folder, tmp_path / "cache")
    soundfile.write(folder.root / "3.wav", np.zeros(16_000 * 3), 16_000)
    corpus, pipeline = measure(FolderSource(folder.root), tmp_path / "cache")
    assert pipeline.tally.worked_on == 1
    assert len(corpus.clips.filter(pl.col("recording_id") == "3.wav")) == 3


@dataclass
class Killed:
    """An engine that is interrupted after some items, as by Ctrl-C."""

    after: int

    def map(self, function: Any, items: Iterable[Any]) -> Iterator[Any]:
        for number, item in enumerate(items):
            if number == self.after:
                raise KeyboardInterrupt
            yield item, function(item)


def test_a_killed_run_goes_on_where_it_stopped_and_ends_in_the_same_table(folder: FolderSource, tmp_path: Path) -> None:
    whole, _ = measure(folder, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        measure(folder, tmp_path / "cache", engine=Killed(after=3))
    resumed, pipeline = measure(folder, tmp_path / "cache")
    assert pipeline.tally.worked_on == 7 - 3
    assert resumed.signals.long().equals(whole.signals.long())
    assert resumed.clips.drop("audio_path", "crop_path").equals(whole.clips.drop("audio_path", "crop_path"))


class Dying:
    """An engine whose worker dies on one recording."""

    def map(self, function: Any, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            died = item[1].recording.id == "2.wav"
            yield item, WorkerDiedError("the worker process died") if died else function(item)


def test_a_recording_that_kills_its_worker_fails_and_is_tried_again_next_time(
    folder: FolderSource, tmp_path: Path
) -> None:
    corpus, _ = measure(folder, tmp_path / "cache", engine=Dying())
    lost = corpus.recordings.filter(pl.col("recording_id") == "2.wav")
    assert (lost["state"][0], "died" in lost["reason"][0]) == ("failed", True)
    again, pipeline = measure(folder, tmp_path / "cache")
    assert pipeline.tally.worked_on == 1
    assert again.recordings.filter(pl.col("recording_id") == "2.wav")["state"][0] == "ok"


@dataclass
class Fragile(Duration):
    """A signal that breaks on clips that start at 0."""

    def _measure(self, media: Any) -> Any:
        if media.clip.start == 0:
            raise RuntimeError("at the start")
        return super()._measure(media)


def test_a_signal_that_raises_is_failed_with_the_reason_and_kept_apart_from_low_scores(
    folder: FolderSource, tmp_path: Path
) -> None:
    corpus, _ = measure(folder, tmp_path / "cache", stages(duration=Fragile()))
    states = corpus.signals.long().group_by("state", "reason").len().sort("state").rows()
    assert states == [("failed", "RuntimeError: at the start", 7), ("ok", None, 7)]
    _, cached = measure(folder, tmp_path / "cache", stages(duration=Fragile()))
    assert cached.tally.worked_on == 0
    retry = Pipeline(stages(duration=Fragile()), tmp_path / "cache", engine=LocalEngine(0), retry_failed=True)
    retry.run(folder, "key")
    assert retry.tally.values_measured == 6


def test_standardised_files_that_are_gone_are_made_again(folder: FolderSource, tmp_path: Path) -> None:
    soundfile.write(folder.root / "0.wav", np.zeros((44_100, 2)), 44_100)
    corpus, _ = measure(folder, tmp_path / "cache")
    path = Path(corpus.clips.filter(pl.col("recording_id") == "0.wav")["audio_path"][0])
    assert path.parent != folder.root, "44.1 kHz stereo is converted"
    path.unlink()
    measure(folder, tmp_path / "cache")
    assert path.exists()
