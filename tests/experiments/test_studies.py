"""The studies: what they sweep over is known, a killed one goes on, and a sweep measures nothing again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from avcur.configuration import known_signals, make_filter, make_signals
from avcur.impact.compare import compare_study
from avcur.impact.report.document import write_document
from avcur.training.run_record import RunRecord
from avcur.training.runner import run as train
from avcur.variants.variant import Variant
from tests.helpers.commands import ROOT, run

STUDIES = ("quickstart", "threshold_sweep", "rule_ablation", "dose_response", "subset_size")
LIBRARY = ("source=folder", "source.root=library", "segment=whole")
TASKS = {"active_speaker": "faces", "speaker_id": "speakers", "audio_type": "sounds"}
"""Each task's small variant among the fixtures."""
SMALL = {
    "active_speaker": ("datamodule.batch_size=2",),
    "speaker_id": ("datamodule.batch_size=6", "model.network.channels=16"),
    "audio_type": ("datamodule.batch_size=6",),
}


def params(study: str) -> dict[str, list[str]]:
    """What a study sweeps over: each override's values."""
    node = OmegaConf.load(ROOT / "experiments" / "experiment" / f"{study}.yaml").hydra.sweeper.params
    return {str(name): str(values).split(",") for name, values in node.items()}


def first(study: str) -> dict[str, str]:
    return {name: values[0] for name, values in params(study).items()}


def composed(study: str, point: dict[str, str], *more: str) -> DictConfig:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        given = [f"{name}={value}" for name, value in point.items()]
        return compose("train", [f"experiment={study}", *given, *more])


@pytest.mark.parametrize("study", STUDIES)
def test_every_value_of_a_study_makes_a_filter_of_known_signals(study: str) -> None:
    swept = params(study)
    made = set()
    for name in swept["+filter"]:
        cfg = composed(study, {**first(study), "+filter": name})
        assert cfg.study == study
        known = known_signals(make_signals(cfg))
        for ablation, control in product(swept.get("ablation", ["null"]), swept["control"]):
            cfg.ablation = None if ablation == "null" else ablation
            cfg.control = {"false": False, "true": True}.get(control, control)
            filter_ = make_filter(cfg, known)
            made.add((filter_.arm, filter_.name))
    raw_and_its_controls = len(swept.get("ablation", [""])) * len(swept["control"]) - 1
    points = len(swept["+filter"]) * (raw_and_its_controls + 1)
    assert len(made) == points - raw_and_its_controls, "controls and ablations of the raw filter are the raw one itself"
    for name in set(swept) - {"+filter", "ablation", "control"}:
        composed(study, {**first(study), name: swept[name][-1]})


def test_rule_ablation_names_every_rule_of_its_filter() -> None:
    swept = params("rule_ablation")
    (filter_,) = set(swept["+filter"]) - {"none"}
    rules = OmegaConf.load(ROOT / "conf" / "filter" / f"{filter_}.yaml").rules
    assert set(swept["ablation"]) == {"null", *(f"{kind}_{rule}" for kind in ("without", "only") for rule in rules)}


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_trains(study: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    for task in params(study).get("task", [composed(study, first(study)).task.name]):
        variant: Variant = request.getfixturevalue(TASKS[task])
        trial = ("+trainer.fast_dev_run=true", "~logger", f"paths.studies={tmp_path}", *SMALL[task])
        cfg = composed(study, {**first(study), "task": task}, *trial)
        result = train(cfg, variant)
        assert (result["study"], result["task"]) == (study, task)
        assert f"{tmp_path}/{study}/" in str(RunRecord.of(cfg, variant).directory)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three voices of a second each, ever noisier, below `library/`."""
    place = tmp_path_factory.mktemp("workplace")
    rng = np.random.default_rng(0)
    time = np.arange(16_000) / 16_000
    for speaker in range(3):
        for n in range(12):
            path = place / "library" / f"s{speaker}" / f"v{n % 4}" / f"{n}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            tone = 0.3 * np.sin(2 * np.pi * (150 + 80 * speaker) * time) * (np.sin(6 * np.pi * time) > 0)
            soundfile.write(path, tone + rng.normal(0, 0.01 * (n + 1), len(time)), 16_000)
    return place


def test_a_sweep_of_twenty_thresholds_measures_nothing_after_the_first_run(workplace: Path) -> None:
    counted = (
        *LIBRARY, "segment._target_=tests.helpers.counting.CountedWhole", "+segment.log=calls.txt",
        "signals=[duration]", "+signals.counted._target_=tests.helpers.counting.Counted",
        "+signals.counted.log=calls.txt", "engine.num_workers=0", "wandb=disabled",
    )  # fmt: skip
    first = run("curate.py", *counted, cwd=workplace)
    assert first.returncode == 0, first.stderr
    calls = (workplace / "calls.txt").read_text(encoding="utf-8").split()
    assert sorted(calls) == ["measured"] * 36 + ["segmented"] * 36
    thresholds = [round(0.1 + 0.005 * n, 3) for n in range(20)]
    swept = ("-m", *counted, "+filter=threshold", "threshold.signal=counted")
    done = run("curate.py", *swept, "threshold.min=" + ",".join(map(str, thresholds)), cwd=workplace)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("measured now: 0 values of 0 clips") == 20
    assert (workplace / "calls.txt").read_text(encoding="utf-8").split() == calls
    cards = [
        json.loads(p.read_text()) for p in (workplace / "data" / "variants").glob("speaker_id/threshold-*/card.json")
    ]
    assert len({card["id"] for card in cards}) > 3


STUDY = (
    "-m", "experiment=dose_response", *LIBRARY, "signals=[duration]", "model=mfcc_svc", "~logger",
    "defects.only=wrong_speaker", "defects.rate=0.4", "control=false,clean", "seed=0,1",
)  # fmt: skip


def test_a_killed_study_goes_on_and_ends_with_the_same_table(workplace: Path) -> None:
    measured = run("curate.py", *LIBRARY, "signals=[duration]", "engine.num_workers=0", "wandb=disabled", cwd=workplace)
    assert measured.returncode == 0, measured.stderr
    done = killed_after(3, *STUDY, "paths.studies=killed", cwd=workplace)
    before = {path: path.stat().st_mtime_ns for path in (workplace / "killed").rglob("result.json")}
    assert len(before) >= done == 3
    again = run("train.py", *STUDY, "paths.studies=killed,whole", cwd=workplace)
    assert again.returncode == 0, again.stderr
    for path, written in before.items():
        assert path.stat().st_mtime_ns == written, "a run that was done is not trained again"
    killed, whole = (document(workplace, studies) for studies in ("killed", "whole"))
    assert killed == whole
    (comparison,) = killed["comparisons"]
    assert comparison["condition"] == {"defect": "wrong_speaker", "rate": 0.4}
    assert len(list((workplace / "killed").rglob("result.json"))) == 2 * 3, "raw, oracle and clean, two seeds each"


def killed_after(runs: int, *overrides: str, cwd: Path) -> int:
    """Train until so many different runs have said their score, then kill; returns how many have."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, str(ROOT / "train.py"), *overrides]
    with subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        scored = set()
        for line in process.stdout:
            if line.startswith("speaker_id "):
                scored.add(line.split(":")[0])
            if len(scored) == runs:
                process.kill()
                break
    assert process.returncode == -9
    return len(scored)


def document(workplace: Path, studies: str) -> Any:
    """A study's impact.json without what its folder is called and how many seconds its runs took."""
    study = compare_study(workplace / studies / "dose_response", num_resamples=50)
    path = workplace / studies / "impact.json"
    write_document(path, study)
    return without_seconds(json.loads(path.read_text(encoding="utf-8")))


def without_seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: without_seconds(v) for k, v in value.items() if k not in ("wall", "path", "predictions", "directory")
        }
    return [without_seconds(v) for v in value] if isinstance(value, list) else value
