import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig
from torch import Tensor, nn
from torch.nn import functional

from avcur.errors import UserError
from models.active_speaker.light_asd import LightAsd
from models.active_speaker.module import ActiveSpeaker
from models.active_speaker.two_tower import TwoTower

ROOT = Path(__file__).resolve().parents[2]


class Told(nn.Module):
    """Logits that are given, as many heads as asked for; each is another multiple of the faces."""

    def __init__(self, heads: int = 2) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.arange(1.0, heads + 1))

    def forward(self, mfcc: Tensor, faces: Tensor) -> tuple[Tensor, ...]:
        return tuple(scale * faces for scale in self.scale)


def at(module: ActiveSpeaker, epoch: int = 0, epochs: int = 30, batches: int = 10) -> ActiveSpeaker:
    """The module at the start of an epoch (from 0) of a training."""
    module._trainer = SimpleNamespace(
        estimated_stepping_batches=epochs * batches, num_training_batches=batches, current_epoch=epoch,
        global_step=epoch * batches,
    )  # fmt: skip
    return module


def a_batch() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {
        "mfcc": torch.zeros(2, 12, 13),
        "faces": torch.randn(2, 3, 2),
        "target": torch.tensor([[0, 1, 1], [1, 0, 0]]),
        "index": torch.tensor([4, 7]),
    }


def test_the_loss_is_of_logits_over_r_with_the_weights_of_the_other_heads() -> None:
    module, batch = at(ActiveSpeaker(Told(3), r_start=2.0, auxiliary_weights=(0.4, 0.1))), a_batch()
    logits, target = batch["faces"].flatten(0, 1), batch["target"].flatten()
    losses = [functional.cross_entropy(scale * logits / 2, target) for scale in (1, 2, 3)]
    torch.testing.assert_close(module.loss(batch), losses[0] + 0.4 * losses[1] + 0.1 * losses[2])


def test_it_is_the_published_binary_cross_entropy() -> None:
    module, batch = at(ActiveSpeaker(Told(1), r_start=1.3, auxiliary_weights=())), a_batch()
    speaking = (batch["faces"] / 1.3).softmax(dim=-1)[..., 1]
    published = functional.binary_cross_entropy(speaking, batch["target"].float())
    torch.testing.assert_close(module.loss(batch), published)


def test_a_head_without_a_weight_is_refused() -> None:
    with pytest.raises(UserError, match="2 heads beside"):
        at(ActiveSpeaker(Told(3))).loss(a_batch())


def test_padding_changes_neither_loss_nor_scores() -> None:
    module, batch = at(ActiveSpeaker(Told())), a_batch()
    bare, outputs = module.loss(batch), module.outputs(batch)
    padded = {**batch, "mask": torch.tensor([[True] * 3 + [False] * 2] * 2)}
    padded["faces"] = torch.cat([batch["faces"], torch.full((2, 2, 2), 50.0)], dim=1)
    padded["target"] = torch.cat([batch["target"], torch.ones(2, 2, dtype=torch.int64)], dim=1)
    torch.testing.assert_close(module.loss(padded), bare)
    for name, values in module.outputs(padded).items():
        torch.testing.assert_close(values, outputs[name])
    padded["target"][:, 3:] = 0
    torch.testing.assert_close(module.loss(padded), bare)


def test_predictions_name_their_clip_and_frame() -> None:
    module, batch = at(ActiveSpeaker(Told())), a_batch()
    outputs = module.outputs(batch)
    assert outputs["index"].tolist() == [4, 4, 4, 7, 7, 7]
    assert outputs["frame"].tolist() == [0, 1, 2, 0, 1, 2]
    assert outputs["target"].tolist() == [0, 1, 1, 1, 0, 0]
    assert outputs["scores"].shape == (6, 1)
    frames = torch.tensor([[8, 12, 16], [0, 4, 8]])
    told = module.outputs({**batch, "frame": frames, "mask": torch.tensor([[True, False, True], [True, True, False]])})
    assert told["frame"].tolist() == [8, 16, 0, 4]
    assert told["index"].tolist() == [4, 4, 7, 7]
    torch.testing.assert_close(told["scores"], outputs["scores"][[0, 2, 3, 4]])


@pytest.mark.parametrize(("epoch", "wanted"), [(0, 1.3), (1, 1.28), (14, 1.02), (29, 0.72)])
def test_r_falls_by_epoch_as_published(epoch: int, wanted: float) -> None:
    module = at(ActiveSpeaker(Told(), r_by="epoch"), epoch)
    assert module.r == pytest.approx(wanted)


def test_r_falls_over_all_steps_by_default() -> None:
    assert at(ActiveSpeaker(Told()), epoch=15).r == pytest.approx((1.3 + 0.72) / 2)


def test_the_default_is_one_cycle_of_adamw() -> None:
    found = at(ActiveSpeaker(Told(), learning_rate=0.1), epochs=1, batches=10).configure_optimizers()
    assert isinstance(found["optimizer"], torch.optim.AdamW)
    rates = rates_of(found, 10)
    assert rates[0] == pytest.approx(0.1 / 25)
    assert max(rates) == pytest.approx(0.1, rel=0.05)
    assert found["lr_scheduler"]["interval"] == "step"


def test_the_published_rate_falls_by_a_twentieth_each_epoch() -> None:
    recipe = {"optimizer": "adam", "schedule": "exponential", "decay": 0.95}
    found = at(ActiveSpeaker(Told(), learning_rate=1e-3, **recipe)).configure_optimizers()
    assert type(found["optimizer"]) is torch.optim.Adam
    assert found["lr_scheduler"]["interval"] == "epoch"
    assert rates_of(found, 3) == pytest.approx([1e-3, 9.5e-4, 9.025e-4])


def rates_of(found: dict[str, object], count: int) -> list[float]:
    optimizer, schedule = found["optimizer"], found["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def test_sgd_at_a_constant_rate() -> None:
    module = ActiveSpeaker(Told(), optimizer="sgd", schedule="constant", learning_rate=0.01, sgd_momentum=0.0)
    optimizer = at(module).configure_optimizers()
    assert isinstance(optimizer, torch.optim.SGD)
    assert optimizer.defaults["lr"] == 0.01
    cycled = ActiveSpeaker(Told(), optimizer="sgd", sgd_momentum=0.0)
    assert at(cycled).configure_optimizers()["optimizer"].defaults["momentum"] == 0.0


@pytest.mark.parametrize("option", ["optimizer", "schedule", "r_by"])
def test_unknown_choices_are_refused(option: str) -> None:
    with pytest.raises(UserError, match=f"model.{option}=often"):
        ActiveSpeaker(Told(), **{option: "often"})


def test_a_compiled_network_keeps_its_names_and_is_scored_eagerly() -> None:
    module = ActiveSpeaker(LightAsd(width=0.1), compile=True)
    assert set(module.state_dict()) == set(ActiveSpeaker(LightAsd(width=0.1)).state_dict())
    batch = {**a_batch(), "faces": torch.randint(0, 256, (2, 3, 16, 16), dtype=torch.uint8)}
    assert torch.isfinite(module.eval().outputs(batch)["scores"]).all()  # compiling would take a minute


def whole_clip(frames: int, clips: int = 1) -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {
        "mfcc": 10 * torch.randn(clips, 4 * frames, 13),
        "faces": torch.randint(0, 256, (clips, frames, 16, 16), dtype=torch.uint8),
        "target": torch.zeros(clips, frames, dtype=torch.int64),
        "index": torch.arange(clips),
    }


def test_long_clips_are_scored_in_parts_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    network = LightAsd(width=0.07).eval()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):  # so that padding is no neutral value
            nn.init.uniform_(part.bias, -0.5, 0.5)
    scored, seen = ActiveSpeaker(network), []
    monkeypatch.setattr(network, "see", lambda faces: seen.append(faces.shape[1]) or LightAsd.see(network, faces))
    with torch.inference_mode():
        for frames, parts in ((60, [60]), (61, [26, 32, 27, 7]), (78, [26, 32, 32, 24])):
            batch = whole_clip(frames, clips=2)
            expected = network(batch["mfcc"], batch["faces"])[0].softmax(dim=-1)[..., 1:].flatten(0, 1)
            seen.clear()
            with monkeypatch.context() as short:
                short.setattr("models.active_speaker.module.LONG", 60)
                short.setattr("models.active_speaker.module.PART", 20)
                outputs = scored.outputs(batch)
            assert seen == parts
            torch.testing.assert_close(outputs["scores"], expected, atol=2e-6, rtol=0)
            assert outputs["frame"].tolist() == 2 * list(range(frames))
            assert (len(seen) > 1) or torch.equal(outputs["scores"], expected)
            assert float(expected.std()) > 1e-3


def test_a_network_of_one_piece_is_asked_about_long_clips_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.active_speaker.module.LONG", 1)
    assert at(ActiveSpeaker(Told())).outputs(a_batch())["scores"].shape == (6, 1)


def test_under_bfloat16_scores_are_float32_and_seldom_equal() -> None:
    torch.manual_seed(5)
    module, batch = at(ActiveSpeaker(LightAsd(width=0.25).eval())), whole_clip(1000)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        logits = module.network(batch["mfcc"], batch["faces"])
        scores = module.outputs(batch)["scores"]
    assert {head.dtype for head in logits} == {scores.dtype} == {torch.float32}
    assert len(scores.unique()) > 600, "rounded logits leave 392"


def test_snippets_and_whole_clips_are_not_mixed_up() -> None:
    clip = whole_clip(8)
    with pytest.raises(UserError, match="datamodule=active_speaker_snippets"):
        at(ActiveSpeaker(TwoTower(width=0.05), auxiliary_weights=(0.4, 0.4))).loss(clip)
    snippet = {**whole_clip(5), "target": torch.zeros(1, 1, dtype=torch.int64)}
    with pytest.raises(UserError, match=r"5 frames where 1 are asked for.*datamodule=active_speaker,"):
        at(ActiveSpeaker(LightAsd(width=0.07))).loss(snippet)


def composed(*overrides: str) -> DictConfig:
    searched = f"hydra.searchpath=[file://{ROOT / 'experiments'}]"
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose("train", [searched, *overrides])


@pytest.mark.parametrize(
    ("overrides", "network", "datamodule"),
    [
        ([], "LightAsd", "ActiveSpeakerDataModule"),
        (["model=two_tower"], "TwoTower", "SnippetDataModule"),
        (["model=two_tower", "datamodule=active_speaker"], "TwoTower", "ActiveSpeakerDataModule"),
        (["datamodule=active_speaker_snippets"], "LightAsd", "SnippetDataModule"),
    ],
)
def test_a_model_brings_its_datamodule_unless_one_is_named(overrides: list[str], network: str, datamodule: str) -> None:
    cfg = composed("task=active_speaker", *overrides)
    assert cfg.model.network._target_.endswith(f".{network}")
    assert cfg.datamodule._target_.endswith(f".{datamodule}")


def test_the_published_recipes_stand_ready() -> None:
    light = composed("experiment=light_asd_recipe")
    assert (light.budget.kind, light.budget.value, light.model.optimizer) == ("epochs", 30, "adam")
    assert (light.model.network.width, light.datamodule.batching, light.datamodule.face_size) == (1, "tracks", 112)
    tower = composed("experiment=two_tower_recipe")
    assert (tower.budget.value, tower.model.network.width, tower.datamodule.face_size) == (40, 1, 100)
    assert math.isclose(tower.model.weight_decay, 2e-4)
