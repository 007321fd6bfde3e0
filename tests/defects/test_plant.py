"""DefectiveSource: planted with truth, one defect per modality, untouched where clean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from avcur.defects.absent_face import AbsentFace
from avcur.defects.base import Planter
from avcur.defects.blur import Blur
from avcur.defects.clipping import Clipping
from avcur.defects.low_light import LowLight
from avcur.defects.noise import Noise
from avcur.defects.plant import DefectiveSource
from avcur.defects.silence import Silence
from avcur.media.decode import frames, read_audio
from avcur.media.encode import write_audio, write_video
from avcur.media.probe import probe
from avcur.records import Recording
from avcur.sources.base import TRUTH_SCHEMA


@dataclass
class Listed:
    """A source of given recordings."""

    listed: list[Recording]
    name: str = "listed"

    def recordings(self) -> list[Recording]:
        return self.listed

    def face_labels(self) -> pl.DataFrame | None:
        return pl.DataFrame({"recording_id": ["v"]})

    def segment_labels(self) -> None:
        return None

    def key(self) -> Any:
        return {"listed": [r.id for r in self.listed]}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    folder = tmp_path_factory.mktemp("media")
    rng = np.random.default_rng(0)
    base = rng.integers(60, 200, (12, 16, 3)).astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    wave = rng.normal(0, 0.05, 16_000).astype(np.float32)
    write_video(folder / "v.mp4", [np.roll(base, i, axis=1) for i in range(25)], 25, wave)
    write_video(folder / "mute.mp4", [base] * 10, 25)
    for number in range(40):
        write_audio(folder / f"a{number}.wav", wave)
    (folder / "broken.mp4").write_bytes(b"no video at all")
    sounds = [Recording(f"a{number}", folder / f"a{number}.wav", speaker=f"s{number % 4}") for number in range(40)]
    videos = [Recording(name, folder / f"{name}.mp4") for name in ("v", "mute", "broken")]
    return [*videos, *sounds]


def plant(media: list[Recording], root: Path, planters: dict[str, Planter], seed: int = 0) -> DefectiveSource:
    return DefectiveSource(Listed(media), planters, seed, root, num_workers=0)


def test_every_hit_is_in_the_truth_and_the_rest_is_untouched(media: list[Recording], tmp_path: Path) -> None:
    source = plant(media, tmp_path, {"noise": Noise(rate=0.3), "silence": Silence(rate=0.3)})
    recordings, truth = source.recordings(), source.truth()
    assert [r.id for r in recordings] == [r.id for r in media]
    assert dict(truth.schema) == TRUTH_SCHEMA
    moved = {r.id for r, clean in zip(recordings, media, strict=True) if r.path != clean.path}
    assert moved == set(truth["recording_id"])
    assert truth["recording_id"].is_unique().all()  # at most one defect of the sound
    assert 8 <= len(truth) <= 32
    for row in truth.iter_rows(named=True):
        clean = read_audio(next(r.path for r in media if r.id == row["recording_id"]))
        spoilt = read_audio(next(r.path for r in recordings if r.id == row["recording_id"]))
        assert len(clean) == len(spoilt)
        if row["defect"] == "silence":
            assert float(np.mean(spoilt == 0)) == pytest.approx(row["severity"], abs=0.01)


def test_a_video_gets_at_most_one_defect_of_each_kind(media: list[Recording], tmp_path: Path) -> None:
    planters = {"blur": Blur(rate=1), "low_light": LowLight(rate=1), "noise": Noise(rate=1), "clip": Clipping(rate=1)}
    source = plant(media[:3], tmp_path, planters)
    by_recording = source.truth().group_by("recording_id").agg("defect")
    defects = {name: set(found) for name, found in by_recording.iter_rows()}
    assert len(defects["v"]) == 2
    assert len(defects["v"] & {"blur", "low_light"}) == 1
    assert len(defects["mute"]) == 1
    assert defects["mute"] <= {"blur", "low_light"}  # no sound, no defect of it
    assert "broken" not in defects  # what cannot be read is left as it is
    assert source.recordings()[2].path == media[2].path


def test_planted_video_keeps_its_shape_and_shows_the_defect(media: list[Recording], tmp_path: Path) -> None:
    source = plant(media[:1], tmp_path, {"absent_face": AbsentFace(rate=1, share=[0.4, 0.4])})
    spoilt = source.recordings()[0].path
    before, after = probe(media[0].path), probe(spoilt)
    assert (before.width, before.height, before.fps) == (after.width, after.height, after.fps)
    assert after.has_audio
    pairs = list(zip(frames(media[0].path), frames(spoilt), strict=True))
    changed = [float(np.abs(a.image.astype(int) - b.image).mean()) > 15 for a, b in pairs]
    assert sum(changed) == 10


def test_a_file_that_breaks_off_is_left_as_it_is_and_not_in_the_truth(media: list[Recording], tmp_path: Path) -> None:
    whole = media[3].path.read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[:44])  # a header that promises sound, and none of it
    sound_only = tmp_path / "sound_only.mp4"
    sound_only.write_bytes(whole)
    listed = [Recording("cut", cut, speaker="s"), Recording("sound_only", sound_only, speaker="s")]
    source = plant(listed, tmp_path, {"noise": Noise(rate=1), "blur": Blur(rate=1)})
    assert source.recordings()[0].path == cut
    assert source.truth()["recording_id"].to_list() == ["sound_only"]
    assert source.truth()["defect"].to_list() == ["noise"]
    assert len(read_audio(source.recordings()[1].path)) == 16_000


def test_equal_seeds_plant_equal_bytes_and_other_seeds_others(media: list[Recording], tmp_path: Path) -> None:
    planters: dict[str, Planter] = {"noise": Noise(rate=0.5), "blur": Blur(rate=1)}
    one, two, other = (plant(media, tmp_path / str(k), planters, seed) for k, seed in ((0, 1), (1, 1), (2, 2)))
    assert one.truth().equals(two.truth())
    assert not one.truth().equals(other.truth())
    for a, b in zip(one.recordings(), two.recordings(), strict=True):
        assert a.path.read_bytes() == b.path.read_bytes()


def test_a_recordings_fate_does_not_depend_on_the_others(media: list[Recording], tmp_path: Path) -> None:
    planters: dict[str, Planter] = {"noise": Noise(rate=0.5)}
    whole = plant(media, tmp_path, planters).truth()
    part = plant(media[20:30], tmp_path, planters).truth()
    assert part.equals(whole.filter(pl.col("recording_id").is_in([r.id for r in media[20:30]])))


def test_resumes_without_redoing(media: list[Recording], tmp_path: Path) -> None:
    planters: dict[str, Planter] = {"noise": Noise(rate=0.3)}
    paths = [r.path for r in plant(media, tmp_path, planters).recordings() if tmp_path in r.path.parents]
    times = [p.stat().st_mtime_ns for p in paths[1:]]
    paths[0].unlink()
    plant(media, tmp_path, planters).recordings()
    assert paths[0].exists()
    assert [p.stat().st_mtime_ns for p in paths[1:]] == times


def test_key_and_labels_pass_through(media: list[Recording], tmp_path: Path) -> None:
    one = plant(media, tmp_path, {"noise": Noise(rate=0.3)})
    assert one.key() != plant(media, tmp_path, {"noise": Noise(rate=0.3, snr=(0, 1))}).key()
    assert one.key() == plant(media, tmp_path / "elsewhere", {"noise": Noise(rate=0.3)}).key()
    assert one.key()["of"] == {"listed": [r.id for r in media]}
    assert one.face_labels() is not None
    assert one.segment_labels() is None


def test_the_rate_is_met() -> None:
    many = [Recording(f"r{k}", Path(f"r{k}.wav"), speaker="s") for k in range(4000)]
    source = DefectiveSource(Listed(many), {"noise": Noise(rate=0.2)}, 0, "unused", num_workers=0)
    source_hits = sum(bool(source._draw(r)) for r in many)
    assert source_hits == pytest.approx(800, abs=80)
