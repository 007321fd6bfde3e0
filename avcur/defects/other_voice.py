"""A face with somebody else's voice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avcur.defects.base import BorrowingPlanter, Waveform, targets
from avcur.defects.level import FRAME, active_level, frame_power, heard_level, unclipped
from avcur.records import Recording

_VOICED = 0.1
"""Share of the mean active power from which on a frame of 20 ms is surely heard."""


@dataclass(frozen=True, kw_only=True)
class OtherVoice(BorrowingPlanter):
    """Replaces the whole sound by that of a recording of other people, at the original's active level
    (less where its peaks would clip).

    Only among recordings whose people are known by name (`face:` and `speaker:`), for who is unknown may be the same,
    and only within one medium, so that the donor has its place in the split of the same tasks. Labels of who speaks go
    by the picture and stay. By default not on utterances: there it would be a wrong label, as `wrong_speaker` plants.
    """

    unit = "share of the recording"
    on: Sequence[str] = ("video",)

    def hits(self, recording: Recording) -> bool:
        return super().hits(recording) and bool(_people(recording))

    def lends(self, donor: Recording, recording: Recording) -> bool:
        """Whether the donor, by its labels, is of the same medium and has a voice that is nobody's of the recording."""
        speaks = donor.audio_type in (None, "speech")
        return speaks and _medium(donor) == _medium(recording) and _strangers(_people(donor), _people(recording))

    def severity(self, rng: np.random.Generator) -> float:
        """All of it: a voice is swapped or not."""
        return 1.0

    def transform(self, waveform: Waveform, lent: Waveform, severity: float, rng: np.random.Generator) -> Waveform:
        """`lent` from a random moment at which it is heard; one that is too short is repeated."""
        power = frame_power(lent)
        voiced = np.flatnonzero(power >= _VOICED * active_level(lent) ** 2)
        start = FRAME * int(rng.choice(voiced)) if len(voiced) else 0
        voice = np.resize(lent[max(0, min(start, len(lent) - len(waveform))) :], len(waveform))
        return unclipped(heard_level(waveform) / max(active_level(voice), 1e-9) * voice)


def _people(recording: Recording) -> dict[str, set[str]]:
    """Who is in it: the names that it has for faces and for speakers."""
    named = set(recording.entities) | ({f"speaker:{recording.speaker}"} if recording.speaker else set())
    found: dict[str, set[str]] = defaultdict(set)
    for kind, _, name in (entity.partition(":") for entity in named):
        if kind in ("face", "speaker"):
            found[kind].add(name)
    return dict(found)


def _strangers(some: dict[str, set[str]], others: dict[str, set[str]]) -> bool:
    """Whether their names say that they are different people: of one kind at least both have some, and share none."""
    kinds = some.keys() & others.keys()
    return bool(kinds) and not any(some[kind] & others[kind] for kind in kinds)


def _medium(recording: Recording) -> str:
    return "video" if "video" in targets(recording) else "audio"
