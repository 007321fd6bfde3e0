"""What a benchmark is given and what it gives."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Settings:
    """Where the real media is, where made media is kept, and how much to measure."""

    media: Path = Path("../shared/media")
    scratch: Path = Path("data/benchmarks")
    minutes: float = 60.0
    """Length of the long recording of the memory benchmark."""
    reference_frames: int = 24
    """Frames of the reference in the speed benchmark; it sees about two a second at 1080p."""
    weights: Path | None = None
    """Where published weights lie; None: nowhere."""
    checkpoint: Path | None = None
    """A checkpoint of our own training; None: there is none."""

    def clip(self, name: str) -> Path:
        """A file of the media folder, such as `derived/three_shots.mp4`."""
        path = self.media / name
        if not path.is_file():
            raise SystemExit(f"No {path}; --media names the folder of real media")
        return path


@dataclass(frozen=True)
class Row:
    """One line of the result: `held` is None where there is no bar."""

    what: str
    bar: str
    figure: str
    held: bool | None = None


def num_cores() -> int:
    return len(os.sched_getaffinity(0))


def print_rows(rows: Iterable[Row]) -> None:
    """One table of all results; as wide as its text, so that nothing is cut in a log file."""
    table = Table("what", "bar", "figure", "held")
    for row in rows:
        table.add_row(row.what, row.bar, row.figure, {True: "yes", False: "MISSED", None: ""}[row.held])
    Console(width=200).print(table)
