"""Print the figures of active speaker detection: `python -m experiments.benchmarks.active_speaker [name ...]`."""

from __future__ import annotations

import os

# As the entry points do, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from experiments.benchmarks.command import run

BENCHMARKS = ("evaluation", "training", "loader", "two_faces", "silent", "voiced", "layout")

if __name__ == "__main__":
    run("active_speaker", BENCHMARKS, __doc__)
