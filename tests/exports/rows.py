"""Small annotation tables."""

from __future__ import annotations

from typing import Any

import polars as pl

from avcur.sources.ava.annotations import ANNOTATIONS

SAYS = {"1": "SPEAKING_AUDIBLE", "0": "NOT_SPEAKING", "x": "SPEAKING_NOT_AUDIBLE"}


def track(entity: str, labels: str, start: float = 900.0, step: float = 0.04, video: str | None = None) -> list[Any]:
    """Rows of one track; `labels` has a letter per row: 1 speaks, 0 does not, x speaks unheard."""
    return [
        (video or entity[:11], round(start + i * step, 2), 0.25, 0.2, 0.5, 0.6, SAYS[letter], entity)
        for i, letter in enumerate(labels)
    ]


def table(*tracks: list[Any]) -> pl.DataFrame:
    return pl.DataFrame([row for rows in tracks for row in rows], schema=ANNOTATIONS, orient="row")
