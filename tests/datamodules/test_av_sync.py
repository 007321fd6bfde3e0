from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from avcur.errors import UserError
from avcur.features.log_mel import log_mel
from avcur.records import SAMPLE_RATE
from avcur.variants.variant import Variant
from datamodules.augment import augment_mouths, noisy
from datamodules.av_sync import AvSyncDataModule, planted_shift
from datamodules.clip_item import read_sound
from tests.training.fake_variant import face_variant


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """Recordings of 4 s; each speaks in one half."""
    return face_variant(tmp_path_factory.mktemp("tracks"), seconds=4.0)


@pytest.fixture
def parts(tracks: Variant) -> Variant:
    """The 3 s from 0.4 s on of each recording, as clips."""
    inner = tracks.clips.with_columns(
        start=pl.lit(0.4), end=pl.lit(3.4), duration=pl.lit(3.0), parent_start=pl.lit(0.0),
        speaking=pl.col("speaking").list.slice(10, 75),
    )  # fmt: skip
    return changed(tracks, inner)


def changed(variant: Variant, clips: pl.DataFrame) -> Variant:
    return Variant(**{**vars(variant), "clips": clips})


def data_of(variant: Variant, **options: object) -> AvSyncDataModule:
    plain = {"augment_faces": False, "augment_sound": False, "segment_frames": 20, "face_size": 16, "num_mels": 20}
    return AvSyncDataModule(variant, **{**plain, **options})


def columns_of(path: Path) -> np.ndarray:
    """Log-mel of a whole recording of 4 s, four columns a frame."""
    return log_mel(read_sound(path, 0, 4.0), 20)[:400]


def test_segments_have_their_own_sound_in_step_and_real_sound_around(parts: Variant) -> None:
    data = data_of(parts)
    for sample in (data.train_samples().sample(i % 6) for i in range(12)):
        item = data.items("train")[sample["index"]]
        whole = item.faces(16, region="mouth")
        (first,) = (s for s in range(56) if np.array_equal(whole[s : s + 20], sample["faces"].numpy()))
        assert sample["seen"].all()
        assert (sample["log_mel"].shape, sample["heard"].shape) == ((200, 20), (50,))
        begins = first + 10 - 15  # frame of the recording that the sound begins with; the clip begins at its tenth
        expected = [begins + i - 1 >= 0 and begins + i + 2 <= 100 for i in range(50)]
        assert sample["heard"].tolist() == expected
        there = np.repeat(expected, 4)
        recording = columns_of(item.audio_path)
        found = recording[np.arange(4 * begins, 4 * begins + 200)[there]]
        np.testing.assert_allclose(sample["log_mel"].numpy()[there], found, atol=1e-4)


def test_what_a_short_clip_lacks_is_not_seen(tracks: Variant) -> None:
    sample = data_of(tracks, segment_frames=120).train_samples().sample(0)
    assert sample["faces"].shape == (120, 16, 16)
    assert sample["seen"].tolist() == [True] * 100 + [False] * 20
    assert not sample["heard"][115:].any(), "there is no sound after the recording, of 100 frames"


def test_tested_sound_leads_by_the_planted_number_of_frames(parts: Variant) -> None:
    data = data_of(parts)
    for index, item in enumerate(data.items("test")):
        sample = data.eval_samples("test").sample(index)
        shift = planted_shift(item.clip_id, 15)
        assert data.classes[sample["target"]] == str(shift)
        assert len(sample["faces"]) == 75
        # What was heard at frame j of the clip is heard `shift` frames earlier.
        recording, heard = columns_of(item.audio_path), sample["heard"].numpy()
        frames = [j for j in range(3, 72) if heard[j + 15]]
        assert len(frames) > 40
        for j in frames:
            at = 4 * (10 + j + shift)
            found = sample["log_mel"].numpy()[4 * (j + 15) : 4 * (j + 15) + 4]
            np.testing.assert_allclose(found, recording[at : at + 4], atol=1e-4)


def test_shifts_are_fixed_and_of_all_sizes(tracks: Variant) -> None:
    shifts = [planted_shift(f"clip {n}", 15) for n in range(3000)]
    assert set(shifts) == set(range(-15, 16))
    assert shifts[:4] == [planted_shift(f"clip {n}", 15) for n in range(4)]
    twice = [data_of(tracks).eval_samples("val").sample(0) for _ in range(2)]
    assert torch.equal(twice[0]["log_mel"], twice[1]["log_mel"])


def test_a_sound_that_is_late_by_standardising_is_put_right(tracks: Variant) -> None:
    """`audio_offset` says where in the sound file the clip's own sound lies; training must not learn it as a lag."""
    late = changed(tracks, tracks.clips.with_columns(audio_offset=pl.lit(0.2), end=pl.lit(3.0)))
    item = data_of(late).items("train")[0]
    columns, heard = data_of(late).sound(item, 0, 20)
    assert heard[15 - 4 :].all()
    assert not heard[: 15 - 4].any(), "the file begins five frames before the clip's own sound"
    np.testing.assert_allclose(columns[60:140], columns_of(item.audio_path)[20:100], atol=1e-4)


def test_val_and_test_leave_out_what_has_no_answer(tracks: Variant, caplog: pytest.LogCaptureFixture) -> None:
    silent = pl.when(pl.col("clip_id") == "t07").then(pl.lit([False] * 100)).otherwise(pl.col("speaking"))
    short = pl.when(pl.col("clip_id") == "t00").then(2.0).otherwise(pl.col("end"))
    data = data_of(changed(tracks, tracks.clips.with_columns(speaking=silent, end=short)))
    assert [item.clip_id for item in data.items("test")] == ["t08"]
    assert "test: 1 of 2 clips" in caplog.text
    assert len(data.items("train")) == 6, "a short clip trains"
    unlabelled = changed(tracks, tracks.clips.with_columns(speaking=pl.lit(None, pl.List(pl.Boolean))))
    assert len(data_of(unlabelled).items("test")) == 2
    with pytest.raises(UserError, match="No test clip"):
        data_of(changed(tracks, tracks.clips.with_columns(end=pl.lit(1.0)))).items("test")


def test_batches_are_of_clips_of_one_length(tracks: Variant) -> None:
    (batch,) = data_of(tracks).test_dataloader()
    assert batch["faces"].shape == (2, 100, 16, 16)
    assert batch["log_mel"].shape == (2, 520, 20)
    assert batch["target"].shape == (2,)


def test_unknown_region_is_named(tracks: Variant) -> None:
    with pytest.raises(UserError, match=r"datamodule\.region=nose"):
        data_of(tracks, region="nose")


def test_augmented_mouths_keep_their_shape_and_move_together() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    blurred = np.kron(rng.integers(60, 196, (6, 6)), np.ones((8, 8))).astype(np.uint8)
    still = np.repeat(blurred[None], 5, axis=0)
    results = [augment_mouths(still) for _ in range(20)]
    assert all(r.shape == still.shape and r.dtype == np.uint8 for r in results)
    change = [np.abs(np.diff(r.astype(float), axis=0)).mean() for r in results]
    against = [np.abs(r.astype(float) - still).mean() for r in results]
    assert max(change) < 4 < min(against), "frames differ by the jitter alone, and from the original by more"


def test_noise_is_added_at_5_to_40_db_to_half_of_the_sounds() -> None:
    torch.manual_seed(0)
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    ratios, gains = [], []
    for _ in range(60):
        sound = noisy(tone)
        gain = float(sound @ tone / (tone @ tone))
        noise = sound - gain * tone
        gains.append(20 * np.log10(gain))
        ratios.append(10 * np.log10(np.mean((gain * tone) ** 2) / max(np.mean(noise**2), 1e-12)))
    assert -10.5 < min(gains) < -7 < 7 < max(gains) < 10.5
    with_noise = [r for r in ratios if r < 60]
    assert 18 <= len(with_noise) <= 42
    assert 4.5 < min(with_noise) < max(with_noise) < 40.5
