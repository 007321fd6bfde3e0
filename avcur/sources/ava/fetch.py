"""Files over HTTP that are there whole or not at all, and go on where a broken transfer stopped."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from avcur.errors import is_the_machines

_TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and that a server may say nothing."""
_PIECE = 1 << 20
"""Bytes between writes."""
_LATER = (408, 429)
"""Statuses below 500 of a server that may answer differently soon: timed out, and too many requests."""
_WAIT, _LONGEST_WAIT = 5.0, 60.0
"""Seconds before a server that is not ready is asked again: where it does not say, and at most."""


class AbsentError(Exception):
    """What was asked for is not to be had; the message is the reason, in a few words."""


class _BusyError(ConnectionError):
    """A server answers that it is not ready; `wait` seconds are what it asks for."""

    def __init__(self, status: int, wait: float) -> None:
        super().__init__(f"status {status}")
        self.wait = wait


@dataclass
class Fetcher:
    """GETs into files. `proxy` is an address such as http://host:3128; a broken transfer goes on `attempts` times."""

    proxy: str | None = None
    attempts: int = 3
    _session: Any = field(default=None, init=False, repr=False)

    def __call__(self, url: str, path: Path, partial: Path) -> Path:
        """Fetch `url` to `path`, by way of `partial`, which stays where a transfer ends early and is gone on with.

        AbsentError where the server has no such file, cannot be reached, or breaks off or is not ready every time.
        """
        partial.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, self.attempts + 1):
            try:
                self._transfer(url, partial)
                break
            except AbsentError:
                raise
            except OSError as error:  # requests' errors are OSErrors
                if is_the_machines(error):
                    raise
                if attempt == self.attempts:
                    why = str(error) if type(error) in (ConnectionError, _BusyError) else type(error).__name__
                    raise AbsentError(f"{why}, after {attempt} attempts") from error
                if isinstance(error, _BusyError):
                    time.sleep(error.wait)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial, path)
        return path

    def _transfer(self, url: str, partial: Path) -> None:
        """Add to `partial` what it lacks; ConnectionError where the transfer ends before its time."""
        have = partial.stat().st_size if partial.exists() else 0
        # Compression on the way would make places in the file mean nothing.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with self._get(url, headers) as response:
            if response.status_code == 416:
                if have == _total(response):
                    return
                partial.unlink()
                raise ConnectionError("the partial file is not one of what is there now")
            if response.status_code >= 500 or response.status_code in _LATER:
                raise _BusyError(response.status_code, _wait(response))
            if response.status_code >= 400:
                raise AbsentError(f"status {response.status_code}")
            whole = _total(response)
            with partial.open("ab" if response.status_code == 206 else "wb") as file:
                for piece in response.iter_content(_PIECE):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        if whole is not None and (got := partial.stat().st_size) != whole:
            if got > whole:
                partial.unlink()
            raise ConnectionError(f"{got} of {whole} bytes came")

    def _get(self, url: str, headers: dict[str, str]) -> Any:
        import requests  # here, as only downloads need it

        if self._session is None:
            self._session = requests.Session()
            self._session.proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        return self._session.get(url, headers=headers, stream=True, timeout=_TIMEOUT)


def _wait(response: Any) -> float:
    """Seconds that Retry-After asks for, as a number or a date, within _LONGEST_WAIT; _WAIT where it says nothing."""
    said = str(response.headers.get("Retry-After", "")).strip()
    if said.isdecimal():
        return min(float(said), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return _WAIT
    seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(seconds.total_seconds(), 0.0), _LONGEST_WAIT)


def _total(response: Any) -> int | None:
    """The bytes of the whole file, by Content-Range (`bytes 5-9/10`, `bytes */10`) or Content-Length; None: unsaid."""
    said = str(response.headers.get("Content-Range", "")).rpartition("/")[2]
    if not said and response.status_code == 200:
        said = str(response.headers.get("Content-Length", ""))
    return int(said) if said.isdigit() else None
