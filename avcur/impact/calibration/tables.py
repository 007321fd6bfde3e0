"""What calibration found, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from avcur.impact.calibration.coverage import BEYOND, MAIN, Covered
from avcur.impact.calibration.null import NullArm, NullFound
from avcur.impact.calibration.rates import Verdict, percent
from avcur.impact.sentences import signed

_LEGEND = (
    "naive: a bootstrap over runs and test groups; error: the standard error that makes the interval, and how far\n"
    "estimates were off; at the MDE: 80 % should be found; beyond: fewer controls or groups than is promised for"
)


def print_null(console: Console, found: NullFound) -> None:
    """A row for each pseudo-curated arm, and what Holm's correction leaves."""
    table = _table("A/A: random subsets against their controls, at alpha 0.05 (in [ ]: 95 %)", "arm", "clips kept")
    for name in (
        "rejected",
        "naive",
        "mean effect",
        "width",
        "error:\nstated / true",
        "sd: seeds",
        "sd: draws",
        "no interval",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for arm in found.arms:
        table.add_row(
            arm.arm, f"{100 * arm.share:g} %", percent(arm.rejected), percent(arm.naive_rejected),
            signed(arm.mean), f"{arm.width:.3f}", _errors(arm), f"{arm.of_seeds:.3f}", f"{arm.of_draws:.3f}",
            str(arm.without_interval),
        )  # fmt: skip
    console.print(table)


def print_coverage(console: Console, found: Sequence[Covered]) -> None:
    """A row for each setting; the judged one first, those beyond the promise last."""
    table = _table("Coverage of a known effect, in accuracy (in [ ]: 95 %)", "largest variance", "K", "groups")
    for name in ("true effect", "covers", "naive", "width", "error:\nstated / true", "MDE", "found", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found:
        setting = row.setting
        table.add_row(
            setting.name, str(setting.num_runs), str(setting.num_groups), signed(row.truth), percent(row.covers),
            percent(row.naive_covers), f"{row.width:.3f}", _errors(row), f"{row.mde:.3f}", percent(row.found),
            _remark(row),
        )  # fmt: skip
    console.print(table)
    console.print(_LEGEND, style="dim", highlight=False)


def print_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        console.print(verdict.sentence(), style="bold" if verdict.held else "bold red", highlight=False)


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)


def _errors(row: NullArm | Covered) -> str:
    return f"{row.stated_error:.3f} / {row.true_error:.3f}"


def _remark(row: Covered) -> str:
    if row.at_mde:
        return "at the MDE"
    if row.setting in BEYOND:
        return "beyond"
    return "judged" if row.setting == MAIN else ""
