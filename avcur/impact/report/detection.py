"""Planted truth: how well each signal tells clips with a defect from clean ones, as a heat map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

from avcur.detection import FEW, FILE
from avcur.impact.sentences import title
from avcur.impact.study import Comparison, Study

_BLIND = 0.5
_BEST = 3
"""Signals that are named with precision and recall under each defect."""
_NONE = (
    "No signal was scored against planted truth here ({}). <code>curate.py</code> writes such scores beside the "
    "measured clips where defects were planted (<code>defects=planted</code>); what is wrong with real clips "
    "nobody knows."
)


def detection(study: Study, found: Mapping[str, Path]) -> str:
    """A heat map for each measured corpus of the study; `found` are their folders, by what the cards call them."""
    tables = [(folder, names, _read(found.get(folder))) for folder, names in _corpora(study).items()]
    known = [(names, table) for _, names, table in tables if table is not None and len(table)]
    if not known:
        return f'<p class="small">{_NONE.format(escape(_why(tables)))}</p>'
    tasks = {comparison.task for comparison in study.comparisons}
    maps = [(names, table.filter(pl.col("task").is_null() | pl.col("task").is_in(tasks))) for names, table in known]
    if len(maps) == 1:
        return heat_map(maps[0][1])
    return "".join(
        f"<details{' open' if i == 0 else ''}><summary>{escape('; '.join(names))}</summary>{heat_map(table)}</details>"
        for i, (names, table) in enumerate(maps)
    )


def corpus_folders(study: Study) -> list[str]:
    """The folders of measured corpora that the cards name."""
    return list(_corpora(study))


def _corpora(study: Study) -> dict[str, list[str]]:
    """By folder, which comparisons are of it."""
    corpora: dict[str, list[str]] = {}
    for comparison in study.comparisons:
        for card in comparison.cards.values():
            if folder := card.get("corpus_directory"):
                names = corpora.setdefault(str(folder), [])
                names += [name for name in [_name(comparison)] if name not in names]
    return corpora


def _name(comparison: Comparison) -> str:
    varied = ", ".join(f"{name} {value}" for name, value in comparison.condition.items())
    return varied or title(comparison)


def _read(folder: Path | None) -> pl.DataFrame | None:
    path = None if folder is None else folder / FILE
    if path is None or not path.is_file():
        return None
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return None


def _why(tables: Iterable[tuple[str, Any, Any]]) -> str:
    folders = [folder for folder, _, _ in tables]
    return f"no {FILE} in {', '.join(folders)}" if folders else "its variants name no folder of measured clips"


def heat_map(table: pl.DataFrame) -> str:
    """Signals (rows, the most telling first) against defects; AUC as colour and number, the rest on hovering."""
    defects = table.select("defect").unique().sort("defect")["defect"].to_list()
    enough = table.filter(pl.col("num_defective") >= FEW)
    best = (
        pl.concat([enough, table.with_columns(pl.col("auc") - 1)])
        .group_by("signal")
        .agg(pl.col("auc").max())
        .sort(["auc", "signal"], descending=[True, False])
    )
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in table.iter_rows(named=True):
        cells.setdefault((row["signal"], row["defect"]), []).append(row)
    clips = {row["defect"]: int(row["num_defective"]) for row in _most(table).iter_rows(named=True)}
    rare = {defect for defect in defects if clips[defect] < FEW}
    heads = "".join(_head(defect, clips[defect], defect in rare) for defect in defects)
    lines = "".join(
        f'<tr><th scope="row">{escape(signal)}</th>'
        + "".join(_cell(cells.get((signal, defect), []), defect in rare) for defect in defects) + "</tr>"
        for signal in best["signal"]
    )  # fmt: skip
    return (
        f'<div class="scroll"><table class="heat"><thead><tr><th></th>{heads}</tr></thead><tbody>{lines}</tbody>'
        f"</table></div>{_details(table, defects)}"
    )


def _most(table: pl.DataFrame) -> pl.DataFrame:
    """Per defect, of how many clips with it the best known signal was measured."""
    return table.group_by("defect").agg(pl.col("num_defective").max())


def _head(defect: str, clips: int, is_rare: bool) -> str:
    look = " class=few" if is_rare else ""
    return f"<th{look}><span>{escape(defect.replace('_', ' '))}</span><small>{clips}</small></th>"


def _cell(rows: list[dict[str, Any]], is_rare: bool) -> str:
    """The best AUC of the tasks that have this defect; empty where the signal was not measured of enough clips."""
    known = [row for row in rows if row["auc"] is not None]
    if not known:
        return "<td></td>"
    row = max(known, key=lambda row: float(row["auc"]))
    auc = float(row["auc"])
    heat = max(0.0, min(1.0, (auc - _BLIND) / (1 - _BLIND)))
    look = " class=few" if is_rare else " class=hot" if heat > 0.62 else ""
    return f'<td{look} style="--h:{100 * heat:.0f}%" title="{escape(_tip(row))}">{_auc(auc)}</td>'


def _auc(value: float) -> str:
    return "1" if value >= 0.995 else f"{value:.2f}".removeprefix("0")


def _tip(row: Mapping[str, Any]) -> str:
    side = "low" if row["low_is_bad"] else "high"
    of = f" ({row['task']})" if row.get("task") else ""
    return (
        f"{row['signal']} against {row['defect']}{of}: AUC {row['auc']:.3f}, {side} values are bad; precision "
        f"{_share(row['precision'])}, recall {_share(row['recall'])}; {row['num_defective']} defective, "
        f"{row['num_clean']} clean clips"
    )


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _details(table: pl.DataFrame, defects: list[str]) -> str:
    """The most telling signals of each defect, for those who cannot hover."""
    lines = ""
    for defect in defects:
        rows = table.filter((pl.col("defect") == defect) & pl.col("auc").is_not_null())
        for i, row in enumerate(rows.sort("auc", descending=True).head(_BEST).iter_rows(named=True)):
            name = escape(defect.replace("_", " ")) if i == 0 else ""
            clips = f"{row['num_defective']} of {row['num_defective'] + row['num_clean']}"
            side = "low" if row["low_is_bad"] else "high"
            lines += (
                f'<tr><td class="text"><b>{name}</b></td><td class="text">{escape(row["signal"])}</td>'
                f"<td>{row['auc']:.3f}</td><td>{side}</td><td>{_share(row['precision'])}</td>"
                f"<td>{_share(row['recall'])}</td><td>{clips}</td></tr>"
            )
    heads = "".join(f"<th>{name}</th>" for name in ("AUC", "bad side", "precision", "recall", "defective clips"))
    head = f'<tr><th class="text">defect</th><th class="text">signal</th>{heads}</tr>'
    return (
        f"<details><summary>Precision and recall of the {_BEST} most telling signals of each defect</summary>"
        f'<div class="scroll"><table><thead>{head}</thead><tbody>{lines}</tbody></table></div></details>'
    )
