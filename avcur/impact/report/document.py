"""impact.json: everything that the tables show, for programs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avcur.impact.front import front
from avcur.impact.headlines import cautions, choice, headline
from avcur.impact.sentences import answers, notes, title
from avcur.impact.study import Study
from avcur.store.commit import write_json

SCHEMA = 1


def write_document(path: Path, study: Study) -> None:
    """Write the study's effects; numbers that cannot be known are null."""
    document = {"schema": SCHEMA, **_plain(study)}
    for comparison, entry in zip(study.comparisons, document["comparisons"], strict=True):
        entry["title"], entry["headline"], entry["choice"] = title(comparison), headline(comparison), choice(comparison)
        entry["cautions"] = cautions(comparison)
        entry["front"] = _plain(front(comparison))
        entry["answers"] = answers(comparison)
        entry["notes"] = notes(comparison)
        for name in ("cards", "folders"):  # they are in every result.json
            entry.pop(name)
    write_json(path, document)


def _plain(value: Any) -> Any:
    """Dataclasses as mappings, tuples as lists, NaN and infinity as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
