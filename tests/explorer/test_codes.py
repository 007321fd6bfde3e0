from __future__ import annotations

import numpy as np
import polars as pl

from avcur.explorer.codes import FAILED, NOT_APPLICABLE, encode
from avcur.explorer.thresholds import axis
from avcur.filters.rules import Rule


def measured(values: list[float | None], states: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"state": states, "value": values}, schema={"state": pl.String, "value": pl.Float64})


def test_each_code_says_what_polars_says_at_every_threshold() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, 300)
    thresholds = axis(values, [0.1 + 0.2]).thresholds
    near = [np.nextafter(t, side) for t in thresholds[::50] for side in (-np.inf, np.inf)]
    values = np.concatenate([values, thresholds[::7], near, [0.3, 0.1 + 0.2, -0.0, np.inf, -np.inf, np.nan]])
    table = measured(values.tolist(), ["ok"] * len(values))
    codes = encode(table, thresholds).astype(np.int64)
    for j, threshold in enumerate(thresholds):
        for rule, kept in (("min", codes >= 2 * j + 1), ("max", codes <= 2 * j + 1)):
            verdict = table.select(Rule("x", **{rule: float(threshold)}).verdict()).to_series()
            assert (verdict.is_null().to_numpy() == kept).all(), (rule, threshold)


def test_states_without_a_value_have_codes_of_their_own() -> None:
    table = measured([1.0, None, None, None], ["ok", "failed", "not_applicable", None])
    assert encode(table, np.array([0.5, 2.0])).tolist() == [2, FAILED, NOT_APPLICABLE, FAILED]


def test_a_signal_without_any_threshold_is_encoded() -> None:
    assert encode(measured([None], ["failed"]), np.array([])).tolist() == [FAILED]
