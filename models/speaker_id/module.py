"""Closed-set speaker identification with an additive angular margin."""

from __future__ import annotations

from speechbrain.lobes.models.ECAPA_TDNN import Classifier
from speechbrain.nnet.losses import AdditiveAngularMargin, LogSoftmaxWrapper
from torch import Tensor, nn
from torchmetrics.classification import MulticlassAccuracy

from models.base import Batch, TaskModule


class SpeakerId(TaskModule):
    """A network fbank (B, T, num_mels) -> embedding (B, `network.embedding_size`), trained with AAM-softmax.

    A clip's score of a speaker is the cosine of its embedding and the speaker's prototype, averaged over the clip's
    crops. `num_classes` is the number of speakers before any filter; margin 0.2 and scale 30 are VoxCeleb's custom.
    """

    def __init__(
        self, network: nn.Module, num_classes: int, learning_rate: float = 5e-3, weight_decay: float = 1e-4,
        margin: float = 0.2, scale: float = 30.0, init: str | None = None,
    ) -> None:  # fmt: skip
        accuracy = MulticlassAccuracy(num_classes, average="micro", validate_args=False)
        super().__init__(network, accuracy, "accuracy", learning_rate, weight_decay)
        self.prototypes = Classifier(network.embedding_size, out_neurons=num_classes)
        self.aam = LogSoftmaxWrapper(AdditiveAngularMargin(margin=margin, scale=scale))
        self.load_init(init)

    def loss(self, batch: Batch) -> Tensor:
        cosines = self.prototypes(self.network(batch["features"]))
        return self.aam(cosines, batch["target"].unsqueeze(1))

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        crops = batch["features"]  # (B, crops, T, num_mels)
        cosines = self.prototypes(self.network(crops.flatten(0, 1))).squeeze(1)
        scores = cosines.unflatten(0, crops.shape[:2]).mean(dim=1)
        return {"index": batch["index"], "target": batch["target"], "scores": scores}
