"""Weights that others published, found or fetched, and always verified by their SHA-256."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path

from avcur.errors import UserError, is_the_machines
from avcur.store.keys import file_digest
from avcur.weights.records import RECORDS, Record

_TIMEOUT = 10.0
"""Seconds that a server may say nothing, so that a machine without a network goes on soon."""


def published_record(path: Path) -> Record | None:
    """The record of which a file is a copy, by its SHA-256; None where it is of none."""
    size = path.stat().st_size
    if not any(record.size == size for record in RECORDS.values()):
        return None
    sha256 = file_digest(path)
    return next((record for record in RECORDS.values() if record.sha256 == sha256), None)


class AbsentWeightsError(Exception):
    """Published weights that are not here and could not be fetched; the message is the reason."""


@dataclass(frozen=True)
class Weights:
    """The published weights `name`: in the `folder` that a person filled, else in `cache`, else fetched into `cache`.

    Looked for once per process. A file of another SHA-256 in `folder` is a UserError; one in `cache` is fetched anew.
    """

    name: str
    folder: str | None = None
    cache: str | None = None

    @property
    def record(self) -> Record:
        if self.name not in RECORDS:
            raise UserError(f"No published weights are called {self.name!r}; choose from {', '.join(RECORDS)}")
        return RECORDS[self.name]

    def path(self) -> Path:
        """The verified file; AbsentWeightsError where there is none and none could be fetched."""
        found = _resolved(self.record, self.folder, self.cache)
        if isinstance(found, str):
            raise AbsentWeightsError(found)
        return found

    def missing(self) -> str | None:
        """Why there are none, or None where there are; fetches them."""
        try:
            self.path()
        except AbsentWeightsError as reason:
            return str(reason)
        return None

    def key(self) -> str:
        """What values depend on: the bytes, not where they lie."""
        return self.record.sha256


@functools.cache
def _resolved(record: Record, folder: str | None, cache: str | None) -> Path | str:
    """The file, or the reason why there is none."""
    local = [Path(folder).expanduser() / name for name in (record.file, *record.aliases)] if folder else []
    for path in local:
        if path.is_file():
            return _verified(record, path)
    looked_in = [str(Path(f).expanduser()) for f in (folder, cache) if f]
    absent = f"{record.file} ({record.name}) is not in {' or '.join(looked_in) or 'any folder: none is given'}"
    if cache is None:
        return f"{absent}; put {record.url} there (paths.weights=FOLDER)"
    kept = Path(cache).expanduser() / record.file
    if kept.is_file() and file_digest(kept) == record.sha256:
        return kept
    reason = _fetch(record, kept)
    return kept if reason is None else f"{absent}, and {record.url} cannot be fetched: {reason}"


def _verified(record: Record, path: Path) -> Path:
    found = file_digest(path)
    if found != record.sha256:
        raise UserError(
            f"{path} is not the published {record.name}: its SHA-256 is {found}, not {record.sha256}; "
            f"replace it by {record.url}, or remove it"
        )
    return path


def _fetch(record: Record, path: Path) -> str | None:
    """Fetch a record to `path`, which is written only whole and right; why not, where it failed."""
    import pooch  # here, as only the first run on a machine fetches

    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=_TIMEOUT)
    try:
        pooch.retrieve(record.url, f"sha256:{record.sha256}", path.name, path.parent, downloader=downloader)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors, a wrong hash is a ValueError
        if is_the_machines(error):
            raise
        return _why(error)
    return None


def _why(error: Exception) -> str:
    """In a few words: requests' own messages name the address three times."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"status {response.status_code}"
    return type(error).__name__ if isinstance(error, OSError) else "what is there has another SHA-256"
