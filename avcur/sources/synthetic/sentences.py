"""Plain English sentences of a wanted length, so that no text needs to ship with the corpus."""

from __future__ import annotations

import numpy as np

_WHO = ("the teacher", "my neighbour", "our driver", "a young doctor", "the old farmer", "her brother",
        "their manager", "every visitor", "the painter", "his cousin", "one of the players", "the librarian",
        "a tired nurse")  # fmt: skip
_DID = ("opened", "carried", "forgot", "painted", "borrowed", "noticed", "repaired", "described", "moved", "finished",
        "remembered", "followed", "measured", "wanted", "cleaned", "answered")  # fmt: skip
_WHAT = ("the wooden boat", "a yellow letter", "seven empty boxes", "the broken window", "her new bicycle", "an orange",
         "the evening paper", "two heavy books", "a quiet garden", "the long journey", "some fresh bread", "their plan",
         "the small orchestra", "every question", "a purple blanket", "the northern bridge")  # fmt: skip
_WHERE = ("behind the station", "before breakfast", "near the river", "on Monday morning", "without any help",
          "under the stairs", "after the meeting", "in the rain", "along the coast", "for nearly an hour",
          "between two houses", "at the market", "with great care", "during the summer")  # fmt: skip


def sentence(rng: np.random.Generator, words: int) -> str:
    """A sentence of at least `words` words and few more, without commas (eSpeak pauses at them)."""
    parts = [_pick(rng, _WHO), _pick(rng, _DID), _pick(rng, _WHAT)]
    while len(" ".join(parts).split()) < words:
        parts.append(_pick(rng, _WHERE) if rng.random() < 0.7 else f"and {_pick(rng, _DID)} {_pick(rng, _WHAT)}")
    return " ".join(parts)


def _pick(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[rng.integers(len(choices))]
