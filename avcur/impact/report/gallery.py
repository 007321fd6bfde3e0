"""Which kept and rejected clips of a study are shown: some of every filter, each clip once, with all verdicts on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from avcur.errors import UserError
from avcur.impact.report.variants import variants_of
from avcur.impact.sentences import subject
from avcur.impact.study import Study
from avcur.preview.judged import signals_judged
from avcur.preview.sampling import Bounds, Group, sampled
from avcur.signal_table import SIGNAL_SCHEMA, SignalTable
from avcur.variants.card import shared_reason
from avcur.variants.variant import Variant

MOST_REASONS = 6
_KEPT = 3
"""One in so many of a filter's clips is one that it kept: what was lost says more."""


@dataclass(frozen=True)
class Verdict:
    """What the filter `label` made of a clip; `reason` is None where it was kept."""

    label: str
    reason: str | None


@dataclass(frozen=True)
class Shelf:
    """A filter's variant on disk; `base` is the folder from which the paths in its tables count.

    `about` is the task under the condition of the data: clips of one id under two conditions are two clips.
    """

    task: str
    about: str
    label: str
    role: str
    variant: Variant
    base: Path
    signals: SignalTable
    paths: Mapping[str, str]
    """Of each recording the file of its picture."""


_Measured = tuple[SignalTable, Mapping[str, str]]
"""A corpus's signals, and of each recording the file of its picture."""


@dataclass
class ShownClip:
    """A clip of the gallery: its row, the signals to name with the decisive one first, and every filter's verdict."""

    row: Mapping[str, Any]
    shelf: Shelf
    signals: tuple[str, ...]
    decisive: str | None
    verdicts: list[Verdict] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    """Clips that one filter kept, or rejected for one reason, `count` in all."""

    task: str
    about: str
    label: str
    reason: str | None
    count: int
    order: str
    clips: list[ShownClip] = field(default_factory=list)


def shelves(study: Study, study_dir: Path) -> tuple[list[Shelf], list[str]]:
    """The variants of curated and oracle arms that are still on disk, and the folders of those that are gone."""
    measured: dict[Path, _Measured] = {}
    found, gone = [], []
    for comparison, label, role, _ in variants_of(study):
        named = comparison.folders.get(label)
        if named is None:
            continue
        base = _base(named, study_dir)
        try:
            if base is None:
                raise UserError("gone")
            variant = Variant.load(base / named)
            about = subject(comparison)
            found.append(Shelf(comparison.task, about, label, role, variant, base, *_measured(variant, base, measured)))
        except (UserError, OSError, KeyError, ValueError, pl.exceptions.PolarsError):
            gone.append(named)
    return found, gone


def placed(folders: Iterable[str], study_dir: Path) -> dict[str, Path]:
    """Where folders lie that runs or cards name; those that are gone are left out."""
    bases = {named: _base(named, study_dir) for named in folders}
    return {named: base / named for named, base in bases.items() if base is not None}


def _base(named: str, study_dir: Path) -> Path | None:
    """From which folder a path counts that a run wrote down: this one, or one above the study."""
    places = [Path(), *study_dir.resolve().parents]
    return next((place for place in places if (place / named).is_dir()), None)


def _measured(variant: Variant, base: Path, known: dict[Path, _Measured]) -> _Measured:
    """What was measured of a variant's corpus, one table for all variants of it; empty where it is gone."""
    corpus = variant.card.get("corpus_directory")
    directory = None if corpus is None else base / str(corpus)
    if directory is None or not (directory / "signals.parquet").is_file():
        return SignalTable.of(pl.DataFrame(schema=SIGNAL_SCHEMA)), {}
    if directory not in known:
        recordings = pl.read_parquet(directory / "recordings.parquet", columns=["recording_id", "path"])
        known[directory] = SignalTable.read(directory / "signals.parquet"), dict(recordings.iter_rows())
    return known[directory]


def chosen(found: list[Shelf], most: int) -> list[Section]:
    """At most `most` clips, as many for each filter; of its reasons the commonest, nearest misses first."""
    sections: list[Section] = []
    seen: set[tuple[str, str]] = set()
    left = most
    for i, shelf in enumerate(found):
        quota = left // (len(found) - i)
        for group in sampled(shelf.variant, shelf.signals, _bounds(shelf, quota)):
            section = _section(shelf, group, seen, quota)
            quota, left = quota - len(section.clips), left - len(section.clips)
            if section.clips:
                sections.append(section)
    _judge(found, [clip for section in sections for clip in section.clips])
    return sections


def _bounds(shelf: Shelf, quota: int) -> Bounds:
    """What of a filter's share goes to the clips that it kept, and to each of its reasons."""
    rejected = _rejected(shelf.variant).select(shared_reason())
    reasons = min(MOST_REASONS, rejected["reason"].n_unique(), max(1, quota // 2))
    kept = quota if not reasons else max(1, quota // _KEPT)
    return Bounds(kept, max(1, (quota - kept) // max(1, reasons)), reasons)


def _section(shelf: Shelf, group: Group, seen: set[tuple[str, str]], most: int) -> Section:
    judged_by = signals_judged(shelf.variant)
    section = Section(shelf.task, shelf.about, shelf.label, group.reason, group.count, group.order)
    rows = [row for row in group.rows.iter_rows(named=True) if (shelf.about, row["clip_id"]) not in seen][:most]
    for row in rows:
        seen.add((shelf.about, row["clip_id"]))
        signals = dict.fromkeys([*([group.signal] if group.signal else []), *(judged_by or shelf.signals.names)])
        section.clips.append(ShownClip(row, shelf, tuple(signals), group.signal))
    return section


def _judge(found: list[Shelf], clips: list[ShownClip]) -> None:
    """Give every clip the verdicts of all filters of its task and condition; each filter's tables are read once."""
    shown: dict[str, dict[str, ShownClip]] = {}
    for clip in clips:
        shown.setdefault(clip.shelf.about, {})[clip.row["clip_id"]] = clip
    for shelf in found:
        own = shown.get(shelf.about, {})
        kept = shelf.variant.rows("train").select("clip_id", reason=pl.lit(None, pl.String))
        judged = pl.concat([kept, _rejected(shelf.variant)]).filter(pl.col("clip_id").is_in(list(own)))
        for clip_id, reason in judged.iter_rows():
            own[clip_id].verdicts.append(Verdict(shelf.label, reason))


def _rejected(variant: Variant) -> pl.DataFrame:
    """clip_id and reason of the rejected clips, without their many scores."""
    path = variant.directory / "rejected.parquet"
    named = ["clip_id", *(["reason"] if "reason" in pl.read_parquet_schema(path) else [])]
    table = pl.read_parquet(path, columns=named)
    reason = pl.col("reason").fill_null("rejected") if "reason" in named else pl.lit("rejected")
    return table.select("clip_id", reason=reason)
