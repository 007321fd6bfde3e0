"""explorer.html: sliders for the thresholds of a filter over the clips that it judges, with what each would keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from avcur.explorer.page_file import page_file
from avcur.explorer.tables import Tables
from avcur.filters.ablation import ablated
from avcur.filters.filter import Filter
from avcur.filters.rules import apply_rules
from avcur.seeds import generator
from avcur.signal_table import SignalTable
from avcur.signals.base import Reads
from avcur.store.commit import write_text
from avcur.tasks import Task
from avcur.variants.build import VariantBuilder
from avcur.variants.variant import Variant

MOST_CLIPS = 100_000
"""Clips on a page: what a browser redraws between two pictures."""
_NOT_OF_THE_FILTER = ("explorer", "preview", "control", "ablation")
"""Entries of a command that change what is written, or what a variant has in the filter's place; an ablation the page
spells out itself."""


def write_explorers(
    builder: VariantBuilder, body: Mapping[str, Any], built: Iterable[tuple[Task | None, Variant]],
    overrides: Sequence[str] = (), seed: int = 0, ablation: str | None = None,
) -> Iterator[Path]:  # fmt: skip
    """Write `explorer.html` into each variant's folder: of the filter after `ablation`, also beside a control of it."""
    filter_ = Filter.parse(ablated(body, ablation))
    asked: dict[str, Any] = {"overrides": overrides, "seed": seed, "ablation": ablation}
    for task, variant in built:
        clips, signals = builder.candidates(filter_, task)
        path = variant.directory / "explorer.html"
        write_explorer(path, clips, signals, builder.reads, body, task=variant.task, **asked)
        yield path


def write_explorer(
    path: Path, clips: pl.DataFrame, signals: SignalTable, reads: Mapping[str, Reads], body: Mapping[str, Any], *,
    task: str = "", overrides: Sequence[str] = (), most: int = MOST_CLIPS, seed: int = 0, ablation: str | None = None,
) -> None:  # fmt: skip
    """Write the page of a filter, `body` its composed config, after `ablation`, over the training rows that it judges.

    `overrides` are those of the command that composed it: what the page offers to copy goes on from there. Of more than
    `most` clips a random part is shown, drawn by `seed`. A UserError where a rule says `error` and a clip is a case of
    it, as the filter has it.
    """
    left = ablated(body, ablation)
    filter_ = Filter.parse(left)
    apply_rules(clips, signals, filter_.rules, reads)  # for its errors
    shown = _part(clips, most, seed)
    tables = Tables(shown, signals, reads)
    rules = left.get("rules") or {}
    told = tables.of(filter_.rules, {key: rules.get(key) for key in body.get("rules") or {}})
    kept = [o for o in overrides if o.lstrip("+").partition("=")[0] not in _NOT_OF_THE_FILTER]
    about = {
        "filter": filter_.name, "task": task, "all": len(clips), "seed": seed,
        "steps": [type(step).__name__ for step in filter_.steps], "overrides": kept,
        "ablation": None if ablation is None else _ablation(body, left),
    }  # fmt: skip
    title = " for ".join(filter(None, (filter_.name, task))) + ": thresholds"
    write_text(path, page_file(title, {**about, **told}, tables.arrays))


def _ablation(body: Mapping[str, Any], left: Mapping[str, Any]) -> dict[str, Any]:
    """What an ablation has made of a filter, for the page to say by overrides of the filter's own entries.

    `ablation` itself could not stay in a command that goes on: it would take away what is added to a filter.
    """
    before, after = body.get("rules") or {}, left.get("rules") or {}
    gone = [key for key, rule in before.items() if rule is not None and after.get(key) is None]
    name = None if left["name"] == body["name"] else left["name"]
    return {"rules": gone, "name": name, "drops_steps": bool(body.get("select")) and not left.get("select")}


def _part(clips: pl.DataFrame, most: int, seed: int) -> pl.DataFrame:
    """At most so many of the clips, in their order."""
    if len(clips) <= most:
        return clips
    drawn = generator(seed, "explorer").choice(len(clips), most, replace=False)
    return clips[np.sort(drawn)]
