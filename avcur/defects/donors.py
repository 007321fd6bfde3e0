"""Which recording lends its sound to which."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Sequence

from avcur.defects.base import BorrowingPlanter
from avcur.defects.spoil import streams
from avcur.records import Recording
from avcur.store.keys import digest


class Donors:
    """A source's recordings around a ring, each at a place that hangs on the seed and its id alone.

    A recording borrows from the next one after its own place that may lend to it and has a sound stream. So one more
    recording in the source, or one less, changes what is borrowed only where it is itself the donor: on average at one
    place of all (consistent hashing, Karger et al. 1997).
    """

    def __init__(self, recordings: Sequence[Recording], seed: int) -> None:
        self.seed = seed
        self.missed: Counter[str] = Counter()
        """How often a defect found no donor, by its name."""
        self._ring = sorted(((self._place("donor", r), r) for r in recordings), key=lambda placed: placed[0])
        self._sounds: dict[str, bool] = {}

    def donor(self, recording: Recording, name: str, planter: BorrowingPlanter) -> Recording | None:
        """Who lends its sound to `recording` for the defect called `name`; None, and counted, where nobody can."""
        start = bisect(self._ring, self._place(name, recording), key=lambda placed: placed[0])
        for _, other in (*self._ring[start:], *self._ring[:start]):
            if other.id != recording.id and planter.lends(other, recording) and self._has_sound(other):
                return other
        self.missed[name] += 1
        return None

    def _place(self, name: str, recording: Recording) -> str:
        return digest((self.seed, name, recording.id))

    def _has_sound(self, recording: Recording) -> bool:
        if recording.id not in self._sounds:
            self._sounds[recording.id] = "audio" in streams(recording)
        return self._sounds[recording.id]
