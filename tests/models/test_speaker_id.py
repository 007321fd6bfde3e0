from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
import torch

from models.speaker_id.ecapa import Ecapa
from models.speaker_id.mfcc_svc import MfccSvc
from models.speaker_id.module import SpeakerId

SMALL = {
    "num_mels": 20,
    "channels": 16,
    "embedding_size": 8,
    "attention_channels": 8,
    "se_channels": 8,
    "res2net_scale": 2,
}


@dataclass(frozen=True)
class Tone:
    """A clip of one tone per speaker, in noise."""

    target: int
    seed: int
    id: str = ""
    clip_id: str = ""
    group: str = ""

    def waveform(self) -> npt.NDArray[np.float32]:
        rng = np.random.default_rng(self.seed)
        time = np.arange(8000) / 16000
        tone = np.sin(2 * np.pi * (300 + 400 * self.target) * time)
        return (0.3 * tone + 0.01 * rng.normal(size=8000)).astype(np.float32)


def test_ecapa_has_the_published_size() -> None:
    # FACTS of the field: 512 channels are 6.2 M parameters.
    assert sum(p.numel() for p in Ecapa(channels=512).parameters()) == pytest.approx(6.2e6, rel=0.02)


def test_scores_are_mean_cosines_of_the_crops() -> None:
    module = SpeakerId(Ecapa(**SMALL), num_classes=3).eval()
    crops = torch.randn(2, 4, 30, 20)
    batch = {"index": torch.tensor([0, 1]), "target": torch.tensor([2, 0]), "features": crops}
    with torch.no_grad():
        scores = module.outputs(batch)["scores"]
        embeddings = torch.nn.functional.normalize(module.network(crops[1]))
        prototypes = torch.nn.functional.normalize(module.prototypes.weight)
    assert scores.shape == (2, 3)
    torch.testing.assert_close(scores[1], (embeddings @ prototypes.T).mean(dim=0), atol=1e-5, rtol=1e-4)


def test_the_margin_makes_the_task_harder() -> None:
    torch.manual_seed(0)
    network = Ecapa(**SMALL).eval()
    plain, strict = (SpeakerId(network, 3, margin=m) for m in (0.0, 0.4))
    strict.prototypes.load_state_dict(plain.prototypes.state_dict())
    batch = {"target": torch.tensor([0, 1]), "features": torch.randn(2, 30, 20)}
    assert strict.loss(batch) > plain.loss(batch)


@pytest.mark.parametrize("speakers", [2, 3])
def test_svc_learns_and_scores_every_class(speakers: int) -> None:
    train = [Tone(target, seed) for target in range(speakers) for seed in range(4)]
    test = [Tone(target, 100 + target) for target in range(speakers)]
    svc = MfccSvc(num_classes=4)
    svc.fit(train)
    scores = svc.predict(test)
    assert scores.shape == (speakers, 4)
    assert scores.argmax(axis=1).tolist() == list(range(speakers))
    assert (scores[:, speakers:] < scores[:, :speakers].min()).all(), "an emptied speaker must never win"
