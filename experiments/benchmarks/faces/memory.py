"""Peak memory of a whole `curate.py` run over a long 720p recording, and whether it is flat."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from avcur.media.probe import probe
from experiments.benchmarks.faces.made import long_recording
from experiments.benchmarks.row import Row, Settings

ROOT = Path(__file__).resolve().parents[3]
PEAK, WARM_UP = 1.5, 0.2
"""GB; the share of the run that counts as warm-up: imports, loading, the first chunks."""
FLAT = 0.1
"""GB by which memory may grow and still be called flat: an hour's rows, and malloc's scatter."""


def process_tree(root: int) -> list[int]:
    """A process and all its living descendants."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold spaces.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    tree = [root]
    for process in tree:
        tree += [child for child, parent in parents.items() if parent == process]
    return tree


def proportional_set_size(process: int) -> int:
    """PSS in bytes: shared pages count by their share; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def watch(process: subprocess.Popen[str], every: float = 1.0) -> list[float]:
    """GB of all processes, once a second until the run ends."""
    sizes = []
    while process.poll() is None:
        sizes.append(sum(proportional_set_size(p) for p in process_tree(process.pid)) / 1e9)
        time.sleep(every)
    return sizes


def rows(settings: Settings) -> list[Row]:
    recording = long_recording(settings)
    data = settings.scratch / "data"
    shutil.rmtree(data, ignore_errors=True)
    command = [
        sys.executable, "curate.py", "source=folder", f"source.root={recording.parent.absolute()}",
        "segment=face_tracks", "engine.num_workers=2", "wandb=disabled", f"paths.data={data.absolute()}",
    ]  # fmt: skip
    log = settings.scratch / "curate.log"
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        run = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, text=True, env=dict(os.environ))
        sizes = watch(run)
    seconds = time.monotonic() - began
    minutes = (probe(recording).duration or 0.0) / 60
    what = f"peak memory, {minutes:.0f} min of 720p"
    bar = f"<= {PEAK} GB and flat (growth <= {FLAT * 1e3:.0f} MB)"
    np.savetxt(settings.scratch / "memory_gb.txt", sizes, fmt="%.4f")
    if run.returncode:
        return [Row(what, bar, f"curate.py failed, see {log}", False)]
    steady = sizes[int(len(sizes) * WARM_UP) :]
    third = max(1, len(steady) // 3)
    growth = float(np.median(steady[-third:]) - np.median(steady[:third]))
    figure = (
        f"peak {max(sizes):.2f} GB, median {np.median(steady):.2f} GB, first to last third {growth * 1e3:+.0f} MB; "
        f"{minutes * 60 / seconds:.1f}x real time"
    )
    return [Row(what, bar, figure, max(sizes) <= PEAK and growth <= FLAT)]
