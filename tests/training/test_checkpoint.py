from pathlib import Path

import pytest
import torch
from torch import nn

from avcur.errors import UserError
from avcur.training.checkpoint import load_matching, read_weights, save_checkpoint


def network(classes: int) -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, classes))


def test_a_head_of_other_classes_is_left_out_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = network(5), network(2)
    save_checkpoint(tmp_path / "model.pt", old, {"training_groups": ["a", "b"]})
    assert load_matching(new, tmp_path / "model.pt") == ["1.bias", "1.weight"]
    assert torch.equal(new[0].weight, old[0].weight)
    assert "2 of 4 weights loaded; left out: 1.bias, 1.weight" in capsys.readouterr().out


def test_a_bare_network_loads_into_the_module_around_it(tmp_path: Path) -> None:
    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network(2)

    bare, around = network(2), Around()
    torch.save(bare.state_dict(), tmp_path / "bare.pt")
    assert load_matching(around, tmp_path / "bare.pt") == []
    assert torch.equal(around.network[1].weight, bare[1].weight)


def test_training_groups_travel_with_the_weights(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "model.pt", network(2), {"training_groups": ["a", "b"]})
    assert torch.load(tmp_path / "model.pt", weights_only=True)["training_groups"] == ["a", "b"]


def test_equal_contents_are_equal_bytes(tmp_path: Path) -> None:
    module = network(2)
    for name in ("a.pt", "other.pt"):
        save_checkpoint(tmp_path / name, module, {"training_groups": ["a"]})
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "other.pt").read_bytes()


def test_useless_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_weights(tmp_path / "gone.pt")
    (tmp_path / "text.pt").write_text("no weights")
    with pytest.raises(UserError, match="not a checkpoint"):
        read_weights(tmp_path / "text.pt")
    torch.save({"other.weight": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(UserError, match="none of its 1 weights fits"):
        load_matching(network(2), tmp_path / "other.pt")


def test_nothing_in_a_checkpoint_is_executed(tmp_path: Path) -> None:
    torch.save(nn.Linear(1, 1), tmp_path / "pickled.pt")
    with pytest.raises(UserError, match="not a checkpoint of plain weights"):
        read_weights(tmp_path / "pickled.pt")
