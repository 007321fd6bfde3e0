"""What a study found, as plain values: what console, impact.json and the page show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from avcur.impact.effect import Effect
from avcur.impact.findings import Chosen, Stratum
from avcur.impact.share import Share

Condition = Mapping[str, str | float]
"""What of the data a study varies beside the filter: {"defect": "noise", "rate": 0.4}, {"train_share": 0.5}, or {}."""


@dataclass(frozen=True)
class ArmScore:
    """The scores of an arm, one per run in the order of `seeds`; `sd` is None for a single run."""

    role: str
    label: str
    variant_id: str
    arm_id: str
    """Stable key of the role, the filter and what it asks: two filters may keep one variant."""
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    mean: float
    sd: float | None
    kept_clips: float | None
    kept_hours: float | None
    emptied_classes: tuple[str, ...]
    val: float | None = None
    """Mean of the same metric on validation, where every run recorded it."""
    wall: float | None = None
    """Mean seconds of training: of the machine, so never compared between studies."""
    low: float | None = None
    high: float | None = None
    """95 % interval of the mean over other runs and other test groups; None with one run or one group."""


@dataclass(frozen=True)
class Row:
    """What one curated or oracle variant was worth."""

    role: str
    label: str
    variant_id: str
    arm_id: str
    """That of its `ArmScore`."""
    vs_control: Effect | None
    vs_raw: Effect | None
    share: Share | None
    p_holm: float | None
    residual: Mapping[str, tuple[float, float]]
    """Of its control draws: what could not be matched, lowest and highest over the draws."""
    vs_clean: Effect | None = None
    """Against random sets of its size of clean clips with true labels."""
    residual_clean: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """As `residual`, of those sets."""
    val: float | None = None
    """Mean of the same metric on validation."""
    runs_to_detect: int | None = None
    """Control draws (and seeds) with which `Study.detect` would be found in 8 of 10 studies; None: no number would."""
    note_to_detect: str = ""
    """Why no number would, or why none can be known."""


@dataclass(frozen=True)
class Table:
    """Scores and effects on one test set."""

    name: str
    metric: str
    num_groups: int
    arms: tuple[ArmScore, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Comparison:
    """Everything about one task under one model, budget and condition.

    `primary` says whether its tests are in Holm's family.
    """

    task: str
    model: str
    budget: tuple[str, float]
    primary: bool
    recipe: str
    tables: tuple[Table, ...]
    missing: tuple[str, ...]
    cards: Mapping[str, Mapping[str, Any]]
    """Per label of a curated or oracle arm, the card of its variant (funnel, histograms)."""
    condition: Condition
    folders: Mapping[str, str] = field(default_factory=dict)
    """Per label of those arms, the folder of its variant's tables, as its runs named it."""
    items_key: str = ""
    """Key of the ids of the test items: comparisons of equal keys were tested on the same items."""
    strata: tuple[Stratum, ...] = ()
    chosen: Chosen | None = None

    @property
    def test(self) -> Table | None:
        """The table of the whole test set; None where its metric is undefined there."""
        return next((table for table in self.tables if table.name == "test"), None)


@dataclass(frozen=True)
class Point:
    """A value at `x` with its 95 % interval (None: not known); `hours` of training data where known."""

    x: float
    hours: float | None
    value: float
    low: float | None
    high: float | None
    label: str = ""
    indicative: bool = False
    """Whether its interval rests on few runs."""


@dataclass(frozen=True)
class Series:
    """One line of a curve, its points by rising x."""

    name: str
    role: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Curve:
    """Scores (`series`, per arm) and effects against controls (`effects`, per treatment) over one varied number.

    `kind` is "threshold" (a bound of a rule), "dose" (a planted defect's rate) or "train_share" (the share of the raw
    data). `unit` is that of x ("" where unknown). `answers` are sentences on what the curve shows.
    """

    kind: str
    x_name: str
    unit: str
    task: str
    metric: str
    budget: tuple[str, float]
    model: str
    condition: Condition
    series: tuple[Series, ...]
    effects: tuple[Series, ...]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """A study's effects; `num_tests` is the size of Holm's family, `detect` the effect that `runs_to_detect` is for."""

    name: str
    num_runs: int
    num_resamples: int
    num_tests: int
    devices: tuple[str, ...]
    code_versions: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    detect: float = 0.05
    curves: tuple[Curve, ...] = ()
