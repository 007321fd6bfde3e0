"""VoxCeleb's metafiles in all their spellings: on which side each speaker is published, and what is known of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from avcur.errors import UserError
from avcur.records import Attributes, attributes_of
from avcur.sources.voxceleb.names import Side, lines_of

_SEPARATORS = ("\t", ",", ";")
_ID_COLUMNS = ("voxceleb1id", "voxceleb2id", "voxcelebid", "id")
_SETS: dict[str, Side] = {"dev": "train", "train": "train", "test": "test"}
"""VoxCeleb calls its train dev."""
_ATTRIBUTES = {"sex": ("gender", "sex"), "nationality": ("nationality",)}
"""What the columns are called that say something of a speaker."""


def read_sets(paths: Sequence[Path]) -> dict[str, Side]:
    """The published side of each speaker by the column Set of one or more metafiles.

    Official vox1_meta separates by tabs, vox2_meta by " ,", copies by commas; names of columns go by their letters and
    digits alone. Raises UserError where a file is no metafile, or a speaker has two sides.
    """
    found: dict[str, tuple[Side, Path]] = {}
    for path in paths:
        columns, lines = _table(path)
        at = columns["set"]
        for number, speaker, cells in lines:
            side = _side(path, number, cells, at)
            known = found.setdefault(speaker, (side, path))
            if known[0] != side:
                raise UserError(f"Speaker {speaker} is in {known[0]} by {known[1]} and in {side} by {path}")
    return {speaker: side for speaker, (side, _) in found.items()}


def read_attributes(paths: Sequence[Path]) -> dict[str, Attributes]:
    """Sex ("f" or "m" in the official files) and nationality of each speaker, as far as the metafiles have columns.

    The first file that says something of a speaker counts.
    """
    found: dict[str, dict[str, str | None]] = {}
    for path in paths:
        columns, lines = _table(path)
        there = {name: columns[c] for name, spelt in _ATTRIBUTES.items() for c in spelt if c in columns}
        for _, speaker, cells in lines:
            known = found.setdefault(speaker, {})
            for name, at in there.items():
                known[name] = known.get(name) or (cells[at] if at < len(cells) else None)
    return {speaker: attributes_of(values) for speaker, values in found.items()}


def _table(path: Path) -> tuple[dict[str, int], list[tuple[int, str, list[str]]]]:
    """Where each column is, by the letters and digits of its name; the number, speaker and cells of each line."""
    (_, header), *lines = lines_of(path, "metafile")
    separator = next((s for s in _SEPARATORS if s in header), ",")
    names = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in _cells(header, separator)]
    columns = {name: names.index(name) for name in names}
    speaker = next((columns[name] for name in _ID_COLUMNS if name in columns), None)
    if speaker is None or "set" not in columns:
        lacking = "a column of speakers (ID, VoxCeleb1 ID, VoxCeleb2 ID)" if speaker is None else "the column Set"
        raise UserError(f"{path} lacks {lacking}; its first line is {header[:80]!r}")
    most = max(speaker, columns["set"])
    return columns, [_line(path, number, _cells(line, separator), speaker, most) for number, line in lines]


def _line(path: Path, number: int, cells: list[str], speaker: int, most: int) -> tuple[int, str, list[str]]:
    if len(cells) <= most or not cells[speaker]:
        raise UserError(f"{path}, line {number}: expected at least {most + 1} cells, got {cells}")
    return number, cells[speaker], cells


def _side(path: Path, number: int, cells: list[str], at: int) -> Side:
    if cells[at].lower() not in _SETS:
        raise UserError(f"{path}, line {number}: Set is {cells[at]!r}, expected one of {', '.join(_SETS)}")
    return _SETS[cells[at].lower()]


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
