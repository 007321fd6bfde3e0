"""Voice swaps: another person's sound at the own level, from a donor that hangs on names alone, with its truth."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.signal import correlate

from avcur.defects.base import Planter
from avcur.defects.blur import Blur
from avcur.defects.donors import Donors
from avcur.defects.level import active_level
from avcur.defects.near_duplicate import NearDuplicate
from avcur.defects.noise import Noise
from avcur.defects.other_voice import OtherVoice
from avcur.defects.plant import DefectiveSource, training_only
from avcur.defects.spoil import Hit
from avcur.media.decode import frames, read_audio
from avcur.media.encode import write_audio, write_video
from avcur.records import Recording
from avcur.sources.base import TRUTH_SCHEMA
from tests.helpers.media import Waveform, noise, numbered_video
from tests.helpers.planting import Listed

SWAP = OtherVoice(rate=1)


def named(name: str, *people: str, suffix: str = ".mp4", folder: Path = Path()) -> Recording:
    return Recording(name, folder / f"{name}{suffix}", entities=people)


def talkers(count: int = 400, people: int = 20) -> list[Recording]:
    """Videos of two people each, whose files nobody looks at."""
    casts = [(n % people, (n + 1) % people) for n in range(count)]
    return [named(f"v{n}", *(f"{k}:{p}" for p in cast for k in ("face", "speaker"))) for n, cast in enumerate(casts)]


def lenders(recordings: list[Recording], seed: int = 0) -> dict[str, Recording | None]:
    """Who lends its sound to whom, all files taken to have one."""
    donors = Donors(recordings, seed)
    donors._heard = dict.fromkeys([r.id for r in recordings], True)
    return {r.id: donors.donor(r, "swap", SWAP) for r in recordings}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    """Two videos of Ann, two of Bob of other levels and lengths, one without sound, and one of nobody known."""
    folder = tmp_path_factory.mktemp("talkers")
    sounds = {"ann1": noise(2, 0.05, 1), "ann2": noise(2, 0.05, 2), "bob1": noise(1, 0.03, 3), "bob2": noise(3, 0.2, 4)}
    for name, sound in sounds.items():
        numbered_video(folder / f"{name}.mp4", round(25 * len(sound) / 16_000), audio=sound)
    numbered_video(folder / "mute.mp4", 25)
    numbered_video(folder / "unknown.mp4", 25, audio=noise(1))
    people = {name: (f"face:{name[:3]}", f"speaker:{name[:3]}") for name in sounds}
    return [
        *(named(name, *people[name], folder=folder) for name in sounds),
        named("mute", "face:cyd", "speaker:cyd", folder=folder),
        named("unknown", folder=folder),
    ]


def planted(media: list[Recording], root: Path, seed: int = 0, **planters: Planter) -> DefectiveSource:
    return DefectiveSource(Listed(media), planters, seed, root, num_workers=0)


def likeness(one: Waveform, two: Waveform) -> float:
    """The highest correlation of a second of `one` with any of `two`, which may be repeated."""
    piece, whole = one[4000:20_000], np.concatenate([two, two, two])
    shared = np.abs(correlate(whole, piece, "valid", method="fft"))
    power = correlate(whole**2, np.ones_like(piece), "valid", method="fft") * np.sum(piece**2)
    return float((shared / np.sqrt(np.maximum(power, 1e-3))).max())


def test_the_sound_is_the_donors_at_the_own_level_and_the_picture_stays(media: list[Recording], tmp_path: Path) -> None:
    source = planted(media, tmp_path, swap=SWAP)
    recordings, truth = {r.id: r for r in source.recordings()}, source.truth()
    clean = {r.id: r for r in media}
    assert set(truth["recording_id"]) == {"ann1", "ann2", "bob1", "bob2"}
    for name, other in truth.select("recording_id", "other").iter_rows():
        assert name[:3] != other[:3]
        own, found, lent = (read_audio(p) for p in (clean[name].path, recordings[name].path, clean[other].path))
        assert abs(len(found) - len(own)) <= 1024  # a frame of AAC
        assert active_level(found) == pytest.approx(active_level(own), rel=0.05)
        assert likeness(found, lent) > 0.9
        assert likeness(found, own) < 0.2
        pairs = zip(frames(clean[name].path), frames(recordings[name].path), strict=True)
        assert max(float(np.abs(a.image.astype(int) - b.image).mean()) for a, b in pairs) < 4


def test_the_truth_names_whose_content_is_borne(media: list[Recording], tmp_path: Path) -> None:
    source = planted(media, tmp_path, swap=SWAP, copy=NearDuplicate(rate=1), blur=Blur(rate=1e-9))
    truth = source.truth()
    assert dict(truth.schema) == TRUTH_SCHEMA
    assert training_only(truth) == {
        **{f"{r.id}~copy": r.id for r in media},
        **dict(truth.filter(defect="swap").select("recording_id", "other").iter_rows()),
    }
    noisy = planted(media, tmp_path, noise=Noise(rate=1)).truth()
    assert len(noisy) == 5
    assert training_only(noisy) == {}
    assert training_only(pl.DataFrame(schema=TRUTH_SCHEMA)) == {}


def test_every_planter_that_brings_in_other_content_says_so() -> None:
    assert OtherVoice.training_only
    assert NearDuplicate.training_only
    assert not Noise.training_only


def test_a_longer_donor_is_cut_where_it_is_heard_and_a_shorter_one_repeated() -> None:
    lent = np.zeros(160_000, np.float32)
    lent[100_000:110_000] = noise(0.625, 0.3)
    own = noise(1.0, 0.05)
    for seed in range(5):
        out = SWAP.transform(own, lent, 1.0, np.random.default_rng(seed))
        assert active_level(out) == pytest.approx(active_level(own), rel=0.01)
    short = noise(0.3, seed=3)
    out = SWAP.transform(own, short, 1.0, np.random.default_rng(0))
    np.testing.assert_allclose(out[: len(short)], out[len(short) : 2 * len(short)])
    assert len(out) == len(own)


@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_short_sounds_keep_their_length(length: int) -> None:
    for lent in (noise(2.0), noise(0.001), np.ones(1, np.float32)):
        out = SWAP.transform(noise(2.0)[:length], lent, 1.0, np.random.default_rng(0))
        assert out.shape == (length,)
        assert out.dtype == np.float32
        assert np.abs(out).max(initial=0) <= 0.951


def test_donors_are_other_people_of_the_same_medium_who_speak() -> None:
    ann = named("ann", "face:1", "speaker:1")
    assert SWAP.lends(named("b", "face:2", "speaker:2"), ann)
    assert SWAP.lends(named("b", "speaker:2"), ann)
    assert SWAP.lends(replace(named("b"), speaker="2"), ann)
    assert not SWAP.lends(replace(named("b"), speaker="1"), ann)
    assert not SWAP.lends(named("b", "face:2", "speaker:2", "face:1", "speaker:1"), ann)
    assert not SWAP.lends(named("b", "face:2", "speaker:2", suffix=".wav"), ann)
    assert not SWAP.lends(replace(named("b", "speaker:2"), audio_type="music"), ann)
    assert not SWAP.lends(named("b", "piece:2"), ann)  # who is unknown may be the same
    assert not SWAP.lends(named("b", "face:2"), named("c", "speaker:3"))  # a face and a voice cannot be compared
    assert not SWAP.hits(named("c"))
    assert not SWAP.hits(named("c", "speaker:3", suffix=".wav"))
    assert OtherVoice(rate=1, on=["speaker"]).hits(Recording("c", Path("c.wav"), speaker="3"))


def test_a_donor_hangs_on_names_alone_so_that_one_recording_more_or_less_changes_little() -> None:
    many = talkers()
    whole = lenders(many)
    assert lenders(many[::-1]) == whole
    assert lenders(many, seed=1) != whole
    assert len({donor.id for donor in whole.values() if donor is not None}) > 150  # not the same few
    gone = many[7]
    fewer = lenders([r for r in many if r.id != gone.id])
    changed = {name for name, donor in fewer.items() if donor != whole[name]}
    assert changed == {name for name, donor in whole.items() if donor == gone and name != gone.id}
    assert len(changed) < 20


def test_donors_that_are_not_heard_are_passed_over(media: list[Recording], tmp_path: Path) -> None:
    write_video(tmp_path / "dan.mp4", [np.zeros((64, 64, 3), np.uint8)] * 25, 25, noise(1, 1e-3))
    (tmp_path / "eve.mp4").write_bytes(b"no video at all")
    unheard = [media[4], *(named(name, f"speaker:{name}", folder=tmp_path) for name in ("dan", "eve", "absent"))]
    for seed in range(10):
        assert Donors([*unheard, *media[:2]], seed).donor(media[0], "swap", SWAP) is None
        assert Donors([*unheard, media[2]], seed).donor(media[0], "swap", SWAP) == media[2]
    assert Donors(media, 0).donor(media[4], "swap", SWAP) in media[:4]  # who is not heard may borrow


def test_where_nobody_can_lend_the_defect_does_not_hit_and_leaves_it_to_the_next(
    media: list[Recording], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    of_ann = media[:2]
    with caplog.at_level(logging.WARNING):
        alone = planted(of_ann, tmp_path, swap=SWAP)
        assert [r.path for r in alone.recordings()] == [r.path for r in of_ann]
    assert not len(alone.truth())
    assert "swap does not hit 2 recordings" in caplog.text
    noisy = planted(of_ann, tmp_path, swap=SWAP, noise=Noise(rate=1))
    assert noisy.truth()["defect"].to_list() == ["noise", "noise"]


def test_equal_seeds_borrow_equal_bytes_and_changed_donors_are_borrowed_anew(tmp_path: Path) -> None:
    listed = [replace(named(n, folder=tmp_path, suffix=".wav"), speaker=n) for n in ("ann", "bob")]
    for number, recording in enumerate(listed):
        write_audio(recording.path, noise(1.0, seed=number))
    swap = OtherVoice(rate=1, on=["speaker"])
    one, two = (planted(listed, tmp_path / k, swap=swap).recordings() for k in "ab")
    assert [r.path.read_bytes() for r in one] == [r.path.read_bytes() for r in two]
    write_audio(listed[1].path, noise(1.0, seed=9))
    again = planted(listed, tmp_path / "a", swap=swap).recordings()[0]
    assert again.path != one[0].path
    assert again.path.read_bytes() != one[0].path.read_bytes()


def test_what_the_swap_does_not_hit_stays_as_it_was(tmp_path: Path) -> None:
    many = talkers(300)
    few: dict[str, Planter] = {"noise": Noise(rate=0.3), "copy": NearDuplicate(rate=0.2)}
    before = DefectiveSource(Listed(many), few, 0, tmp_path)
    after = DefectiveSource(Listed(many), {**few, "swap": OtherVoice(rate=0.3)}, 0, tmp_path)
    after._draw.donors._heard = dict.fromkeys([r.id for r in many], True)
    taken = 0
    for recording in many:
        drawn = after._draw(recording)
        if (hit := drawn.get("audio")) is not None and hit.name == "swap":
            assert hit.severity == 1.0
            taken += 1
            assert drawn.get("video") == before._draw(recording).get("video")
        else:
            assert drawn == before._draw(recording)
    assert 50 < taken < 110


def test_a_copy_bears_its_originals_content(tmp_path: Path) -> None:
    drawn = DefectiveSource(Listed(talkers(3)), {"copy": NearDuplicate(rate=1)}, 0, tmp_path)._draw
    for recording in talkers(3):
        hit = drawn(recording)["video"]
        assert isinstance(hit, Hit)
        assert hit.other == recording


def test_a_real_talker_gets_the_voice_of_another(real_media: Path, tmp_path: Path) -> None:
    listed = [
        Recording(name, real_media / "video" / f"{name}.mpg", entities=(f"face:{name}", f"speaker:{name}"))
        for name in ("grid_bbaf2n", "grid_brbk7n")
    ]
    source = planted(listed, tmp_path, swap=SWAP)
    assert training_only(source.truth()) == {"grid_bbaf2n": "grid_brbk7n", "grid_brbk7n": "grid_bbaf2n"}
    for own, found, other in zip(listed, source.recordings(), reversed(listed), strict=True):
        sounds = [read_audio(r.path) for r in (found, other, own)]
        assert active_level(sounds[0]) == pytest.approx(active_level(sounds[2]), rel=0.25)  # peaks turned down
        assert likeness(sounds[0], sounds[1]) > 0.9
        assert likeness(sounds[0], sounds[2]) < 0.6
