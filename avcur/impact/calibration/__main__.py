"""`python -m avcur.impact.calibration`: does the interval that `python -m avcur.impact` prints keep its promise?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from avcur import __version__
from avcur.impact.calibration import coverage, null
from avcur.impact.calibration.rates import Verdict
from avcur.impact.calibration.tables import print_coverage, print_null, print_verdicts
from avcur.store.commit import write_json

_WIDTH = 170
"""Columns where the output is no terminal (a log, a pipe)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Try what is asked for, print tables and verdicts; 0 where every bar is held, else 1."""
    options = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, markup=False)
    verdicts: list[Verdict] = []
    numbers: dict[str, Any] = {"studies": options.studies, "seed": options.seed, "code_version": __version__}
    if options.part in ("null", "both"):
        rejected = null.try_null(options.studies, options.seed, options.workers)
        print_null(console, rejected)
        verdicts += null.verdicts(rejected)
        numbers["null"] = asdict(rejected)
    if options.part in ("coverage", "both"):
        covered = coverage.try_coverage(options.studies, options.seed, options.workers)
        print_coverage(console, covered)
        verdicts += coverage.verdicts(covered)
        numbers["coverage"] = [asdict(row) for row in covered]
    print_verdicts(console, verdicts)
    if options.out:
        write_json(options.out, {**numbers, "verdicts": [asdict(v) | {"held": v.held} for v in verdicts]})
    return 0 if all(verdict.held for verdict in verdicts) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m avcur.impact.calibration", description="Does the interval of an effect keep its promise?"
    )
    parser.add_argument("part", nargs="?", choices=("null", "coverage", "both"), default="both", help="default: both")
    parser.add_argument("--studies", type=_at_least(1), default=200, help="of each part (default: 200)")
    parser.add_argument("--seed", type=_at_least(0), default=0, help="of everything random (default: 0)")
    parser.add_argument("--workers", type=_at_least(0), help="processes, 0: none beside this one (default: one a core)")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="where to write the numbers")
    return parser


class _at_least:  # noqa: N801  # argparse prints the name
    """A whole number of at least `least`."""

    def __init__(self, least: int):
        self._least = least

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or int(text) < self._least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least {self._least}")
        return int(text)


if __name__ == "__main__":
    sys.exit(main())
