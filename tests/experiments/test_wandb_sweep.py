"""The W&B sweep drives train.py by the overrides that its agent would give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir

from avcur.configuration import make_filter
from avcur.training.predictions import METRICS

ROOT = Path(__file__).resolve().parents[2]
SWEEP: dict[str, Any] = yaml.safe_load((ROOT / "experiments" / "wandb_sweep.yaml").read_text(encoding="utf-8"))


def points() -> list[dict[str, Any]]:
    """Points of the grid in which every value of every parameter occurs, as the agent gets them."""
    choices = {name: body.get("values", [body.get("value")]) for name, body in SWEEP["parameters"].items()}
    most = max(len(values) for values in choices.values())
    return [{name: {"value": values[i % len(values)]} for name, values in choices.items()} for i in range(most)]


def command_line(point: dict[str, Any]) -> list[str]:
    """What the agent starts, its macros filled in by W&B's own code."""
    agent = pytest.importorskip("wandb.sdk.launch.sweeps.utils")
    macros = {**agent.create_sweep_command_args({"args": point}), "env": ["/usr/bin/env"], "interpreter": ["python"]}
    macros["program"] = [SWEEP["program"]]
    chunks = agent.create_sweep_command(SWEEP["command"])
    return [word for chunk in chunks for word in (macros[chunk[2:-1]] if chunk.startswith("${") else [chunk])]


def test_every_command_of_the_sweep_composes() -> None:
    assert (ROOT / SWEEP["program"]).is_file()
    asked: set[bool | str] = set()
    for point in points():
        *start, program = command_line(point)[:3]
        assert (start, program) == (["/usr/bin/env", "python"], "train.py")
        with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
            cfg = compose("train", command_line(point)[3:])
        filter_ = make_filter(cfg, {"speech_ratio": "sound"})
        (rule,) = (filter_.match or filter_).rules.values()
        assert (cfg.study, cfg.task.name, rule.signal) == (SWEEP["name"], "speaker_id", "speech_ratio")
        asked |= {cfg.control, f"min {rule.min}", f"seed {cfg.seed}"}
    assert {False, True, "min 0.5", "min 0.7", "min 0.9", "seed 0", "seed 4"} <= asked


def test_its_metric_is_one_that_runs_log() -> None:
    split, metric = SWEEP["metric"]["name"].split("/")
    assert split == "val", "choices are made on validation"
    assert metric in METRICS[SWEEP["parameters"]["task"]["value"]]
