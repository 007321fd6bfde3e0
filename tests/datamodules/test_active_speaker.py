import numpy as np
import polars as pl
import pytest
import torch

from avcur.errors import UserError
from avcur.features.mfcc import mfcc
from avcur.variants.variant import Variant
from datamodules.active_speaker import ActiveSpeakerDataModule
from datamodules.augment import augment_faces, mixed
from datamodules.frame_sound import frame_mfcc
from datamodules.pairs import KINDS


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


def test_a_batch_of_tests_holds_no_more_frames_than_asked_for(faces: Variant) -> None:
    def batches(most: int) -> list[list[int]]:
        return data_of(faces, eval_batch_size=4, eval_frames_per_batch=most).eval_batches("train")

    assert batches(4000) == [[0, 1, 2, 3], [4, 5]]
    assert batches(149) == [[0, 1], [2, 3], [4, 5]]
    assert batches(49) == [[0], [1], [2], [3], [4], [5]], "a longer clip is a batch of its own"


def spoken(variant: Variant, shares: dict[int, float]) -> Variant:
    """The variant with clips that speak throughout, or in a share of their frames, by the clip's number."""
    number = pl.col("clip_id").str.slice(1).cast(pl.Int64)
    labels = {n: [i < 50 * shares.get(n, 1.0) for i in range(50)] for n in range(9)}
    clips = variant.clips.with_columns(speaking=number.replace_strict(labels, return_dtype=pl.List(pl.Boolean)))
    return Variant(**{**vars(variant), "clips": clips})


def test_pairs_leave_out_tracks_that_do_not_speak_in_most_frames(
    faces: Variant, caplog: pytest.LogCaptureFixture
) -> None:
    data = data_of(spoken(faces, {0: 0.0, 2: 0.5, 3: 0.52}), labels="pairs")
    assert [item.clip_id for item in data.items("train")] == ["t01", "t03", "t04", "t05"]
    assert [line for line in caplog.messages if "2 of 6 tracks do not speak" in line]
    assert len(data_of(spoken(faces, {0: 0.0}), labels="source").items("train")) == 6
    with pytest.raises(UserError, match=r"none of the training tracks speaks.*datamodule\.labels=source"):
        data_of(spoken(faces, dict.fromkeys(range(9), 0.5)), labels="pairs").items("train")


def test_pairs_give_both_kinds_and_a_target_for_all_frames(faces: Variant) -> None:
    torch.manual_seed(0)
    data = data_of(spoken(faces, {}), labels="pairs")
    samples = [data.train_samples().sample(i % 6) for i in range(40)]
    kinds = {float(s["target"].float().mean()) for s in samples}
    assert kinds == {0.0, 1.0}
    silent = [s for s in samples if float(s["mfcc"][:, 0].max()) < -30]
    assert silent
    assert not any(s["target"].any() for s in silent)


def test_unlabelled_tests_are_fixed_pairs(faces: Variant) -> None:
    blank = Variant(**{**vars(faces), "clips": faces.clips.with_columns(speaking=None)})
    data = data_of(blank, labels="pairs")
    items = data.items("test")
    assert [item.id.split(":")[1] for item in items] == [kind for kind in KINDS for _ in range(2)]
    whole = [data.whole("test", i) for i in range(10)]
    speaks = [i < 4 for i in range(10)]
    assert [bool(target.all()) for _, _, target in whole] == speaks
    assert [bool(target.any()) for _, _, target in whole] == speaks
    assert [item.target for item in items] == [int(s) for s in speaks]
    assert len({whole[i][1].tobytes() for i in (0, 2, 4, 6, 8)}) == 5
    again = data_of(blank, labels="pairs")
    torch.manual_seed(9)
    assert all(np.array_equal(again.whole("test", i)[1], columns) for i, (_, columns, _) in enumerate(whole))


def test_kinds_without_a_share_or_that_cannot_be_made_are_not_tested(faces: Variant) -> None:
    blank = Variant(**{**vars(faces), "clips": faces.clips.with_columns(speaking=None, group=pl.lit("all"))})
    data = data_of(blank, labels="pairs", pairs={"own": 1, "overlay": 1, "shifted": 2, "other": 1})
    assert [item.id for item in data.items("test")] == ["t07:own", "t08:own", "t07:shifted", "t08:shifted"]


def test_tests_of_one_kind_alone_are_refused(faces: Variant) -> None:
    blank = Variant(**{**vars(faces), "clips": faces.clips.with_columns(speaking=None, group=pl.lit("all"))})
    with pytest.raises(UserError, match=r"no other pair can be made .* give silence a share"):
        data_of(blank, labels="pairs", pairs={"own": 1, "other": 1}).items("test")


def test_pairs_take_the_second_voice_from_their_shares(faces: Variant) -> None:
    with pytest.raises(UserError, match=r"datamodule\.pairs\.overlay"):
        data_of(faces, labels="pairs", augment_sound=True)


def test_clips_without_labels_are_left_out_aloud(faces: Variant, caplog: pytest.LogCaptureFixture) -> None:
    blank = Variant(**{**vars(faces), "clips": faces.clips.with_columns(speaking=None)})
    assert data_of(blank).items("train") == []
    assert "6 of 6 clips" in caplog.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": "oracle"}, r"datamodule\.labels=oracle: choose source or pairs"),
        ({"batching": "sorted"}, r"datamodule\.batching=sorted: choose segments or tracks"),
        ({"padding": "zeros"}, r"datamodule\.padding=zeros: choose cut or mask"),
        ({"frames_per_batch": 0}, r"datamodule\.frames_per_batch"),
        ({"eval_frames_per_batch": 0}, r"datamodule\.eval_frames_per_batch"),
        ({"max_frames": 1.5}, r"datamodule\.max_frames"),
    ],
)
def test_options_that_do_not_fit_are_named(faces: Variant, options: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        data_of(faces, **options)


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
