"""Print the figures of synchrony: `python -m experiments.benchmarks.sync [name ...]`."""

from __future__ import annotations

import os

# As the entry points do, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from experiments.benchmarks.command import run

BENCHMARKS = ("lip_motion", "swapped", "masking", "av_sync", "speed")

if __name__ == "__main__":
    run("sync", BENCHMARKS, __doc__)
