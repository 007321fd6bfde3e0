"""Print the figures of large corpora: `python -m experiments.benchmarks.scale [name ...]`."""

from __future__ import annotations

from experiments.benchmarks.command import run

BENCHMARKS = ("million_clips",)

if __name__ == "__main__":
    run("scale", BENCHMARKS, __doc__)
