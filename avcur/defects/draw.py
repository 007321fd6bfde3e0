"""Which recording is hit by which defect, and how badly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import BorrowingPlanter, Planter
from avcur.defects.donors import Donors
from avcur.defects.spoil import Hit
from avcur.records import Recording
from avcur.seeds import generator


@dataclass(frozen=True)
class Draw:
    """Draws a recording's defects by the seed and names alone: at most one of the picture and one of the sound.

    Of several that would hit, the one whose draw lies deepest under its rate stays; one that finds no donor leaves the
    recording to the next.
    """

    planters: Mapping[str, Planter]
    seed: int
    donors: Donors

    def __call__(self, recording: Recording) -> dict[str, Hit]:
        """The hits by their modality."""
        drawn: dict[str, Hit] = {}
        for _, name, rng in sorted(self._depths(recording), key=lambda drawing: drawing[:2]):
            planter = self.planters[name]
            if planter.modality in drawn:
                continue
            other = self._other(recording, name, planter)
            if other is not None or not planter.training_only:
                drawn[planter.modality] = Hit(name, planter, planter.severity(rng), other)
        return drawn

    def _depths(self, recording: Recording) -> list[tuple[float, str, np.random.Generator]]:
        """Of each defect that would hit: its draw over its rate, its name, and what its severity is drawn from."""
        found = []
        for name, planter in self.planters.items():
            if planter.rate and planter.hits(recording):
                rng = generator(self.seed, recording.id, name)
                if (depth := float(rng.random()) / planter.rate) < 1:
                    found.append((depth, name, rng))
        return found

    def _other(self, recording: Recording, name: str, planter: Planter) -> Recording | None:
        """Whose content the spoilt recording will bear besides: a copy its original's, a borrower its donor's."""
        if isinstance(planter, BorrowingPlanter):
            return self.donors.donor(recording, name, planter)
        return recording if planter.copies else None
