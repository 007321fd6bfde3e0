import numpy as np
import pytest
import torch

from avcur.errors import UserError
from avcur.features.mfcc import mfcc
from avcur.variants.variant import Variant
from datamodules.active_speaker import ActiveSpeakerDataModule, frame_mfcc
from datamodules.augment import augment_faces, mixed


def data_of(variant: Variant, **options: object) -> ActiveSpeakerDataModule:
    return ActiveSpeakerDataModule(variant, face_size=32, segment_frames=20, **options)


def test_segments_take_faces_sound_and_labels_from_the_same_frames(faces: Variant) -> None:
    data = data_of(faces, augment_faces=False)
    for sample in (data.train_samples().sample(i % 6) for i in range(12)):
        item = data.items("train")[sample["index"]]
        whole = item.faces(32)
        columns = frame_mfcc(item, item.num_frames)
        starts = [s for s in range(31) if np.array_equal(columns[4 * s : 4 * s + 80], sample["mfcc"].numpy())]
        assert starts, "the MFCC are no segment of the clip"
        assert any(
            np.array_equal(whole[s : s + 20], sample["faces"].numpy())
            and np.array_equal(item.speaking[s : s + 20], sample["target"].numpy().astype(bool))
            for s in starts
        )


def test_a_clip_shorter_than_a_segment_is_repeated(faces: Variant) -> None:
    data = ActiveSpeakerDataModule(faces, face_size=32, segment_frames=120, augment_faces=False)
    sample = data.train_samples().sample(0)
    assert sample["faces"].shape == (120, 32, 32)
    assert sample["mfcc"].shape == (480, 13)
    assert torch.equal(sample["target"][:50], sample["target"][50:100])
    assert torch.equal(sample["mfcc"][:200], sample["mfcc"][200:400])


def test_four_columns_a_frame_with_the_last_repeated(faces: Variant) -> None:
    item = data_of(faces).items("train")[0]
    exact = mfcc(item.waveform())
    columns = frame_mfcc(item, 50)
    assert (len(exact), len(columns)) == (199, 200)
    np.testing.assert_array_equal(columns[-1], exact[-1])


def test_whole_clips_are_tested_in_batches_of_equal_length(faces: Variant) -> None:
    data = data_of(faces, eval_batch_size=2)
    batches = list(data.test_dataloader())
    assert [b["faces"].shape[:2] for b in batches] == [(2, 50)]
    assert batches[0]["mfcc"].shape == (2, 200, 13)
    assert batches[0]["target"].shape == (2, 50)


def test_pairs_give_both_kinds_and_no_label_is_read(faces: Variant) -> None:
    torch.manual_seed(0)
    data = data_of(faces, labels="pairs")
    samples = [data.train_samples().sample(i % 6) for i in range(40)]
    kinds = {float(s["target"].float().mean()) for s in samples}
    assert kinds == {0.0, 1.0}
    silent = [s for s in samples if float(s["mfcc"][:, 0].max()) < -30]
    assert silent
    assert not any(s["target"].any() for s in silent)


def test_unlabelled_tests_are_fixed_pairs(faces: Variant) -> None:
    blank = Variant(**{**vars(faces), "clips": faces.clips.with_columns(speaking=None)})
    data = data_of(blank, labels="pairs")
    names = [item.id.split(":")[1] for item in data.items("test")]
    assert names == ["own", "own", "other", "other"]
    own, other = data.whole("test", 0), data.whole("test", 2)
    assert own[2].all()
    assert not other[2].any()
    assert not np.array_equal(own[1], other[1])


def test_clips_without_labels_are_left_out_aloud(faces: Variant, caplog: pytest.LogCaptureFixture) -> None:
    blank = Variant(**{**vars(faces), "clips": faces.clips.with_columns(speaking=None)})
    assert data_of(blank).items("train") == []
    assert "6 of 6 clips" in caplog.text


def test_unknown_label_mode_is_named(faces: Variant) -> None:
    with pytest.raises(UserError, match=r"datamodule\.labels=oracle"):
        data_of(faces, labels="oracle")


def test_augmented_faces_keep_shape_and_move_together() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    still = np.repeat(rng.integers(0, 256, (1, 32, 32), dtype=np.uint8), 3, axis=0)
    results = [augment_faces(still) for _ in range(20)]
    assert all(r.shape == still.shape and (r == r[0]).all() for r in results)
    assert len({r.tobytes() for r in results}) > 5


def test_sound_is_mixed_at_the_drawn_level_without_overflow() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    loud, other = (0.9 * np.sign(rng.normal(size=16000))).astype(np.float32), rng.normal(size=16000).astype(np.float32)
    for _ in range(10):
        noise = mixed(loud, other) - loud
        snr = 10 * np.log10(np.mean(loud**2) / np.mean(noise**2))
        assert -5.01 <= snr <= 5.01
    assert mixed(loud, np.zeros_like(loud)) is loud
