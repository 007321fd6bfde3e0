"""A variant: the frozen result of a filter on a corpus, on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from avcur.errors import UserError
from avcur.filters.parts import with_parents
from avcur.store.commit import committed, write_json, write_parquet
from avcur.store.table_digest import table_digest
from avcur.variants.asked import asked_key

IDENTITY_COLUMNS = ("clip_id", "content_key", "split", "label", "start", "end", "audio_offset", "group")
"""What makes two variants the same: which clips of which bytes, under which labels, trimmed how, on which side."""


@dataclass(frozen=True)
class Variant:
    """Kept clips with their label, group and split, the rejected ones with their reasons, and a card.

    `clips` has one row per kept training clip (or part of one) and every val and test clip: clip_id, recording_id,
    kind, start, end, audio_offset and duration (seconds), parent_id and parent_start (the measured clip, whose face
    crop and measurements are its own), audio_path, crop_path, label, speaking (one bool per frame at 25 fps), content,
    group, split. `clean_test` are the test clips without a planted defect; only scoring may read it.
    """

    id: str
    task: str
    arm: str
    filter_name: str
    directory: Path
    clips: pl.DataFrame
    card: dict[str, Any]
    clean_test: frozenset[str] = frozenset()

    def rows(self, split: str) -> pl.DataFrame:
        """The clips of one split ("train", "val" or "test"), sorted by clip id."""
        if split not in ("train", "val", "test"):
            raise ValueError(f"Unknown split {split!r}; splits are train, val and test")
        return self.clips.filter(pl.col("split") == split).sort("clip_id")

    @property
    def classes(self) -> list[str]:
        """The sorted labels of the task before any filter: the same for every arm of a study."""
        return list(self.card["classes"])

    @classmethod
    def load(cls, directory: str | Path) -> Variant:
        """Read a variant's folder; a UserError when it is not one."""
        folder = Path(directory)
        card_path = folder / "card.json"
        if not card_path.is_file():
            raise UserError(
                f"No variant at {folder}: card.json is missing; make one with `python curate.py +filter=...`"
            )
        card = json.loads(card_path.read_text(encoding="utf-8"))
        clips = with_parents(pl.read_parquet(folder / "clips.parquet"))
        clean = pl.read_parquet(folder / "clean_test.parquet")["clip_id"]
        return cls(card["id"], card["task"], card["arm"], card["filter"], folder, clips, card, frozenset(clean))


def variant_id(task: str, clips: pl.DataFrame) -> str:
    """The hash of a variant's sorted content: equal content gives an equal id, whatever filter made it."""
    rows = clips.select([c for c in (*IDENTITY_COLUMNS, "speaking") if c in clips.columns]).sort("clip_id", "start")
    return table_digest(rows, task)


def write_variant(
    root: Path, *, task: str, arm: str, filter_name: str, clips: pl.DataFrame, rejected: pl.DataFrame,
    card: Mapping[str, Any], clean_test: frozenset[str],
) -> Variant:  # fmt: skip
    """Write `root/<filter>-<what it asks>-<id>` (card last: a folder with a card is whole) and return the variant.

    Two filters that keep the same clips have folders of their own, as they reject them for other reasons.
    """
    content_id = variant_id(task, clips)
    directory = root / f"{filter_name}-{asked_key(card)}-{content_id[:16]}"
    full_card = {"id": content_id, "task": task, "arm": arm, "filter": filter_name, **card}
    variant = Variant(content_id, task, arm, filter_name, directory, clips.sort("clip_id"), full_card, clean_test)
    if _same_card(directory, full_card):
        return variant
    write_parquet(directory / "clips.parquet", variant.clips)
    write_parquet(directory / "rejected.parquet", rejected.sort("clip_id"))
    write_parquet(
        directory / "clean_test.parquet", pl.DataFrame({"clip_id": sorted(clean_test)}, schema={"clip_id": pl.String})
    )
    with committed(directory / "manifest.csv") as beside:
        flat = [c for c, dtype in variant.clips.schema.items() if not dtype.is_nested()]
        variant.clips.select(flat).write_csv(beside)
    write_json(directory / "card.json", full_card)
    return variant


def _same_card(directory: Path, card: Mapping[str, Any]) -> bool:
    path = directory / "card.json"
    return path.is_file() and json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(card))


def find_variant(root: Path, name: str, task: str) -> Variant:
    """The variant in the folder `name`, or the one under `root/<task>` whose id starts with `name`."""
    if Path(name).is_dir():
        found = Variant.load(name)
    else:
        matches = [
            p.parent
            for p in sorted((root / task).glob("*/card.json"))
            if p.parent.name.split("-")[-1].startswith(name[:16])
        ]
        matches = matches[:1] if len({m.name.split("-")[-1] for m in matches}) == 1 else matches
        if len(matches) != 1:
            raise UserError(
                f"variant={name}: {len(matches)} variants of {task} below {root} match; give a folder or more of the id"
            )
        found = Variant.load(matches[0])
    if found.task != task:
        raise UserError(f"variant={name} was made for task={found.task}, not for task={task}")
    return found
