"""The clips of the media folder by what its manifest says of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from experiments.benchmarks.row import Settings

KINDS = ("video_talking", "video_silent_person", "video_music", "video_derived")
"""Talking, silent (one of them with a song) and derived clips."""
CROWD = "video/facenet_street.mp4"


def real_clips(settings: Settings, kinds: Sequence[str] = KINDS) -> list[str]:
    """The clips of these kinds, the crowd apart, as paths below the media folder."""
    with settings.clip("MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return [row["path"] for row in csv.DictReader(file) if row["kind"] in kinds]
