"""What a W&B run wrote into its .wandb file: a log of protobuf records in blocks of 32 kB, as in LevelDB."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BLOCK = 32768
FILE_HEADER = 7
WHOLE, LAST = 1, 4
"""Kinds of pieces that end a record; 2 and 3 begin and continue one."""


@dataclass
class LoggedRun:
    """The end state of a run: its config, all keys ever logged, the summary, and the artifacts by type."""

    group: str = ""
    job_type: str = ""
    name: str = ""
    tags: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    summary: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, list[Any]] = field(default_factory=dict)
    charts: set[str] = field(default_factory=set)

    def table(self, folder: Path, key: str) -> dict[str, Any]:
        """A logged table's columns and data."""
        return json.loads((folder / "files" / self.summary[key]["path"]).read_text())


def read_run(folder: Path) -> LoggedRun:
    """The run in one `offline-run-...` folder."""
    (path,) = folder.glob("*.wandb")
    run = LoggedRun()
    for record in records(path):
        match record.WhichOneof("record_type"):
            case "run":
                run.group, run.job_type, run.name = record.run.run_group, record.run.job_type, record.run.display_name
                run.tags = list(record.run.tags)
                _update(run.config, record.run.config.update)
            case "config":
                _update(run.config, record.config.update)
            case "history":
                run.keys |= {_path(item)[0] for item in record.history.item}
            case "summary":
                _update(run.summary, record.summary.update)
            case "artifact":
                run.artifacts.setdefault(record.artifact.type, []).append(record.artifact)
            case _:
                pass
    run.charts = set(run.config.get("_wandb", {}).get("visualize", {}))
    return run


def read_runs(root: Path) -> list[tuple[Path, LoggedRun]]:
    """Every offline run below `root/wandb`, by its start; W&B's service is ended, so that all is written."""
    import wandb

    wandb.teardown()
    folders = sorted((root / "wandb").glob("offline-run-*"), key=lambda folder: folder.stat().st_ctime_ns)
    return [(folder, read_run(folder)) for folder in folders]


def records(path: Path) -> Iterator[Any]:
    """The protobuf records of a .wandb file."""
    from wandb.proto import wandb_internal_pb2

    data = path.read_bytes()
    assert data[:4] == b":W&B"
    place, pieces = FILE_HEADER, b""
    while place + FILE_HEADER <= len(data):
        left = BLOCK - place % BLOCK
        if left < FILE_HEADER:  # too little for the header of a piece: filled up
            place += left
            continue
        _, size, kind = struct.unpack_from("<IHB", data, place)
        pieces += data[place + FILE_HEADER : place + FILE_HEADER + size]
        place += FILE_HEADER + size
        if kind in (WHOLE, LAST):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(pieces)
            pieces = b""
            yield record


def _update(into: dict[str, Any], items: Any) -> None:
    for item in items:
        *parents, last = _path(item)
        at = into
        for name in parents:
            at = at.setdefault(name, {})
        at[last] = json.loads(item.value_json)


def _path(item: Any) -> list[str]:
    return list(item.nested_key) or [item.key]
