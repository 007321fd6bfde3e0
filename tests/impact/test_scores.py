from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from avcur.errors import UserError
from avcur.impact.collect import Run, collect
from avcur.impact.scores import sample, score_runs
from avcur.metrics.intervals import draws
from avcur.metrics.primary import PRIMARY
from tests.impact.fake_study import edit


def runs_of(study: Path) -> list[Run]:
    (runs,) = collect(study).values()
    return runs


def test_scores_are_the_recorded_ones_and_resamples_are_the_metric_on_repeated_groups(whole_study: Path) -> None:
    for about, runs in collect(whole_study).items():
        key, metric = PRIMARY[about.task]
        scored = score_runs(runs[:2], num_resamples=20, seed=7)
        for run in runs[:2]:
            for name in ("test", "test_clean"):
                assert scored[name][run][0] == pytest.approx(run.metrics[f"{name}/{key}"])
            table = pl.read_parquet(run.predictions).sort("item_id")
            names = table["group"].unique().sort().to_list()
            times = draws(len(names), 20, 7)[3]
            rows = pl.concat([table.filter(group=g) for g, n in zip(names, times, strict=True) for _ in range(int(n))])
            expected = metric(rows["target"].to_numpy(), np.stack(rows["scores"].to_list()))
            assert scored["test"][run][1][3] == pytest.approx(expected)


def test_resamples_draw_as_many_groups_as_there_are_and_depend_on_the_seed_alone() -> None:
    weights = draws(7, 50, seed=1)
    assert weights.shape == (50, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert (weights == draws(7, 50, seed=1)).all()
    assert (weights != draws(7, 50, seed=2)).any()


def test_the_order_of_rows_does_not_matter(small_study: Path) -> None:
    before = score_runs(runs_of(small_study), 50, 0)["test"]
    for run in runs_of(small_study):
        pl.read_parquet(run.predictions).reverse().write_parquet(run.predictions)
    after = score_runs(runs_of(small_study), 50, 0)["test"]
    assert [v[0] for v in before.values()] == [v[0] for v in after.values()]
    assert all((a[1] == b[1]).all() for a, b in zip(before.values(), after.values(), strict=True))


def test_a_sample_keeps_the_order_of_its_runs(small_study: Path) -> None:
    runs = runs_of(small_study)
    scored = score_runs(runs, 50, 0)["test"]
    assert sample(runs[:3], scored).values.tolist() == [scored[run][0] for run in runs[:3]]


def test_a_test_set_without_planted_defects_has_no_second_table(small_study: Path) -> None:
    for run in runs_of(small_study):
        pl.read_parquet(run.predictions).with_columns(clean=pl.lit(True)).write_parquet(run.predictions)
    assert score_runs(runs_of(small_study), 10, 0).keys() == {"test"}


@pytest.mark.parametrize("change", [pl.col("item_id") + "x", (pl.col("target") + 1) % 8, pl.lit("one").alias("group")])
def test_another_test_set_is_refused(small_study: Path, change: pl.Expr) -> None:
    odd = runs_of(small_study)[4]
    pl.read_parquet(odd.predictions).with_columns(change).write_parquet(odd.predictions)
    with pytest.raises(UserError, match="tested on other items") as error:
        score_runs(runs_of(small_study), 10, 0)
    assert str(odd.path.parent) in str(error.value)


def test_a_recorded_metric_must_be_that_of_the_predictions(small_study: Path) -> None:
    edit(runs_of(small_study)[2].path, metrics={"test/accuracy": 0.999})
    with pytest.raises(UserError, match="records test/accuracy"):
        score_runs(runs_of(small_study), 10, 0)


def test_an_unknown_metric_and_unreadable_predictions_are_named(small_study: Path) -> None:
    run = runs_of(small_study)[0]
    edit(run.path, primary_metric="test/bleu")
    with pytest.raises(UserError, match="bleu"):
        score_runs(runs_of(small_study), 10, 0)
    run.predictions.write_bytes(b"not parquet")
    with pytest.raises(UserError, match="cannot be read"):
        score_runs(runs_of(small_study), 10, 0)
