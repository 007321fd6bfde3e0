"""The command line of a folder of benchmarks: `python -m experiments.benchmarks.faces [name ...]`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from experiments.benchmarks.row import Row, Settings, num_cores, print_rows


def run(folder: str, names: Sequence[str], description: str | None) -> None:
    """Run the modules `names` of `experiments.benchmarks.<folder>`, all or those asked for, and print their rows."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names)}; all without any")
    parser.add_argument("--media", type=Path, default=Settings.media, help="the folder of real media")
    parser.add_argument("--scratch", type=Path, default=Settings.scratch / folder, help="where made media is kept")
    parser.add_argument("--minutes", type=float, default=Settings.minutes, help="length of the long recording")
    parser.add_argument("--weights", type=Path, default=None, help="the folder of published weights")
    parser.add_argument("--checkpoint", type=Path, default=None, help="a checkpoint of our own training")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    print(f"{num_cores()} cores, load average {os.getloadavg()[0]:.1f}: speeds count on an otherwise idle machine")
    settings = Settings(**{name: value for name, value in vars(arguments).items() if name != "names"})
    results: list[Row] = []
    try:
        for name in arguments.names or names:
            results += import_module(f"experiments.benchmarks.{folder}.{name}").rows(settings)
    finally:  # an hour's figures are not lost by a fault of the last benchmark
        print_rows(results)
