"""Run the entry points as a person does, in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *overrides: str, cwd: Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """`python <script> <overrides>` from `cwd`, offline, with its output as text."""
    environment = {
        **os.environ,
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "COLUMNS": "200",
        "HYDRA_FULL_ERROR": "0",
    }
    command = [sys.executable, *(script.split()[:1] if script.startswith("-m") else [str(ROOT / script)])]
    if script.startswith("-m"):
        command += script.split()[1:]
        environment["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        [*command, *overrides], cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )
