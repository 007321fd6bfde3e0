"""Planted truth: which corpora and plantings of wrong labels a study is of, and a heat map for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from avcur.detection.table import FILE, Planting, label_plantings, of_planting
from avcur.impact.report.heat_map import heat_map
from avcur.impact.sentences import title
from avcur.impact.study import Comparison, Study

_NONE = (
    "No signal was scored against planted truth here ({}). <code>curate.py</code> writes such scores beside the "
    "measured clips where defects were planted (<code>defects=planted</code>); what is wrong with real clips "
    "nobody knows."
)


@dataclass
class _Planted:
    """Comparisons of one measured corpus and one planting of wrong labels: their names and tasks."""

    folder: str
    plantings: frozenset[Planting]
    names: list[str] = field(default_factory=list)
    tasks: set[str] = field(default_factory=set)


def detection(study: Study, found: Mapping[str, Path]) -> str:
    """A heat map for each measured corpus and planting; `found` are the folders, by what the cards call them."""
    planted = _planted(study)
    tables = {folder: _read(found.get(folder)) for folder in corpus_folders(study)}
    known = [(one, table) for one in planted if (table := tables[one.folder]) is not None and len(table)]
    maps = [(one, own) for one, table in known if len(own := _own(one, table))]
    said = "".join(f'<p class="small">{escape(text)}</p>' for text in _others(known))
    if not maps:
        return said or f'<p class="small">{_NONE.format(escape(_why(tables)))}</p>'
    if len(maps) == 1:
        return said + heat_map(maps[0][1])
    return said + "".join(
        f"<details{' open' if i == 0 else ''}><summary>{escape('; '.join(one.names))}</summary>{heat_map(table)}"
        "</details>"
        for i, (one, table) in enumerate(maps)
    )


def corpus_folders(study: Study) -> list[str]:
    """The folders of measured corpora that the cards name."""
    return list(dict.fromkeys(one.folder for one in _planted(study)))


def _planted(study: Study) -> list[_Planted]:
    """By corpus and planting of labels, which comparisons are of it."""
    found: dict[tuple[str, frozenset[Planting]], _Planted] = {}
    for comparison in study.comparisons:
        for card in comparison.cards.values():
            if folder := card.get("corpus_directory"):
                place = (str(folder), _plantings(card))
                one = found.setdefault(place, _Planted(*place))
                one.names += [name for name in [_name(comparison)] if name not in one.names]
                one.tasks.add(comparison.task)
    return list(found.values())


def _plantings(card: Mapping[str, Any]) -> frozenset[Planting]:
    """The wrong labels that a card's variant was given, by its recipe."""
    defects = (card.get("recipe") or {}).get("defects") or {}
    return label_plantings(defects.get("labels") or {}, int(defects.get("seed") or 0))


def _own(one: _Planted, table: pl.DataFrame) -> pl.DataFrame:
    """The rows of a corpus that are of the comparisons' own tasks and planting."""
    of_tasks = table.filter(pl.col("task").is_null() | pl.col("task").is_in(one.tasks))
    return of_planting(of_tasks, one.plantings)


def _others(known: Iterable[tuple[_Planted, pl.DataFrame]]) -> list[str]:
    """Which wrong labels were scored, but not as this study plants them."""
    asked: dict[str, set[Planting]] = {}
    scored: dict[str, set[Planting]] = {}
    for one, table in known:
        rows = table.filter(pl.col("task").is_in(one.tasks)).select("defect", "rate", "seed").unique()
        for defect, rate, seed in rows.iter_rows():
            scored.setdefault(defect, set()).add((defect, rate, seed))
        for planting in one.plantings:
            asked.setdefault(planting[0], set()).add(planting)
    lacking = {defect: {p for p in asked.get(defect, ()) if p[1] > 0} - have for defect, have in scored.items()}
    return [
        f"{defect.replace('_', ' ')} was scored against signals at {_rates(scored[defect])}, not at "
        f"{_rates(missing)} as planted here; run curate.py with the study's own rate and seed."
        for defect, missing in sorted(lacking.items()) if missing
    ]  # fmt: skip


def _rates(plantings: Collection[Planting]) -> str:
    """`20 % (seed 0), an unknown rate`: files of an earlier version do not say it."""
    known = sorted({(rate, seed) for _, rate, seed in plantings if rate is not None})
    unknown = ["an unknown rate"] if any(rate is None for _, rate, _ in plantings) else []
    return ", ".join([*(f"{100 * rate:g} % (seed {seed})" for rate, seed in known), *unknown])


def _name(comparison: Comparison) -> str:
    varied = ", ".join(f"{name} {value}" for name, value in comparison.condition.items())
    return varied or title(comparison)


def _read(folder: Path | None) -> pl.DataFrame | None:
    path = None if folder is None else folder / FILE
    if path is None or not path.is_file():
        return None
    try:
        table = pl.read_parquet(path)
        types = {"rate": pl.Float64, "seed": pl.Int64}
        return table.with_columns(pl.lit(None, t).alias(n) for n, t in types.items() if n not in table.columns)
    except (OSError, pl.exceptions.PolarsError):
        return None


def _why(folders: Collection[str]) -> str:
    return f"no {FILE} in {', '.join(folders)}" if folders else "its variants name no folder of measured clips"
