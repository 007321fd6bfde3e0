"""explorer.html: sliders for the thresholds of a filter over the clips that it judges, with what each would keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from avcur.explorer.page_file import page_file
from avcur.explorer.tables import Tables
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
"""Entries of a command that change what is written, or what a variant has in the filter's place."""


def write_explorers(
    builder: VariantBuilder, body: Mapping[str, Any], built: Iterable[tuple[Task | None, Variant]],
    overrides: Sequence[str] = (), seed: int = 0,
) -> Iterator[Path]:  # fmt: skip
    """Write `explorer.html` into each variant's folder: of the composed filter, also beside a control of it."""
    filter_ = Filter.parse(body)
    for task, variant in built:
        clips, signals = builder.candidates(filter_, task)
        path = variant.directory / "explorer.html"
        write_explorer(path, clips, signals, builder.reads, body, task=variant.task, overrides=overrides, seed=seed)
        yield path


def write_explorer(
    path: Path, clips: pl.DataFrame, signals: SignalTable, reads: Mapping[str, Reads], body: Mapping[str, Any], *,
    task: str = "", overrides: Sequence[str] = (), most: int = MOST_CLIPS, seed: int = 0,
) -> None:  # fmt: skip
    """Write the page of a filter, `body` its composed config, over `clips`, the training rows that it judges.

    `overrides` are those of the command that composed it: what the page offers to copy goes on from there. Of more than
    `most` clips a random part is shown, drawn by `seed`. A UserError where a rule says `error` and a clip is a case of
    it, as the filter has it.
    """
    filter_ = Filter.parse(body)
    apply_rules(clips, signals, filter_.rules, reads)  # for its errors
    shown = _part(clips, most, seed)
    tables = Tables(shown, signals, reads)
    told = tables.of(filter_.rules, body.get("rules") or {})
    kept = [o for o in overrides if o.lstrip("+").partition("=")[0] not in _NOT_OF_THE_FILTER]
    about = {
        "filter": filter_.name, "task": task, "all": len(clips), "seed": seed,
        "steps": [type(step).__name__ for step in filter_.steps], "overrides": kept,
    }  # fmt: skip
    title = " for ".join(filter(None, (filter_.name, task))) + ": thresholds"
    write_text(path, page_file(title, {**about, **told}, tables.arrays))


def _part(clips: pl.DataFrame, most: int, seed: int) -> pl.DataFrame:
    """At most so many of the clips, in their order."""
    if len(clips) <= most:
        return clips
    drawn = generator(seed, "explorer").choice(len(clips), most, replace=False)
    return clips[np.sort(drawn)]
