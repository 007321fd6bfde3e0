import numpy as np
import torch

from avcur.variants.variant import Variant
from datamodules.audio_type import AudioTypeDataModule
from datamodules.sound import even_crops, masked
from datamodules.speaker_id import SpeakerIdDataModule


def test_even_crops_cover_the_clip_and_repeat_a_short_one() -> None:
    ramp = np.arange(10, dtype=np.float32)[:, None]
    assert even_crops(ramp, 4, 3)[:, 0, 0].tolist() == [0, 3, 6]
    assert even_crops(ramp, 4, 1)[0, :, 0].tolist() == [3, 4, 5, 6]
    assert even_crops(ramp[:3], 7, 1)[0, :, 0].tolist() == [1, 2, 0, 1, 2, 0, 1]


def test_masking_hides_one_band_at_most() -> None:
    torch.manual_seed(0)
    crop = torch.arange(200.0).view(20, 10)
    widths = {int((masked(crop, 4, 0) != crop).any(dim=1).sum()) for _ in range(50)}
    assert widths == {0, 1, 2, 3, 4}
    assert masked(crop, 0, 0) is crop


def test_speaker_batches_have_zero_mean_and_the_classes_before_any_filter(speakers: Variant) -> None:
    data = SpeakerIdDataModule(speakers, batch_size=5, crop_seconds=1.0)
    batch = next(iter(data.train_dataloader()))
    assert data.classes == speakers.classes
    assert batch["features"].shape == (5, 100, 80)
    assert batch["features"].mean(dim=1).abs().max() < 1e-3
    labels = [speakers.rows("train")["label"][i] for i in batch["index"].tolist()]
    assert [data.classes[t] for t in batch["target"].tolist()] == labels


def test_audio_type_classes_are_in_their_fixed_order(sounds: Variant) -> None:
    data = AudioTypeDataModule(sounds, num_mels=40, num_eval_crops=2, crop_seconds=1.0)
    batch = next(iter(data.test_dataloader()))
    assert batch["features"].shape == (12, 2, 100, 40)
    names = [sounds.rows("test")["label"][i] for i in batch["index"].tolist()]
    assert [("speech", "music", "both", "neither")[t] for t in batch["target"].tolist()] == names
    assert torch.isfinite(batch["features"]).all()
