"""AVA's published annotation archives: fetched, unpacked safely, and there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath

from avcur.errors import UserError
from avcur.sources.ava.fetch import AbsentError, Fetcher
from avcur.sources.ava.tables import SUFFIXES

MIRRORS = ("https://research.google.com/ava/download", "https://s3.amazonaws.com/ava-dataset/annotations")
"""Where the authors publish the archives, and CVDF's copy; as github.com/cvdfoundation/ava-dataset lists them."""
ARCHIVES = {"train": "ava_activespeaker_train_v1.0.tar.bz2", "val": "ava_activespeaker_val_v1.0.tar.bz2"}
"""Archive by subset. That of val holds a folder called test, so each is unpacked under its subset's own name."""
_LARGEST = 1 << 30
"""Bytes that one file of an archive may unpack to: all of train is some 250 MB."""


def fetch_annotations(out: Path, fetcher: Fetcher, mirrors: tuple[str, ...] = MIRRORS) -> dict[str, Path]:
    """The annotations in `out/train` and `out/val`, one file per video; fetches what is not there yet.

    A UserError names every address that was tried where an archive is not to be had.
    """
    work = out / ".partial"
    try:
        for subset, name in ARCHIVES.items():
            if not (out / subset).is_dir():
                if not (work / name).exists():
                    _from_any(mirrors, name, work / name, fetcher)
                _unpack(work / name, out / subset)
                (work / name).unlink()
    finally:
        remove_empty(work)
    return {subset: out / subset for subset in ARCHIVES}


def _from_any(mirrors: tuple[str, ...], name: str, path: Path, fetcher: Fetcher) -> None:
    tried = []
    for mirror in mirrors:
        try:
            fetcher(f"{mirror}/{name}", path, path.with_name(f"{name}.part"))
            return
        except AbsentError as reason:
            tried.append(f"{mirror}/{name}: {reason}")
    raise UserError(f"Cannot fetch {name}; {'; '.join(tried)}")


def _unpack(archive: Path, folder: Path) -> None:
    """The CSV files of an archive as `folder`, without the folders in it; an archive that is broken is removed."""
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        with tarfile.open(archive) as content:
            for member in content:
                # Only the last part of a member's name counts, so that nothing is written elsewhere.
                name = PurePosixPath(member.name).name
                if member.isfile() and name.endswith(SUFFIXES) and not name.startswith("."):
                    _write(content, member, beside / name)
        if not any(beside.iterdir()):
            raise tarfile.TarError("it holds no CSV file")
    except (tarfile.TarError, EOFError, ValueError) as error:
        archive.unlink()
        raise UserError(f"{archive.name} is no archive of annotations ({error}); run again to fetch it anew") from error
    else:
        os.replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(content: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    if member.size > _LARGEST:
        raise ValueError(f"{path.name} would take {member.size} bytes")
    if path.exists():
        raise ValueError(f"{path.name} is in it twice")
    source = content.extractfile(member)
    assert source is not None, "a regular file has content"
    with source, path.open("wb") as file:
        shutil.copyfileobj(source, file)


def remove_empty(folder: Path) -> None:
    """Remove a folder that is there and holds nothing."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
