"""Mean MFCCs and a support vector machine: the baseline that any speaker network has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from avcur.features.mfcc import mfcc
from avcur.training.protocols import Item


class MfccSvc:
    """An estimator: the mean of a clip's MFCCs, standardised, into an SVC with one score per speaker.

    `c` and `kernel` are SVC's. `num_classes` counts the speakers before any filter; one that the filter emptied gets a
    score below all others, so that its test clips count as errors.
    """

    def __init__(self, num_classes: int, c: float = 10.0, kernel: str = "rbf", num_ceps: int = 20) -> None:
        self.num_classes = num_classes
        self.num_ceps = num_ceps
        self.pipeline: Pipeline = make_pipeline(
            StandardScaler(), SVC(C=c, kernel=kernel, decision_function_shape="ovr", break_ties=True)
        )

    def fit(self, items: Sequence[Item]) -> None:
        self.pipeline.fit(self._features(items), [item.target for item in items])

    def predict(self, items: Sequence[Item]) -> npt.NDArray[np.float64]:
        """Scores (N, num_classes), higher is more likely."""
        decision = np.asarray(self.pipeline.decision_function(self._features(items)), dtype=np.float64)
        if decision.ndim == 1:  # two classes have one signed distance
            decision = np.stack([-decision, decision], axis=1)
        scores = np.full((len(items), self.num_classes), decision.min() - 1.0)
        scores[:, self.pipeline.classes_] = decision
        return scores

    def _features(self, items: Sequence[Item]) -> npt.NDArray[np.float64]:
        return np.stack([mfcc(item.waveform(), num_ceps=self.num_ceps).mean(axis=0) for item in items])
