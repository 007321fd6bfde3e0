"""DefectiveSource: planted with truth, one defect per modality, untouched where clean."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from avcur.defects.absent_face import AbsentFace
from avcur.defects.base import Planter
from avcur.defects.blur import Blur
from avcur.defects.clipping import Clipping
from avcur.defects.low_light import LowLight
from avcur.defects.near_duplicate import NearDuplicate
from avcur.defects.noise import Noise
from avcur.defects.plant import DefectiveSource, training_only
from avcur.defects.silence import Silence
from avcur.defects.small_face import SmallFace
from avcur.media.decode import frames, read_audio
from avcur.media.encode import write_audio, write_video
from avcur.media.probe import probe
from avcur.records import Recording
from avcur.sources.base import FACE_LABEL_SCHEMA, SEGMENT_LABEL_SCHEMA, TRUTH_SCHEMA
from tests.helpers.planting import Listed


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


def test_a_near_duplicate_is_another_recording_beside_its_untouched_original(
    media: list[Recording], tmp_path: Path
) -> None:
    original = replace(media[0], session="ses", speaker="who", entities=("speaker:who",))
    noise = {"duplicate": NearDuplicate(rate=1), "noise": Noise(rate=1), "blur": Blur(rate=1e-6)}
    source = plant([original, *media[1:5]], tmp_path, noise)
    recordings, truth = source.recordings(), source.truth()
    assert [r.id for r in recordings] == ["v", "v~copy", "mute", "mute~copy", "broken", "a0", "a1"]
    by_id = {r.id: r for r in recordings}
    copy = by_id["v~copy"]
    assert (copy.speaker, copy.session, copy.entities) == ("who", "ses~copy", original.entities)
    assert by_id["mute~copy"].session is None
    assert by_id["mute"].path == media[1].path
    # The noise hit the original, which is told from its copy by that.
    planted = {(r, d) for r, d in truth.select("recording_id", "defect").iter_rows() if r.startswith(("v", "mute"))}
    assert planted == {("v", "noise"), ("v~copy", "duplicate"), ("mute~copy", "duplicate")}
    assert training_only(truth) == {"mute~copy": "mute", "v~copy": "v"}
    clean, found = read_audio(media[0].path), read_audio(copy.path)
    middle = slice(4000, 12_000)
    assert np.corrcoef(clean[middle], found[: len(clean)][middle])[0, 1] > 0.9
    assert len(list(frames(copy.path))) == 25


def test_another_planter_changes_only_what_its_deeper_draws_take(media: list[Recording], tmp_path: Path) -> None:
    many = [Recording(f"r{k}", Path(f"r{k}.mp4")) for k in range(600)]
    few = {"blur": Blur(rate=0.3), "low_light": LowLight(rate=0.3)}
    one = DefectiveSource(Listed(many), few, 0, tmp_path)
    two = DefectiveSource(Listed(many), {**few, "duplicate": NearDuplicate(rate=0.3)}, 0, tmp_path)
    before, after = ({r.id: s._draw(r).get("video") for r in many} for s in (one, two))
    taken = {name for name, hit in after.items() if hit is not None and hit.name == "duplicate"}
    assert 60 < len(taken) < 240
    assert {n: h for n, h in before.items() if n not in taken} == {n: h for n, h in after.items() if n not in taken}


def test_labels_follow_moved_pictures_and_copies(media: list[Recording], tmp_path: Path) -> None:
    labels = pl.DataFrame(
        [("v", 0.0, 0.2, 0.2, 0.6, 0.7, "x", True), ("other", 0.0, 0.1, 0.1, 0.2, 0.2, "y", False)],
        schema=FACE_LABEL_SCHEMA, orient="row",
    )  # fmt: skip
    spans = pl.DataFrame([("v", 0.0, 1.0, "speech")], schema=SEGMENT_LABEL_SCHEMA, orient="row")
    listed = Listed(media[:1], faces=labels, segments=spans)
    small = DefectiveSource(listed, {"small": SmallFace(rate=1, scale=(0.5, 0.5))}, 0, tmp_path, 0)
    moved = small.face_labels()
    assert moved is not None
    assert moved.schema == labels.schema
    assert moved.filter(recording_id="other").equals(labels.filter(recording_id="other"))
    x1, y1, x2, y2 = moved.filter(recording_id="v").select("x1", "y1", "x2", "y2").row(0)
    assert (x2 - x1, y2 - y1) == pytest.approx((0.2, 0.25))
    assert x1 > 0.2
    spans_of_small = small.segment_labels()
    assert spans_of_small is not None
    assert spans_of_small.equals(spans)

    twice = DefectiveSource(listed, {"duplicate": NearDuplicate(rate=1, cut=(0.02, 0.02))}, 0, tmp_path, 0)
    both, both_spans = twice.face_labels(), twice.segment_labels()
    assert both is not None
    assert both_spans is not None
    assert both.head(2).equals(labels)
    copied = both.filter(recording_id="v~copy")
    assert copied.select("time", "identity", "speaking").equals(labels.head(1).select("time", "identity", "speaking"))
    assert copied.select("x1", "y1", "x2", "y2").row(0) == pytest.approx((0.2, 0.2, 0.6, 0.7), abs=0.03)
    assert both_spans["recording_id"].to_list() == ["v", "v~copy"]


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
    assert one.face_labels() is None
    assert one.segment_labels() is None


def test_copies_keep_what_is_known_of_their_original(media: list[Recording], tmp_path: Path) -> None:
    told = [replace(r, attributes=(("sex", "f"),)) for r in media]
    source = plant(told, tmp_path, {"twin": NearDuplicate(rate=1.0), "noise": Noise(rate=1.0)})
    found = source.recordings()
    assert len(found) > len(media)
    assert {r.attributes for r in found} == {(("sex", "f"),)}


def test_the_rate_is_met() -> None:
    many = [Recording(f"r{k}", Path(f"r{k}.wav"), speaker="s") for k in range(4000)]
    source = DefectiveSource(Listed(many), {"noise": Noise(rate=0.2)}, 0, "unused", num_workers=0)
    source_hits = sum(bool(source._draw(r)) for r in many)
    assert source_hits == pytest.approx(800, abs=80)
