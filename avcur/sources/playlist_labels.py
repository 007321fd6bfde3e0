"""Audio types of files by the playlists that they are in: speech.m3u, music.m3u, both.m3u, neither.m3u."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from avcur.errors import UserError
from avcur.sources.found_media import warn_left_out
from avcur.sources.labels_csv import AUDIO_TYPE_ALIASES
from avcur.sources.playlists import PLAYLIST_SUFFIXES, read_playlist

_log = logging.getLogger(__name__)


def class_playlists(folder: Path) -> list[Path]:
    """The playlists of a folder that are called after an audio type (noise and silence are neither), sorted.

    Raises UserError where there is no folder, or no such playlist in it.
    """
    named = [path for path in _playlists(folder) if path.stem.lower() in AUDIO_TYPE_ALIASES]
    if not named:
        wanted = ", ".join(f"{name}.m3u" for name in AUDIO_TYPE_ALIASES)
        raise UserError(f"source.playlists={folder} has none of the playlists {wanted}")
    return named


@dataclass
class Listed:
    """A file as playlists name it: under one path or, through links, several; `lists`: by type, who says so first."""

    files: list[Path] = field(default_factory=list)
    lists: dict[str, tuple[Path, Path]] = field(default_factory=dict)
    """Audio type -> (the playlist, the file as it stands there)."""

    @property
    def audio_type(self) -> str:
        return "both" if len(self.lists) > 1 else next(iter(self.lists))


def audio_types(folder: Path) -> dict[Path, Listed]:
    """What a folder's playlists say of each file, by its path without links; a UserError where they name none.

    The four classes exclude one another, so a file in the lists of two is a UserError that names it; but a file in
    speech and in music has both, and how many do is said in the log.
    """
    named: dict[Path, Listed] = defaultdict(Listed)
    playlists = class_playlists(folder)
    warn_left_out("playlists of no audio type's name", [p.name for p in _playlists(folder) if p not in playlists])
    for playlist in playlists:
        for file in read_playlist(playlist):
            entry = named[file.resolve()]
            entry.files.append(file)
            entry.lists.setdefault(AUDIO_TYPE_ALIASES[playlist.stem.lower()], (playlist, file))
    if not named:
        raise UserError(f"The playlists in {folder} are empty ({', '.join(p.name for p in playlists)}); list files")
    for entry in named.values():
        _check_one_type(entry)
    if two := sum(len(entry.lists) > 1 for entry in named.values()):
        _log.warning("%d files are in the playlists of speech and of music: taken as both", two)
    return dict(named)


def _playlists(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"source.playlists={folder} is not a folder; give the one that holds speech.m3u and the others")
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PLAYLIST_SUFFIXES and not p.name.startswith("."))


def _check_one_type(entry: Listed) -> None:
    """A UserError for a file in two lists that exclude each other, under both of its names where these differ."""
    if len(entry.lists) < 2 or set(entry.lists) == {"speech", "music"}:
        return
    (first, file), (second, other) = (entry.lists[name] for name in sorted(entry.lists)[:2])
    as_link = "" if file == other else f" as {other}"
    raise UserError(
        f"{file} is in {first.name} and in {second.name}{as_link}, whose labels exclude each other; take it out of one"
    )
