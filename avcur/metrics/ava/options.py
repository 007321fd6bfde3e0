"""The words after `python -m avcur.metrics.active_speaker`: two paths and key=value options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avcur.errors import UserError

USAGE = """usage: python -m avcur.metrics.active_speaker TRUTH PREDICTIONS [option=value ...]

The official average precision of AVA ActiveSpeaker. TRUTH and PREDICTIONS are .csv or .csv.gz files, or folders of
them, in AVA's form with or without a header; PREDICTIONS have a ninth column, score. The first line printed is the
value with all its digits; rows of equal score enter together, so that the order of rows changes nothing.

  allow_missing=true  leave out, and count, videos that have no prediction at all
  bootstrap=1000      95 % interval over so many resamples of the videos
  seed=0              seed of the resampling, for bootstrap
  by=size,faces       also by width of the face (cut at 64 and 128 px, or where no picture's width is given at 0.1 and
                      0.2 of it) and by number of faces in the frame
  widths=FILE         CSV with the columns video_id and width: the pictures' widths (px), for by=size
  picture_width=1280  one width (px) for all videos, for by=size
  legacy=true         also scikit-learn's average_precision_score, which has no envelope and differs"""

BY = ("size", "faces")
_ONLY_WITH = {"widths": "by=size", "picture_width": "by=size", "seed": "bootstrap"}
"""What an option needs to mean anything."""


@dataclass(frozen=True)
class Options:
    """What is evaluated, and what is printed besides the number."""

    truth: Path
    predictions: Path
    allow_missing: bool = False
    bootstrap: int = 0
    seed: int = 0
    by: tuple[str, ...] = field(default=())
    widths: Path | None = None
    picture_width: float | None = None
    legacy: bool = False


def parse(arguments: Sequence[str]) -> Options:
    """Options from the words; a UserError says which word is wrong. A path may start with a dash, as AVA's ids may."""
    given: dict[str, Any] = {}
    paths: list[Path] = []
    for word in arguments:
        name, sign, value = word.partition("=")
        if sign and name in _READERS:
            given[name] = _READERS[name](name, value)
        elif sign and len(paths) == 2:
            raise UserError(f"There is no option {name!r}; there are {', '.join(_READERS)}")
        else:
            paths.append(Path(word))
    if len(paths) != 2:
        raise UserError(
            f"Give two paths, TRUTH and PREDICTIONS, then option=value; got {len(paths)} (--help tells more)"
        )
    if given.get("widths") and given.get("picture_width"):
        raise UserError("Give widths or picture_width, not both")
    asked = {*given, *(f"by={part}" for part in given.get("by", ()))}
    for name, wanted in _ONLY_WITH.items():
        if name in given and wanted not in asked:
            raise UserError(f"{name} changes nothing without {wanted}; give both, or leave {name} out")
    return Options(paths[0], paths[1], **given)


def _truth_value(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise UserError(f"{name} is {text!r}; use true or false")
    return text.lower() == "true"


def _whole(least: int) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise UserError(f"{name} is {text!r}; give a whole number of at least {least}")
        return int(text)

    return read


def _parts(name: str, text: str) -> tuple[str, ...]:
    wanted = tuple(text.strip("[]").replace(" ", "").split(","))
    if unknown := [part for part in wanted if part not in BY]:
        raise UserError(f"{name} has {unknown[0]!r}; use {' or '.join(BY)}, or both with a comma")
    return wanted


_READERS: dict[str, Callable[[str, str], Any]] = {
    "allow_missing": _truth_value,
    "bootstrap": _whole(2),
    "seed": _whole(0),
    "by": _parts,
    "widths": lambda name, text: Path(text),
    "picture_width": _whole(1),
    "legacy": _truth_value,
}
