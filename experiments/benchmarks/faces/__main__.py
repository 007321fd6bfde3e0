"""Print the figures of the visual pass: `python -m experiments.benchmarks.faces [name ...]`."""

from __future__ import annotations

import os

# As the entry points do, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import argparse
from importlib import import_module
from pathlib import Path

from experiments.benchmarks.faces.row import Row, Settings, num_cores, print_rows

BENCHMARKS = (
    "shots", "recall", "frame_numbers", "odd_video", "frozen", "speed", "realtime", "gpu", "crops", "memory",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; all without any")
    parser.add_argument("--media", type=Path, default=Settings.media, help="the folder of real media")
    parser.add_argument("--scratch", type=Path, default=Settings.scratch, help="where made media is kept")
    parser.add_argument("--minutes", type=float, default=Settings.minutes, help="length of the long recording")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    print(f"{num_cores()} cores, load average {os.getloadavg()[0]:.1f}: speeds count on an otherwise idle machine")
    settings = Settings(arguments.media, arguments.scratch, arguments.minutes)
    results: list[Row] = []
    try:
        for name in arguments.names or BENCHMARKS:
            results += import_module(f"experiments.benchmarks.faces.{name}").rows(settings)
    finally:  # an hour's figures are not lost by a fault of the last benchmark
        print_rows(results)


if __name__ == "__main__":
    main()
