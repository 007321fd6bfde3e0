"""Print the figures of the visual pass: `python -m experiments.benchmarks.faces [name ...]`."""

from __future__ import annotations

import os

# As the entry points do, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from experiments.benchmarks.command import run

BENCHMARKS = (
    "shots", "recall", "frame_numbers", "odd_video", "frozen", "speed", "realtime", "gpu", "crops", "memory",
)  # fmt: skip

if __name__ == "__main__":
    run("faces", BENCHMARKS, __doc__)
