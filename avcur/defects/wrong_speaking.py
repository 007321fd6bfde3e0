"""Speaking labels given to the wrong face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from avcur.defects.labels import LabelPlanter


@dataclass(frozen=True, kw_only=True)
class WrongSpeaking(LabelPlanter):
    """Inverts the per-frame labels of a face, as when an annotator took the other person for the speaker."""

    task = "active_speaker"

    def falsify(
        self, row: dict[str, Any], classes: Sequence[str], rng: np.random.Generator
    ) -> tuple[dict[str, Any], str] | None:
        if not row["speaking"]:
            return None
        inverted = [None if frame is None else not frame for frame in row["speaking"]]
        truth = "".join("-" if frame is None else str(int(frame)) for frame in row["speaking"])
        return {"speaking": inverted}, truth
