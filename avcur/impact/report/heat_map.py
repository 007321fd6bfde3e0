"""How well each signal tells clips with a defect from clean ones, as a table in colours."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl

from avcur.detection.words import FEW

_BLIND = 0.5
_BEST = 3
"""Signals that are named with precision and recall under each defect."""


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
