"""Label planters: an annotator's mistakes, planted on the rows of a task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from avcur.errors import UserError


@dataclass(frozen=True, kw_only=True)
class LabelPlanter(ABC):
    """Falsifies the labels of a share `rate` of one task's training rows."""

    task: ClassVar[str]
    rate: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise UserError(f"A defect's rate is a share, 0 to 1, got {self.rate} for {type(self).__name__}")

    @abstractmethod
    def falsify(
        self, row: dict[str, Any], classes: Sequence[str], rng: np.random.Generator
    ) -> tuple[dict[str, Any], str] | None:
        """The changed columns and the truth in words, or None where the row has nothing to falsify."""


def another_class(label: str | None, classes: Sequence[str], rng: np.random.Generator) -> str | None:
    """A class other than `label`, each as likely; None where there is no other."""
    others = [name for name in classes if name != label]
    return None if label is None or not others else others[int(rng.integers(len(others)))]
