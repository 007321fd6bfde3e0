"""A measured corpus on disk: recordings, clips, signals and planted truth, under the key of its configuration."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur.errors import UserError
from avcur.labels import CLIP_SCHEMA
from avcur.signal_table import SignalTable
from avcur.sources.base import TRUTH_SCHEMA
from avcur.store.commit import write_json, write_parquet
from avcur.store.table import of_schema
from avcur.tasks import TASKS, Task

FORMAT = 2
"""Of the folder's files; one of another format is measured anew, which its cache makes quick."""


@dataclass(frozen=True)
class Corpus:
    """The tables that filters query. `truth` (recording_id, defect, ...) is None where nothing was planted.

    `directory` is where it was saved or read; None before that.
    """

    key: str
    recordings: pl.DataFrame
    clips: pl.DataFrame
    signals: SignalTable
    truth: pl.DataFrame | None
    directory: Path | None = None

    def nothing_measured(self) -> str | None:
        """What to say where there are recordings and every one of them failed; else None."""
        failed = self.recordings.filter(state="failed")
        if len(failed) < len(self.recordings) or not len(failed):
            return None
        first = failed.row(0, named=True)
        return f"none of the {len(failed)} recordings could be measured; {first['recording_id']}: {first['reason']}"

    def tasks(self) -> list[Task]:
        """The tasks that there are labels for; those without labels and of an open set only run when asked for."""
        usual = (task for task in TASKS.values() if not task.open_set)
        return [task for task in usual if task.label is not None and self.clips[task.label].count()]

    def save(self, root: Path, configuration: Any) -> Corpus:
        """Write `root/<key>`; `corpus.json` comes last, so a folder that has it is whole. Returns it there."""
        folder = root / self.key
        (folder / "corpus.json").unlink(missing_ok=True)
        for name in ("recordings", "clips", "truth"):
            table = getattr(self, name)
            if table is not None:
                write_parquet(folder / f"{name}.parquet", table)
        self.signals.write(folder / "signals.parquet")
        write_json(folder / "corpus.json", {"key": self.key, "format": FORMAT, "configuration": configuration})
        return replace(self, directory=folder)

    @classmethod
    def load(cls, root: Path, key: str, curate_command: str) -> Corpus:
        """Read a measured corpus; a UserError that prints the curate command where there is none."""
        folder = root / key
        stored = _stored(folder / "corpus.json")
        if stored.get("format") != FORMAT:
            raise UserError(f"This source is not measured yet; first run:  {curate_command}")
        truth = folder / "truth.parquet"
        recordings, clips = (pl.read_parquet(folder / f"{name}.parquet") for name in ("recordings", "clips"))
        planted = of_schema(pl.read_parquet(truth), TRUTH_SCHEMA) if truth.is_file() else None
        signals = SignalTable.read(folder / "signals.parquet")
        return cls(stored["key"], recordings, of_schema(clips, CLIP_SCHEMA), signals, planted, folder)


def _stored(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
