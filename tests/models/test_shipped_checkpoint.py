"""The checkpoint that ships: small, plain, says what it learned from, and still fits the network."""

import zipfile
from pathlib import Path

import numpy as np
import torch
from hydra.utils import instantiate

from avcur.weights import Checkpoint

PATH = Path(__file__).resolve().parents[2] / "models" / "active_speaker" / "light_asd_synthetic.pt"


def test_it_loads_into_the_network_that_it_names_and_is_small() -> None:
    checkpoint = Checkpoint(str(PATH))
    assert checkpoint.missing("active_speaker") is None
    facts = checkpoint.facts()
    network = instantiate(facts["model"]["network"])
    checkpoint.load_into(network)
    assert PATH.stat().st_size < 200_000
    assert facts["crops"] == {"geometry": "face", "size": None}
    size, frames = facts["datamodule"]["face_size"], 5
    with torch.no_grad():
        fused, _ = network(torch.zeros(1, 4 * frames, 13), torch.zeros(1, frames, size, size, dtype=torch.uint8))
    assert np.isfinite(fused.numpy()).all()


def test_it_says_what_it_learned_from_and_nothing_of_the_machine() -> None:
    learned = Checkpoint(str(PATH)).learned()
    assert learned is not None
    assert learned.scope.endswith("SyntheticSource#500")
    assert len(learned.recordings) == len(learned.media) == 104
    assert "/" not in str(Checkpoint(str(PATH)).facts())
    with zipfile.ZipFile(PATH) as file:  # beside the facts there are tensors, and the names of its members
        assert {name.split("/")[0] for name in file.namelist()} == {"archive"}
