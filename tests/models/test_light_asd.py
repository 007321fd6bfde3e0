from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from experiments.benchmarks.active_speaker.plain import PlainLightAsd
from models.active_speaker.light_asd import LightAsd
from models.active_speaker.module import ActiveSpeaker


def count(*modules: torch.nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def test_width_one_is_the_published_network() -> None:
    network = LightAsd()
    assert count(network.model) == 1_021_120
    assert count(network.lossAV, network.lossV) == 516


def test_a_narrow_network_keeps_the_names_and_reads_small_faces() -> None:
    narrow = LightAsd(width=0.125)
    assert set(narrow.state_dict()) == set(LightAsd().state_dict())
    assert count(narrow) < 20_000
    fused, visual = narrow(torch.randn(2, 28, 13), torch.randint(0, 256, (2, 7, 32, 32), dtype=torch.uint8))
    assert fused.shape == visual.shape == (2, 7, 2)


def test_frames_see_their_neighbours_in_time() -> None:
    network = LightAsd(width=0.125).eval()
    mfcc, faces = torch.randn(1, 40, 13), torch.rand(1, 10, 32, 32) * 255
    changed = faces.clone()
    changed[0, 5] = 0
    with torch.no_grad():
        difference = (network(mfcc, faces)[1] - network(mfcc, changed)[1]).abs().sum(dim=(0, 2))
    assert difference[5] > 0
    assert difference[4] > 0


def test_mfcc_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="4 MFCC columns"):
        LightAsd(width=0.125)(torch.randn(1, 27, 13), torch.zeros(1, 7, 32, 32))


@pytest.mark.parametrize("width", [0.125, 0.3])  # below and above the channels that are normalised channels last
def test_outputs_and_gradients_are_those_of_the_plain_network(width: float) -> None:
    torch.manual_seed(0)
    plain, ours = PlainLightAsd(width).double(), LightAsd(width).double()
    ours.load_state_dict(plain.state_dict(), strict=True)
    # In double precision: in single, a ReLU or a maximum may fall to the other side by rounding.
    mfcc, faces = torch.randn(2, 24, 13).double(), torch.randint(0, 256, (2, 6, 33, 40)).double()
    target = torch.randint(0, 2, (12,))
    found = []
    for network in (plain, ours):
        fused, visual = network(mfcc, faces)
        loss = functional.cross_entropy(fused.flatten(0, 1), target)
        (loss + 0.5 * functional.cross_entropy(visual.flatten(0, 1), target)).backward()
        found.append((fused, visual))
    for wanted, got in zip(*found, strict=True):
        torch.testing.assert_close(got, wanted)
    for (name, wanted), got in zip(plain.named_parameters(), ours.parameters(), strict=True):
        torch.testing.assert_close(got.grad, wanted.grad, msg=name)
    for name, wanted in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], wanted, msg=name)


def test_parts_give_what_the_whole_gives_and_one_voice_fits_many_faces() -> None:
    torch.manual_seed(0)
    network = LightAsd(width=0.125).eval()
    mfcc, faces = torch.randn(1, 28, 13), torch.randint(0, 256, (2, 7, 32, 32), dtype=torch.uint8)
    with torch.inference_mode():
        whole = network(mfcc.expand(2, -1, -1), faces)[0]
        seen, heard = network.see(faces), network.hear(mfcc)
        assert seen.shape == (2, 7, heard.shape[2])
        torch.testing.assert_close(network.decide(seen, heard), whole)


@pytest.fixture
def real_weights(real_media: Path) -> Path:
    folder = real_media.parent / "weights"
    if not (folder / "light_asd_parity.npz").is_file():
        pytest.skip("no published Light-ASD weights beside the checkout")
    return folder


@pytest.mark.parametrize("name", ["ava", "talkset"])
def test_published_weights_give_the_published_logits(real_weights: Path, name: str) -> None:
    network = LightAsd()
    state = torch.load(real_weights / f"light_asd_{name}.pt", map_location="cpu", weights_only=True)
    network.load_state_dict(state, strict=True)
    parity = np.load(real_weights / "light_asd_parity.npz")
    with torch.no_grad():
        fused, _ = network.eval()(torch.tensor(parity["mfcc"]), torch.tensor(parity["faces_u8"]))
    np.testing.assert_allclose(fused[0].numpy(), parity[f"logits_{name}"], atol=1e-4)


def test_fine_tuning_starts_from_the_published_weights(real_weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = ActiveSpeaker(LightAsd(), init=str(real_weights / "light_asd_ava.pt"))
    published = torch.load(real_weights / "light_asd_ava.pt", map_location="cpu", weights_only=True)
    assert torch.equal(module.network.lossAV.FC.weight, published["lossAV.FC.weight"])
    assert f"{len(published)} of {len(published)} weights loaded" in capsys.readouterr().out
