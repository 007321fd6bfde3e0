"""A study with everything that the page can show, made of numbers: no runs, no media."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from avcur.impact.effect import Effect
from avcur.impact.findings import Chosen, Stratum
from avcur.impact.study import (
    ArmScore,
    Comparison,
    Curve,
    Point,
    Row,
    Series,
    Study,
    Table,
)

SPEAKERS = {"ann": (18, 20), "bob": (0, 14), "cas": (3, 17), "dee": (16, 16)}
DEFECTS = ("noise", "blur", "frozen")
SIGNALS = ("snr", "wada_snr", "laplacian_variance", "frozen_share")


def an_effect(estimate: float, error: float = 0.03) -> Effect:
    """With an interval of two and a detectable effect of three standard errors."""
    return Effect(
        estimate, estimate - 2 * error, estimate + 2 * error, error, 4, 0.03, 3 * error, error**2, error**2, False
    )


def an_arm(role: str, label: str, mean: float, hours: float, wall: float = 2.0) -> ArmScore:
    values = tuple(mean + 0.01 * (seed - 2) for seed in range(5))
    return ArmScore(
        role, label, f"{role}-{label}", f"{role}-{label}", tuple(range(5)), values, mean, 0.016, 1000 * hours,
        hours, (), mean + 0.02, wall, mean - 0.04, mean + 0.04,
    )  # fmt: skip


def a_row(role: str, label: str, estimate: float, **changes: Any) -> Row:
    row = Row(
        role, label, f"{role}-{label}", f"{role}-{label}", an_effect(estimate), an_effect(estimate - 0.02), None, 0.04,
        {"clips": (0.0, 0.0)}, vs_clean=an_effect(estimate - 0.1), val=0.7, runs_to_detect=9,
    )  # fmt: skip
    return replace(row, **changes)


def a_table(metric: str = "accuracy") -> Table:
    arms = (
        an_arm("raw", "raw", 0.6, 0.5, 3.1), an_arm("curated", "strict", 0.66, 0.3, 2.0),
        an_arm("control", "random, as strict", 0.57, 0.3, 2.1), an_arm("clean", "clean random, as strict", 0.7, 0.3),
        an_arm("oracle", "oracle", 0.75, 0.35, 2.2), an_arm("control", "random, as oracle", 0.58, 0.35, 2.2),
    )  # fmt: skip
    rows = (
        a_row("curated", "strict", 0.09),
        a_row("oracle", "oracle", 0.17, runs_to_detect=None, note_to_detect="the test groups are too few"),
    )
    return Table("test", metric, 12, arms, rows)


def strata(label: str = "strict", speakers: Mapping[str, tuple[int, int]] = SPEAKERS) -> tuple[Stratum, ...]:
    return tuple(
        Stratum("speaker", name, label, f"curated-{label}", "curated", kept, whole, 30, 5, "accuracy",
                an_effect(0.3 - 0.1 * i) if i < 3 else None, "" if i < 3 else "no test items")
        for i, (name, (kept, whole)) in enumerate(speakers.items())
    )  # fmt: skip


def a_card(**changes: Any) -> dict[str, Any]:
    values = {name: list(pair) for name, pair in SPEAKERS.items()}
    return {"id": "1234", "retention": {"label": values}, "funnel": [], "histograms": {}, **changes}


def a_comparison(**changes: Any) -> Comparison:
    chosen = Chosen("strict", "curated-strict", "curated-strict", 0.71, an_effect(0.09), 3)
    comparison = Comparison(
        "speaker_id", "ecapa", ("steps", 50.0), True, "recipe", (a_table(),), (), {"strict": a_card()}, {},
        strata=strata(), chosen=chosen,
    )  # fmt: skip
    return replace(comparison, **changes)


def a_series(name: str, role: str, values: tuple[float, ...], reach: float = 0.05, step: float = 0.2) -> Series:
    points = [
        Point(step * i, 0.5 - 0.05 * i, value, value - reach, value + reach) for i, value in enumerate(values)
    ]  # fmt: skip
    return Series(name, role, tuple(points))


def curves() -> tuple[Curve, ...]:
    shared = {"task": "speaker_id", "metric": "accuracy", "budget": ("steps", 50.0), "model": "ecapa"}
    dose = Curve(
        kind="dose", x_name="noise", unit="share of clips", condition={}, **shared,  # type: ignore[arg-type]
        series=(
            a_series("raw", "raw", (0.8, 0.7, 0.55, 0.4)), a_series("oracle", "oracle", (0.8, 0.79, 0.74, 0.7)),
            a_series("random, as oracle", "control", (0.8, 0.66, 0.5, 0.33)),
            a_series("clean random", "clean", (0.8, 0.8, 0.75, 0.71)),
        ),
        effects=(a_series("oracle", "oracle", (0.0, 0.13, 0.24, 0.37)),),
        answers=("Raw falls by 0.40 from 0 to 60 %, the oracle by 0.10.",),
    )  # fmt: skip
    threshold = Curve(
        kind="threshold", x_name="snr min", unit="dB", condition={"defect": "noise"}, **shared,  # type: ignore[arg-type]
        series=(a_series("threshold", "curated", (0.6, 0.63, 0.66, 0.61), step=5),
                a_series("random", "control", (0.6, 0.59, 0.57, 0.5), step=5)),
        effects=(a_series("threshold", "curated", (0.0, 0.04, 0.09, 0.11), 0.06, 5),),
    )  # fmt: skip
    size = Curve(
        kind="train_share", x_name="train_share", unit="", condition={}, **shared,  # type: ignore[arg-type]
        series=(a_series("raw", "raw", (0.4, 0.52, 0.6)), a_series("strict", "curated", (0.45, 0.58, 0.66))),
        effects=(),
    )  # fmt: skip
    return dose, threshold, size


def rich_study(**changes: Any) -> Study:
    """Two tasks, one of them under two conditions, with curves, strata and a choice on validation."""
    lower = replace(a_comparison(), task="speaker_verification", tables=(a_table("eer"),), strata=(), chosen=None)
    comparisons = (
        a_comparison(condition={"defect": "noise", "rate": 0.2}),
        a_comparison(condition={"defect": "noise", "rate": 0.4}), lower,
    )  # fmt: skip
    return replace(
        Study("rich", 90, 1000, 6, ("cpu",), ("0.1.0",), comparisons, 0.05, curves()), **changes
    )  # fmt: skip


def write_detection(folder: Path) -> Path:
    """A folder of measured clips with planted truth in it; the first signal of each defect is telling."""
    rng = np.random.default_rng(0)
    telling = {"noise": "snr", "blur": "laplacian_variance", "frozen": "frozen_share"}
    rows = [
        {"signal": signal, "defect": defect, "task": None,
         "auc": 0.97 if telling[defect] == signal else round(float(rng.uniform(0.5, 0.7)), 3),
         "low_is_bad": signal != "frozen_share", "precision": 0.9, "recall": 0.8, "num_defective": 40, "num_clean": 200}
        for signal in SIGNALS for defect in DEFECTS
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema_overrides={"task": pl.String}).write_parquet(folder / "detection.parquet")
    return folder
