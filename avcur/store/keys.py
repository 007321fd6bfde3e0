"""Content keys: what a cached result depends on, as one hash."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any


def _plain(value: Any) -> Any:
    """`value` as JSON-ready data with one spelling: sorted mappings, lists for tuples, strings for paths."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(k): _plain(value[k]) for k in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(v) for v in value)
    if isinstance(value, Path):
        return value.as_posix()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"Cannot make a content key of {type(value).__name__}: {value!r}")


def digest(value: Any) -> str:
    """The SHA-256 of plain data (mappings, sequences, dataclasses, numbers, strings, None) as 64 hex digits."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, read in pieces of 1 MiB."""
    state = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            state.update(piece)
    return state.hexdigest()


_ONLY_SPEED = ("device", "batch_size")
"""Parameters that change how fast a result comes; boxes move by some 3e-5 of the picture with them."""


def parameters(value: Any) -> Any:
    """What the result of a configured object depends on, as plain data: its class and parameters, nested ones too.

    An object with a method `key` stands by what that gives (weights: by their hash, not by where they lie).
    """
    if isinstance(value, functools.partial):
        return {"class": value.func.__qualname__, **parameters_of(value.keywords)}
    if callable(key := getattr(value, "key", None)) and not isinstance(value, type):
        return key()
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    return own_parameters(value)


def own_parameters(value: Any, without: Collection[str] = ()) -> dict[str, Any]:
    """The class and parameters of a dataclass instance, but for those called `without`: its method `key` may say so."""
    kept = {name: found for name, found in fields_of(value).items() if name not in without}
    return {"class": type(value).__qualname__, **kept}


def fields_of(value: Any) -> dict[str, Any]:
    """The parameters of one dataclass instance, by their names."""
    return parameters_of({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})


def parameters_of(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parameters(value) for name, value in named.items() if name not in _ONLY_SPEED}
