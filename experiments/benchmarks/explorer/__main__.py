"""Print the figures of the threshold explorer: `python -m experiments.benchmarks.explorer [name ...]`."""

from __future__ import annotations

from experiments.benchmarks.command import run

BENCHMARKS = ("page",)

if __name__ == "__main__":
    run("explorer", BENCHMARKS, __doc__)
