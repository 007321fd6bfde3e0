"""One A/A study: a random subset in the place of a curated one, trained, written and compared as any study."""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from avcur.impact.calibration.corpus import SPEAKERS, TASK, GeneratedCorpus, generate_corpus, name_of
from avcur.impact.calibration.naive import naive_interval
from avcur.impact.calibration.simulation import RESAMPLES
from avcur.impact.collect import SCHEMA
from avcur.impact.compare import compare_study
from avcur.impact.effect import Effect
from avcur.impact.scores import Sample
from avcur.metrics.classification import accuracy, accuracy_by_group
from avcur.metrics.intervals import draws
from avcur.metrics.ranking import Floats
from avcur.seeds import generator
from avcur.variants.control import draw_control

SHARES = {"random_half": 0.5, "random_tenth": 0.1}
"""The pseudo-curated arms and the share of the training clips that each keeps by chance: in the first seeds and sets
matter alike, in the second, of some 26 clips, it matters more which ones."""
SEEDS = tuple(range(5))
"""K = 5 runs of each pseudo-curated set, and as many control draws: draw k trains with seed k."""


@dataclass(frozen=True)
class Null:
    """What one study said of one pseudo-curated arm. `p` is None where there is no interval, which rejects nothing.

    `of_seeds` and `of_draws`: standard deviation of the accuracy over the arm's runs, and over its controls.
    """

    arm: str
    estimate: float
    p: float | None
    p_holm: float | None
    width: float | None
    standard_error: float | None
    naive_rejects: bool
    of_seeds: float
    of_draws: float


def null_study(number: int, seed: int) -> list[Null]:
    """Generate, split, draw, train, write and compare study `number`; one result an arm of SHARES."""
    # One thread: results must not hang on how many a machine has.
    with threadpool_limits(1), tempfile.TemporaryDirectory(prefix="avcur-null-") as folder:
        bench = _Bench(generate_corpus(seed, number), Path(folder))
        samples = {arm: bench.trained(arm, generator(seed, "null arm", number, arm)) for arm in SHARES}
        found = _compared(Path(folder))
        rng = generator(seed, "null bootstrap", number)
        return [_null(arm, *found[arm], *samples[arm], rng) for arm in SHARES]


def _compared(folder: Path) -> dict[str, tuple[Effect, float | None]]:
    """By arm the effect against its controls and Holm's p, as `python -m avcur.impact` reads them off the disk."""
    (comparison,) = compare_study(folder, num_resamples=RESAMPLES).comparisons
    (table,) = (table for table in comparison.tables if table.name == "test")
    return {row.label: (row.vs_control, row.p_holm) for row in table.rows if row.vs_control}


def _null(
    arm: str, found: Effect, p_holm: float | None, curated: Sample, controls: Sample, rng: np.random.Generator
) -> Null:
    low, high = naive_interval(curated, controls, rng)
    width = None if found.low is None or found.high is None else found.high - found.low
    return Null(
        arm, found.estimate, found.p, p_holm, width, found.standard_error, low > 0 or high < 0,
        float(curated.values.std(ddof=1)), float(controls.values.std(ddof=1)),
    )  # fmt: skip


class _Bench:
    """Trains on parts of one corpus and writes each run as train.py does, tested on the same clips."""

    def __init__(self, corpus: GeneratedCorpus, folder: Path):
        self._corpus, self._folder = corpus, folder
        self._train = corpus.rows.filter(pl.col("split") == "train")
        place = corpus.rows.with_row_index("place")
        self._place = dict(place.select("clip_id", "place").iter_rows())
        held = place.filter(pl.col("split") == "test").sort("clip_id")
        where = held["place"].to_numpy()
        self._test_features, self._target = corpus.features[where], corpus.truth[where]
        self._items = held.select("clip_id", "group", item_id="clip_id", clean=pl.lit(True)).with_columns(
            target=pl.Series(self._target)
        )

    def trained(self, arm: str, rng: np.random.Generator) -> tuple[Sample, Sample]:
        """The runs of a random subset under all SEEDS, and of its control draws; the same that is on disk."""
        names = self._train["clip_id"].sort().to_numpy()
        kept = rng.choice(names, round(SHARES[arm] * len(names)), replace=False)
        curated = self._train.filter(pl.col("clip_id").is_in(kept.tolist()))
        own, controls = [], []
        for seed in SEEDS:
            own.append(self._run(arm, curated, seed, None))
            judged, residual = draw_control(self._train, curated, seed)
            drawn = judged.filter(pl.col("reason").is_null())
            control = {"filter": arm, "variant_id": arm, "draw": seed, "residual": residual}
            controls.append(self._run(arm, drawn, seed, control))
        return self._sample(own), self._sample(controls)

    def _run(self, arm: str, rows: pl.DataFrame, seed: int, control: dict[str, Any] | None) -> Floats:
        """Train on the clips of `rows` and write the run; the scores (N, C) of the test clips."""
        scores = self._scores(rows, seed)
        directory = self._folder / f"{'control-of-' if control else ''}{arm}" / f"seed{seed}"
        directory.mkdir(parents=True)
        predictions = self._items.with_columns(scores=pl.Series(scores.tolist()))
        predictions.write_parquet(directory / "predictions.parquet")
        result = _result(arm, seed, control, accuracy(self._target, scores), len(rows))
        (directory / "result.json").write_text(json.dumps(result), encoding="utf-8")
        return scores

    def _scores(self, rows: pl.DataFrame, seed: int) -> Floats:
        rows = rows.sort("clip_id")
        where = [self._place[clip] for clip in rows["clip_id"]]
        model = MLPClassifier((16,), learning_rate_init=0.02, batch_size=16, max_iter=15, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose: seeds matter more
            model.fit(self._corpus.features[where], rows["label"].to_list())
        scores = np.zeros((len(self._target), SPEAKERS))
        columns = [[name_of(s) for s in range(SPEAKERS)].index(name) for name in model.classes_]
        scores[:, columns] = model.predict_proba(self._test_features)
        return scores

    def _sample(self, runs: list[Floats]) -> Sample:
        names = self._items["group"].unique().sort()
        group = self._items["group"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
        scored = [accuracy_by_group(self._target, scores, group) for scores in runs]
        once, weights = np.ones((1, len(names))), draws(len(names), RESAMPLES, seed=0)
        values = np.array([float(of_weights(once)[0]) for of_weights in scored])
        return Sample(values, np.stack([of_weights(weights) for of_weights in scored]), len(names))


def _result(arm: str, seed: int, control: dict[str, Any] | None, score: float, clips: int) -> dict[str, Any]:
    """result.json as a run leaves it."""
    role = "control" if control else "curated"
    return {
        "schema": SCHEMA, "study": "null", "task": TASK.name, "model": "mlp", "arm": role,
        "filter": "control" if control else arm, "variant_id": f"{arm}-draw{seed}" if control else arm,
        "control": control, "seed": seed, "budget": {"kind": "steps", "value": 1}, "recipe": "null",
        "primary_metric": f"test/{TASK.metric}", "metrics": {f"test/{TASK.metric}": score},
        "predictions": "predictions.parquet", "cost": {"kept_clips": clips}, "card": {"control": control},
    }  # fmt: skip
