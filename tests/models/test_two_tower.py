import pytest
import torch
from torch.nn import functional

from avcur.errors import UserError
from models.active_speaker.two_tower import TwoTower


def snippets(count: int, size: int = 100) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(count, 20, 13), torch.randint(0, 256, (count, 5, size, size), dtype=torch.uint8)


def test_width_one_is_as_large_as_its_layers_say() -> None:
    network = TwoTower()
    convs = {
        "audio": [(1, 64, 9), (64, 192, 9), (192, 384, 9), (384, 256, 9), (256, 256, 9), (256, 512, 20)],
        "video": [(5, 96, 49), (96, 256, 25), *[(256, 256, 9)] * 3, (256, 512, 36)],
    }
    for tower, layers in convs.items():
        wanted = sum(a * b * kernel + b for a, b, kernel in layers) + 512 * 256 + 256
        assert sum(p.numel() for p in getattr(network, tower).parameters()) == wanted
    heads = 512 * 512 + 512 + 3 * 2 + (512 + 256 + 256) * 2
    assert sum(p.numel() for p in network.parameters()) == 12_527_366
    assert sum(p.numel() for n, p in network.named_parameters() if n.split(".")[0] not in convs) == heads


def test_each_head_reaches_the_weights_below_it_and_no_other() -> None:
    torch.manual_seed(0)
    network = TwoTower(width=0.125).eval()
    reached = []
    for logits in network(*snippets(4)):
        assert logits.shape == (4, 1, 2)
        network.zero_grad()
        functional.cross_entropy(logits[:, 0], torch.tensor([0, 1, 0, 1])).backward(retain_graph=True)
        reached.append({n.split(".")[0] for n, p in network.named_parameters() if p.grad is not None and p.grad.any()})
    assert reached == [{"audio", "video", "join"}, {"audio", "audio_head"}, {"video", "video_head"}]


def test_other_sizes_of_face_fit_the_same_weights() -> None:
    network = TwoTower(width=0.05).eval()
    for size in (50, 112):
        assert network(*snippets(1, size))[0].shape == (1, 1, 2)


def test_at_100_pixels_the_adapting_pool_is_a_pool_of_three_with_stride_two() -> None:
    maps = torch.randn(1, 2, 13, 13)
    assert torch.equal(functional.adaptive_max_pool2d(maps, 6), functional.max_pool2d(maps, 3, 2))


def test_other_shapes_are_refused() -> None:
    network = TwoTower(width=0.05)
    mfcc, faces = snippets(1)
    with pytest.raises(UserError, match="at least 16 pixels"):
        network(mfcc, faces[:, :, :12])
    with pytest.raises(UserError, match=r"5 faces.*datamodule=active_speaker_snippets"):
        network(mfcc, faces[:, :4])
    with pytest.raises(UserError, match=r"20 x 13, got 19 x 13.*datamodule=active_speaker_snippets"):
        network(mfcc[:, :19], faces)


def test_steps_bring_the_loss_down() -> None:
    torch.manual_seed(0)
    network = TwoTower(width=0.125, dropout=0.0)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-2, momentum=0.9)
    mfcc, faces = snippets(8, 50)
    target = torch.arange(8) % 2
    losses = []
    for _ in range(25):
        heads = network(mfcc, faces)
        loss = sum(functional.cross_entropy(logits[:, 0], target) for logits in heads)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)  # as conf/trainer/default.yaml does
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
