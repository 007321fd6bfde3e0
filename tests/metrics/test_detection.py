import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from avcur.metrics.detection import auc, detect

NAN = float("nan")


def halved(count: int) -> np.ndarray:
    return np.arange(count) % 2 == 0


def test_auc_is_that_of_scikit_learn_with_ties_half() -> None:
    rng = np.random.default_rng(0)
    values, bad = rng.integers(0, 6, 200).astype(float), rng.random(200) < 0.3
    assert auc(values, bad) == pytest.approx(roc_auc_score(bad, values))


def test_a_clip_without_a_value_counts_in_no_auc() -> None:
    assert auc(np.array([1.0, NAN, 2.0, 3.0]), np.array([False, True, False, True])) == 1.0
    assert auc(np.array([NAN, 1.0]), np.array([True, False])) is None
    assert auc(np.array([2.0, NAN]), np.array([True, False])) is None


def test_the_direction_is_taken_out_and_kept_beside() -> None:
    values = np.array([9.0, 8, 7, 6, 1, 2, 3, 0])
    bad = np.array([False] * 4 + [True] * 4)
    low = detect(values, bad, halved(8))
    assert (low.auc, low.low_is_bad, low.precision, low.recall) == (1.0, True, 1.0, 1.0)
    high = detect(-values, bad, halved(8))
    assert (high.auc, high.low_is_bad, high.precision, high.recall) == (1.0, False, 1.0, 1.0)


def test_a_defective_clip_without_a_value_is_not_caught() -> None:
    values = np.array([9.0, 8, 7, 6, 1, 2, NAN, NAN])
    bad = np.array([False] * 4 + [True] * 4)
    found = detect(values, bad, halved(8))
    assert (found.auc, found.precision, found.recall) == (1.0, 1.0, 0.5)


def test_each_half_is_judged_by_the_threshold_of_the_other() -> None:
    # Every second clip makes a half; one splits at 5, the other at 15.
    values = np.array([4.0, 14, 3, 13, 6, 16, 7, 17])
    bad = np.array([False] * 4 + [True] * 4)
    found = detect(values, bad, halved(8))
    # 15 catches none of the first half, 5 catches all of the second, two of them clean.
    assert (found.precision, found.recall) == (0.5, 0.5)


def test_the_threshold_is_that_of_the_best_f1() -> None:
    rng = np.random.default_rng(1)
    values, bad = rng.normal(size=400), rng.random(400) < 0.25
    values[bad] += 1.0
    half = halved(400)
    found = detect(values, bad, half)
    caught = np.zeros(400, dtype=bool)
    for side in (half, ~half):
        fitted = max(sorted(values[side], reverse=True), key=lambda t: _f1(values[side] >= t, bad[side]))
        caught |= ~side & (values >= fitted)
    # Between two neighbouring values of one half the other may have one or two of its own.
    assert found.recall == pytest.approx((caught & bad).sum() / bad.sum(), abs=0.02)
    assert found.precision == pytest.approx((caught & bad).sum() / caught.sum(), abs=0.02)


def _f1(caught: np.ndarray, bad: np.ndarray) -> float:
    return float(2 * (caught & bad).sum() / (caught.sum() + bad.sum()))


def test_a_blind_signal_is_near_a_half_and_its_threshold_is_not_flattered() -> None:
    rng = np.random.default_rng(2)
    values, bad = rng.normal(size=4000), rng.random(4000) < 0.2
    found = detect(values, bad, halved(4000))
    assert found.auc is not None
    assert 0.5 <= found.auc < 0.54
    assert found.precision == pytest.approx(0.2, abs=0.05)


def test_too_few_defective_clips_have_no_threshold() -> None:
    found = detect(np.array([1.0, 2, 3, 9]), np.array([False, False, False, True]), halved(4))
    assert (found.auc, found.precision, found.recall) == (1.0, None, None)
