"""Average precision by face size and by number of faces, in the classes that papers on AVA report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from avcur.errors import UserError
from avcur.metrics.active_speaker import average_precision
from avcur.metrics.ava.matching import Matched, counted

SIZE_BOUNDS = (64, 128)
"""Widths (px) at which a middle and a large face begin."""
ASSUMED_WIDTH = 640
"""Picture width (px) on which the bounds become fractions (0.1 and 0.2) where no width is known."""
MANY_FACES = 4
"""So many faces and more are one class; papers report 1, 2 and 3."""


@dataclass(frozen=True)
class Part:
    """One class of face-frames; average_precision is None where none of them speaks."""

    name: str
    definition: str
    rows: int
    positives: int
    average_precision: float | None


def by_size(matched: Matched, widths: Mapping[str, float] | float | None = None) -> list[Part]:
    """Small, middle and large faces by the width of the box in px of the video.

    widths: of each video's picture (px), or one for all; without any, the bounds are fractions of the picture.
    """
    picture = float(ASSUMED_WIDTH) if widths is None else _picture_widths(matched.rows, widths)
    face = ((pl.col("x2") - pl.col("x1")) * picture).round(6)  # 0.3 - 0.2 is just below 0.1
    size = matched.rows.select(face).to_series().to_numpy()
    low, high = (f"{b / ASSUMED_WIDTH:g} of the picture" if widths is None else f"{b} px" for b in SIZE_BOUNDS)
    definitions = {
        "small": f"face narrower than {low}",
        "middle": f"face width from {low} to below {high}",
        "large": f"face width from {high}",
    }
    return _parts(matched, np.digitize(size, SIZE_BOUNDS), definitions)


def _picture_widths(rows: pl.DataFrame, widths: Mapping[str, float] | float) -> pl.Expr | float:
    if not isinstance(widths, Mapping):
        return float(widths)
    videos = rows["video_id"].unique().sort().to_list()
    if missing := [video for video in videos if video not in widths]:
        raise UserError(
            f"No picture width for {counted(len(missing), 'video')}, such as {missing[0]!r}; give all, or one width"
        )
    return pl.col("video_id").replace_strict(videos, [float(widths[video]) for video in videos])


def by_faces(matched: Matched) -> list[Part]:
    """By how many faces are annotated in the same frame of the same video."""
    count = matched.rows.select(pl.len().over("video_id", "timestamp")).to_series().to_numpy()
    definitions = {
        "1 face": "frames with one annotated face",
        **{f"{n} faces": f"frames with {n} annotated faces" for n in range(2, MANY_FACES)},
        f"{MANY_FACES}+ faces": f"frames with {MANY_FACES} or more annotated faces",
    }
    return _parts(matched, np.minimum(count, MANY_FACES) - 1, definitions)


def _parts(matched: Matched, part: Sequence[int] | np.ndarray, definitions: Mapping[str, str]) -> list[Part]:
    found = []
    for number, (name, definition) in enumerate(definitions.items()):
        chosen = np.asarray(part) == number
        target = matched.target[chosen]
        value = average_precision(target, matched.scores[chosen]) if target.any() else None
        found.append(Part(name, definition, len(target), int(target.sum()), value))
    return found
