import math

import pytest
import torch
from torch import Tensor

from models.av_sync.dense_sync import DenseSync
from models.av_sync.module import AvSync, lag_scores, lag_similarities, lags_there


def mouths(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8)


def test_one_million_parameters_and_an_embedding_of_unit_length_for_every_frame_but_the_margins() -> None:
    network = DenseSync()
    assert 0.9e6 < sum(p.numel() for p in network.parameters()) < 1.1e6
    seen, heard = network(mouths(2, 20, 48, 48), torch.randn(2, 80, 64))
    assert seen.shape == heard.shape == (2, 14, 128)
    torch.testing.assert_close(seen.norm(dim=2), torch.ones(2, 14))
    torch.testing.assert_close(heard.norm(dim=2), torch.ones(2, 14))


def test_other_sizes_fit() -> None:
    seen, heard = DenseSync(face_size=24, num_mels=40, num_out=8)(mouths(1, 8, 24, 24), torch.randn(1, 32, 40))
    assert seen.shape == heard.shape == (1, 2, 8)


@pytest.mark.parametrize("frame", [0, 12, 24])
def test_an_embedding_sees_three_frames_to_either_side_and_no_more(frame: int) -> None:
    torch.manual_seed(0)
    network = DenseSync().eval()
    faces, log_mel = mouths(1, 25, 48, 48), torch.randn(1, 100, 64)
    other_faces, other_log_mel = faces.clone(), log_mel.clone()
    other_faces[0, frame] = 255 - other_faces[0, frame]
    other_log_mel[0, 4 * frame : 4 * frame + 4] += 3
    with torch.inference_mode():
        before, after = network(faces, log_mel), network(other_faces, other_log_mel)
    touched = [k for k in range(19) if abs(k + network.margin - frame) <= network.margin]
    for old, new in zip(before, after, strict=True):
        assert (old != new).any(dim=2)[0].nonzero().flatten().tolist() == touched


def test_pieces_give_what_the_whole_gives() -> None:
    torch.manual_seed(0)
    network = DenseSync().eval()
    faces, log_mel = mouths(1, 30, 48, 48), torch.randn(1, 120, 64)
    with torch.inference_mode():
        whole, piece = network(faces, log_mel), network(faces[:, 9:22], log_mel[:, 36:88])
    for all_, some in zip(whole, piece, strict=True):
        torch.testing.assert_close(all_[:, 9:16], some, atol=1e-5, rtol=1e-4)


def test_the_column_of_a_lag_is_of_the_sound_so_many_frames_earlier() -> None:
    """Mouth i says i; the sound at i + 2 says i: it comes two frames late, so the sound leads by -2."""
    mouth, sounds = torch.eye(20)[None, :10], torch.zeros(1, 16, 20)  # from three frames before to three after
    for frame in range(8):
        sounds[0, frame + 3 + 2, frame] = 1
    heard = torch.ones(1, 16, dtype=torch.bool)
    heard[0, 0] = False
    found = lag_similarities(mouth, sounds)
    assert found.shape == (1, 10, 7)
    assert found[0, :8].argmax(dim=1).tolist() == [3 - 2] * 8
    absent = ~lags_there(heard, found)
    assert absent.nonzero().tolist() == [[0, 0, 6]], "the sound three frames before the first is not there"


def test_lags_without_enough_frames_score_worst() -> None:
    distances = torch.full((12, 31), 0.5)
    distances[:, 13] = 0.2
    distances[4:, 20:] = torch.nan
    distances[4:, :11] = torch.nan
    scores = lag_scores(distances)
    assert int(scores.argmax()) == 13
    assert (scores[11:20] > -0.7).all()
    assert (scores[[0, 10, 20, 30]] == -2).all()
    assert (lag_scores(torch.full((5, 31), 0.5)) == -2).all()


def batch_of(sounds: Tensor, seen: Tensor | None = None) -> dict[str, Tensor]:
    return {
        "faces": torch.zeros(2, 16, 48, 48),
        "seen": torch.ones(2, 16, dtype=torch.bool) if seen is None else seen,
        "log_mel": sounds,
        "heard": torch.ones(2, 20, dtype=torch.bool),
        "sound": torch.arange(2),
        "index": torch.arange(2),
        "target": torch.tensor([0, 4]),
    }


class Told(torch.nn.Module):
    """Embeddings that are given: mouths count their frames, sounds are what the log-mel's first columns say."""

    margin = 3

    def forward(self, faces: Tensor, log_mel: Tensor) -> tuple[Tensor, Tensor]:
        mouth = torch.eye(32)[:10].expand(2, 10, 32)
        return mouth, log_mel[:, 12:-12:4, :32]


def spoken(lags: tuple[int, int]) -> Tensor:
    """Log-mel (2, 80, 32) whose frame says which mouth it belongs to, leading by `lags` frames."""
    log_mel = torch.zeros(2, 80, 32)
    for clip, lag in enumerate(lags):
        for frame in range(10):
            if 0 <= frame - lag + 2 < 14:
                log_mel[clip, 12 + 4 * (frame - lag + 2), frame] = 1
    return log_mel


def test_the_loss_falls_when_the_own_sound_is_in_step_and_foreign_sound_is_not() -> None:
    module = AvSync(Told(), scale=20.0, window=5)
    both_in_step = spoken((0, 0))
    second_silent = both_in_step.clone()
    second_silent[1] = 0
    assert float(module.loss(batch_of(spoken((2, 2))))) > 15
    # Both clips say the same at the same time: the swapped sound is as good as the own.
    assert float(module.loss(batch_of(both_in_step))) == pytest.approx(math.log(2), abs=1e-3)
    # The first clip is told apart, the second fits the first's sound and not its own.
    assert float(module.loss(batch_of(second_silent))) == pytest.approx((0 + 20) / 2, abs=1e-3)


def test_another_clip_of_the_same_sound_is_no_foreign_sound() -> None:
    module = AvSync(Told(), scale=20.0, window=5)
    batch = batch_of(spoken((0, 0)))
    assert float(module.loss({**batch, "sound": torch.tensor([4, 4])})) == pytest.approx(0, abs=1e-3)


def test_unseen_frames_do_not_count_and_nothing_at_all_is_no_fault() -> None:
    module = AvSync(Told(), scale=20.0, window=5)
    seen = torch.ones(2, 16, dtype=torch.bool)
    # The first clip fits its own sound at another lag and the other clip's, which is in step.
    assert float(module.loss(batch_of(spoken((2, 0)), seen))) == pytest.approx((20 + math.log(2)) / 2, abs=1e-3)
    seen[0] = False
    assert float(module.loss(batch_of(spoken((2, 0)), seen))) == pytest.approx(0, abs=1e-3)
    seen[1] = False
    assert float(module.loss(batch_of(spoken((2, 0)), seen))) == 0


def test_predictions_score_each_lag_by_its_mean_similarity() -> None:
    outputs = AvSync(Told()).outputs(batch_of(spoken((-2, 1))))
    assert outputs["scores"].argmax(dim=1).tolist() == [0, 3]
    assert outputs["target"].tolist() == [0, 4]


def test_steps_bring_the_loss_down_with_sounds_and_mouths_missing() -> None:
    torch.manual_seed(0)
    module = AvSync(DenseSync(16, 20, num_out=16), window=5)
    optimizer = torch.optim.AdamW(module.parameters(), lr=3e-3)
    batch = {
        "faces": mouths(3, 24, 16, 16), "seen": torch.arange(24).expand(3, 24) < torch.tensor([[24], [24], [12]]),
        "log_mel": torch.randn(3, 4 * 32, 20), "heard": torch.arange(32).expand(3, 32) > torch.tensor([[3], [-1], [8]]),
        "sound": torch.arange(3),
    }  # fmt: skip
    losses = []
    for _ in range(25):
        loss = module.loss(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]
    assert torch.isfinite(module.log_scale)
