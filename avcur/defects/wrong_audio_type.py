"""A clip under the wrong audio type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from avcur.defects.labels import LabelPlanter, another_class


@dataclass(frozen=True, kw_only=True)
class WrongAudioType(LabelPlanter):
    """Gives a row another label, each of the other classes as likely."""

    task = "audio_type"

    def falsify(
        self, row: dict[str, Any], classes: Sequence[str], rng: np.random.Generator
    ) -> tuple[dict[str, Any], str] | None:
        label = another_class(row["label"], classes, rng)
        return None if label is None else ({"label": label}, str(row["label"]))
