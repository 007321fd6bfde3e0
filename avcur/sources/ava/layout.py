"""Which files of a folder are AVA's annotations, which subset each belongs to, and the rows of one video."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

import polars as pl

from avcur.errors import UserError
from avcur.sources.ava.annotations import ANNOTATIONS, read_annotations
from avcur.sources.ava.tables import csv_files
from avcur.store.keys import file_digest

SubsetName = Literal["train", "val", "test"]
SUBSETS: tuple[SubsetName, ...] = ("train", "val", "test")

_PER_VIDEO = "-activespeaker"
"""What the name of a file of one video's annotations ends with, after the video's id."""
_SYNONYMS: dict[str, SubsetName] = {"train": "train", "training": "train", "val": "val", "validation": "val",
                                    "test": "test", "testing": "test"}  # fmt: skip
_WHOLE_SUBSET = re.compile(r"^(?:ava[_-]?)?(?:activespeaker[_-])?(train|val|validation|test)(?:[_.-].*)?$")
"""Names of files that hold a whole subset: `train_orig.csv`, `ava_activespeaker_val_v1.0.csv`."""


def subset_of(file: Path, root: Path, assumed: SubsetName | None = None) -> SubsetName:
    """The subset that a file's path says (see `said_subset`); else `assumed`, and a UserError without that."""
    subset = said_subset(file, root) or assumed
    if subset is None:
        raise UserError(
            f"Nothing in the path of {file} says of which subset it is; "
            "put it into a folder train, val or test, or give source.default_subset"
        )
    return subset


def said_subset(file: Path, root: Path) -> SubsetName | None:
    """The subset that a file's name, or the nearest folder up to `root` itself, says; None where none does.

    The published archive of val unpacks into `ava_activespeaker_test_v1.0`: that name means val. What is named after
    ActivityNet is the test set of its challenge, whose labels are placeholders.
    """
    stem = _stem(file).lower()
    if "activitynet" in stem:
        return "test"
    if not stem.endswith(_PER_VIDEO) and (found := _WHOLE_SUBSET.match(stem)):
        return _SYNONYMS[found[1]]
    folders = [] if file == root else [*reversed(file.relative_to(root).parts[:-1]), root.absolute().name]
    return next((subset for name in folders if (subset := _of_folder(name.lower())) is not None), None)


def said_subsets(root: Path) -> dict[str, SubsetName]:
    """The subset of each video annotated at or below `root` whose file's path says one."""
    found: dict[str, SubsetName] = {}
    for file in csv_files(root):
        if (subset := said_subset(file, root)) is not None:
            name = video_named(file)
            found |= dict.fromkeys([name] if name else read_annotations(file)["video_id"].unique(), subset)
    return found


def _of_folder(name: str) -> SubsetName | None:
    words = re.split(r"[^a-z0-9]+", name)
    if any(word.startswith("activitynet") for word in words):
        return "test"
    subset = next((_SYNONYMS[word] for word in words if word in _SYNONYMS), None)
    return "val" if subset == "test" and "activespeaker" in words else subset


def _stem(file: Path) -> str:
    return file.name.removesuffix(".gz").removesuffix(".csv")


def video_named(file: Path) -> str | None:
    """The id of the video whose annotations alone a file holds, by its name; None where the name does not say."""
    stem = _stem(file)
    return stem.removesuffix(_PER_VIDEO) if stem.endswith(_PER_VIDEO) else None


def content_of(root: Path) -> str:
    """The hash of all annotation files at or below `root`: of their bytes, not of where they lie."""
    state = hashlib.sha256()
    for file in csv_files(root):
        state.update(f"{file.name}\0{file_digest(file)}\0".encode())
    return state.hexdigest()


def content_of_video(root: Path, content: str, video_id: str) -> str:
    """The hash of a video's own annotations (see `rows_of_video`), whatever files they lie in."""
    rows = rows_of_video(root, content, video_id)
    state = hashlib.sha256(rows.select("timestamp", "x1", "y1", "x2", "y2").to_numpy().tobytes())
    for name in ("label", "entity_id"):
        state.update("\n".join(rows[name]).encode())
    return state.hexdigest()


def rows_of_video(root: Path, content: str, video_id: str) -> pl.DataFrame:
    """A video's annotations (see ANNOTATIONS), in their files' order; none where no file names it.

    `content` is the hash of the files, so that a process that outlives a change reads them again.
    """
    own, shared = _indexed(root, content)
    if video_id in own:
        return read_annotations(own[video_id]).filter(video_id=video_id)
    parts = [rows for file in shared if (rows := _by_video(file, content).get(video_id)) is not None]
    return pl.concat(parts) if parts else pl.DataFrame(schema=ANNOTATIONS)


@lru_cache(maxsize=2)
def _indexed(root: Path, content: str) -> tuple[dict[str, Path], tuple[Path, ...]]:
    """The files of one video each, by its id, and those of many."""
    named = [(video_named(file), file) for file in csv_files(root)]
    return {name: file for name, file in named if name is not None}, tuple(f for name, f in named if name is None)


@lru_cache(maxsize=4)
def _by_video(file: Path, content: str) -> dict[str, pl.DataFrame]:
    """The rows of a file of many videos, by video: once per process."""
    rows = read_annotations(file)
    return {str(name): own for (name,), own in rows.group_by(["video_id"], maintain_order=True)}
