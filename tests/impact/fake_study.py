"""A study as train.py leaves it on disk, from a seeded generator: scores of a simple model of learning, no training."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from avcur.metrics.primary import PRIMARY

CLASSES = {"active_speaker": 2, "speaker_id": 8, "audio_type": 4}
GAINS = {
    "active_speaker": {"raw": 0.0, "strict": 0.35, "oracle": 0.55},
    "speaker_id": {"raw": 0.0, "strict": 0.8, "oracle": 1.1},
    "audio_type": {"raw": 0.0, "strict": -0.1, "oracle": 0.5},
}


Control = dict[str, Any] | None


@dataclass
class FakeStudy:
    """`write(root)` puts one run per (task, arm, seed) below root; a control draw loses `cost` for its size.

    An arm is "oracle", a filter's name, or a threshold "snr=10", which needs a gain like any other. `clean` adds clean
    random sets; `condition` goes into every card, and with a train share each seed has sets of its own.
    """

    tasks: tuple[str, ...] = ("active_speaker", "speaker_id", "audio_type")
    arms: tuple[str, ...] = ("strict", "oracle")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    groups: int = 16
    per_group: int = 24
    cost: float = -0.15
    set_noise: float = 0.05
    gains: dict[str, dict[str, float]] = field(default_factory=lambda: GAINS)
    model: dict[str, str] = field(
        default_factory=lambda: {"active_speaker": "light_asd", "speaker_id": "ecapa", "audio_type": "log_mel_cnn"}
    )
    clean: bool = False
    clean_gain: float = 0.3
    condition: dict[str, str | float] = field(default_factory=dict)
    hours: tuple[float, float] = (0.31, 0.2)
    """Of raw and of the others."""
    residual: dict[str, float] = field(default_factory=dict)

    def write(self, root: Path) -> Path:
        for task in self.tasks:
            items = self._items(task)
            for seed in self.seeds:
                own = f"-draw{seed}" if "train_share" in self.condition else ""
                self._run(root, task, "raw", "none", f"raw-{task}{own}", seed, None, items, self.gains[task]["raw"])
                for name in self.arms:
                    arm = "oracle" if name == "oracle" else "curated"
                    filter_ = "threshold" if "=" in name else name
                    variant = f"{name}-{task}{own}"
                    gain = self.gains[task][name]
                    self._run(root, task, arm, filter_, variant, seed, None, items, gain)
                    self._drawn(root, task, "control", filter_, variant, seed, items, self.cost)
                    if self.clean:
                        self._drawn(root, task, "clean", filter_, variant, seed, items, self.clean_gain)
        return root

    def _drawn(
        self, root: Path, task: str, arm: str, filter_: str, variant: str, seed: int, items: pl.DataFrame, gain: float
    ) -> None:
        residual = {"clips": 0, "hours": 0.0004 * (seed - 2), "overlap": 0.5 + seed / 50, **self.residual}
        control = {"filter": filter_, "variant_id": variant, "draw": seed, "residual": residual}
        drawn = f"{variant}-{'draw' if arm == 'control' else arm}{seed}"
        self._run(root, task, arm, arm, drawn, seed, control, items, gain)

    def _items(self, task: str) -> pl.DataFrame:
        rng = np.random.default_rng(len(task))
        size = self.groups * self.per_group
        group = np.repeat(np.arange(self.groups), self.per_group)
        target = rng.integers(0, CLASSES[task], size)
        return pl.DataFrame({
            "item_id": [f"{task}-{i:05d}" for i in range(size)],
            "clip_id": [f"clip-{i // 4:04d}" for i in range(size)],
            "group": [f"group-{g:02d}" for g in group],
            "target": target,
            "clean": rng.random(size) < 0.6,
            "ease": rng.normal(size=size) + rng.normal(size=self.groups)[group] * 0.6,
            "by:sex": [("f", "m", None)[g % 3] for g in group],
            "by:label": [f"class-{t}" for t in target],
        })  # fmt: skip

    def _run(
        self, root: Path, task: str, arm: str, filter_: str, variant: str, seed: int, control: Control,
        items: pl.DataFrame, gain: float,
    ) -> None:  # fmt: skip
        rng = np.random.default_rng([len(task), len(variant), sum(map(ord, variant + arm)), seed])
        target, ease = items["target"].to_numpy(), items["ease"].to_numpy() + items["clean"].to_numpy() * 0.5
        skill = 0.6 + gain + rng.normal(0, self.set_noise) + ease + rng.normal(size=len(target))
        scores = _scores(task, target, skill, rng)
        key, metric = PRIMARY[task]
        clean = items["clean"].to_numpy()
        metrics = {f"test/{key}": metric(target, scores), f"test_clean/{key}": metric(target[clean], scores[clean]),
                   f"val/{key}": 0.5 + gain / 4 + float(rng.normal(0, 0.002))}  # fmt: skip
        clips, hours = (320, self.hours[0]) if arm == "raw" else (210, self.hours[1])
        given = "".join(f"-{name}{value}" for name, value in self.condition.items())
        model = self.model[task]
        directory = root / task / f"{model}{given}" / f"{arm}-{variant}" / f"seed{seed}"
        directory.mkdir(parents=True)
        items.drop("ease").with_columns(scores=pl.Series(scores.tolist())).write_parquet(
            directory / "predictions.parquet"
        )
        result = {
            "schema": 1, "study": "fake", "task": task, "model": model, "arm": arm, "filter": filter_,
            "variant_id": variant, "control": control, "seed": seed, "budget": {"kind": "steps", "value": 60},
            "recipe": f"recipe-{task}", "primary_metric": f"test/{key}",
            "metrics": metrics, "predictions": "predictions.parquet",
            "cost": {"wall": 2.5, "steps": 60, "kept_hours": hours, "kept_clips": clips},
            "card": {**_card(task, filter_),
                     "recipe": {"filter": _filter(control["filter"] if control else filter_, variant)},
                     "condition": self.condition},
            "emptied_classes": [], "device": "cpu", "code_version": "0.1.0",
        }  # fmt: skip
        (directory / "result.json").write_text(json.dumps(result))


def _filter(name: str, variant: str) -> dict[str, Any]:
    """The body of a filter; the threshold of a sweep stands in its variant's name."""
    if name == "threshold":
        signal, value = variant.split("-")[0].split("=")
        return {"name": name, "rules": {"threshold": {"signal": signal, "min": float(value)}}, "select": []}
    return {"name": name, "rules": {"speech_ratio": {"min": 0.9}} if name == "strict" else {}, "select": []}


def result_of(path: Path) -> dict[str, Any]:
    """The content of a result.json."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def edit(path: Path, **changes: Any) -> None:
    """Change fields of a result.json."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _scores(task: str, target: np.ndarray, skill: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if task == "active_speaker":
        return (1 / (1 + np.exp(-np.where(target == 1, skill, -skill))))[:, None]
    if task == "audio_type":
        bits = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])[target]
        noise = rng.normal(size=bits.shape) * 0.7
        return 1 / (1 + np.exp(-(np.where(bits == 1, 1, -1) * skill[:, None] + noise)))
    scores = rng.normal(size=(len(target), CLASSES[task]))
    scores[np.arange(len(target)), target] += 1 + skill
    return scores


_HELD = {"test": 96, "val": 64}


def _card(task: str, filter_: str) -> dict[str, Any]:
    rng = np.random.default_rng(len(task))
    reasons = {
        "strict": [
            ("speech_ratio below 0.9", 52, 0.05),
            ("laplacian_variance below 50", 38, 0.04),
            ("face_presence below 0.99", 20, 0.02),
        ],
        "oracle": [("planted noise", 60, 0.06), ("planted blur", 50, 0.05)],
    }.get(filter_, [])  # fmt: skip
    funnel = [{"stage": "all", "reason": None, "clips": 480, "hours": 0.47}]
    funnel += [{"stage": "held out", "reason": split, "clips": n, "hours": n / 1000} for split, n in _HELD.items()]
    funnel += [{"stage": "rejected", "reason": r, "clips": c, "hours": h} for r, c, h in reasons]
    funnel += [{"stage": "kept", "reason": None, "clips": 320 - sum(c for _, c, _ in reasons), "hours": 0.2}]
    signals = {"laplacian_variance": (120, 60), "speech_ratio": (0.9, 0.15), "snr": (18, 8), "brightness": (110, 30),
               "loudness": (-23, 5), "face_size": (86, 12)}  # fmt: skip
    histograms = {}
    for name, (mean, sd) in signals.items():
        values = rng.normal(mean, sd, 320)
        keep = values > mean - 0.6 * sd
        edges = np.histogram_bin_edges(values, 24)
        histograms[name] = {"edges": edges.tolist(), "kept": np.histogram(values[keep], edges)[0].tolist(),
                            "rejected": np.histogram(values[~keep], edges)[0].tolist()}  # fmt: skip
    retention = {"sex": {"f": [90, 100], "m": [70, 150], "d": [1, 5]}, "group": {"group-00": [1, 2]}}
    return {"funnel": funnel, "histograms": histograms, "counts": {}, "retention": retention}
