"""Small corpora in AVA's layout: annotation files with faces whose boxes are a function of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from avcur.records import Box

Row = tuple[str, float, float, float, float, float, str, str]


def box_at(time: float) -> Box:
    """A face that wanders to the right, a tenth of the picture in a second."""
    return 0.1 + 0.1 * time, 0.2, 0.3 + 0.1 * time, 0.6


def rows(
    video: str, entity: str, start: float, count: int, fps: float = 25, offset: float = 0.0,
    label: str = "SPEAKING_AUDIBLE",
) -> list[Row]:  # fmt: skip
    """`count` rows from `start` s of the file on; timestamps have `offset` added, as in the full film, and 0.01 s."""
    times = [start + n / fps for n in range(count)]
    return [(video, round(t + offset, 2), *box_at(t), label, f"{video}_{entity}") for t in times]


def write_rows(path: Path, rows: Iterable[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(",".join(f"{v:.6g}" if isinstance(v, float) else v for v in row) + "\n" for row in rows))
    return path


def corpus(root: Path, sides: dict[str, Sequence[str]], suffix: str = ".mp4") -> tuple[Path, Path]:
    """Empty videos and one annotated track for each id of each subset: (the folder of videos, that of annotations)."""
    for subset, videos in sides.items():
        for video in videos:
            write_rows(root / "csv" / subset / f"{video}-activespeaker.csv", rows(video, "1", 1.0, 25))
            (root / "videos").mkdir(parents=True, exist_ok=True)
            (root / "videos" / f"{video}{suffix}").touch()
    return root / "videos", root / "csv"
