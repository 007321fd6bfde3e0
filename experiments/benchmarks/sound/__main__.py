"""Print the figures of the signals of sound: `python -m experiments.benchmarks.sound [name ...]`."""

from __future__ import annotations

import os

# As the entry points do, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from experiments.benchmarks.command import run

BENCHMARKS = ("wada_snr", "bandwidth", "speaker_changes", "speed", "memory")

if __name__ == "__main__":
    run("sound", BENCHMARKS, __doc__)
