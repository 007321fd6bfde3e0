from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from avcur.impact.compare import compare_study
from avcur.impact.curve_words import answers, other_tests, worth
from avcur.impact.sentences import subject, title
from avcur.impact.study import Curve, Point, Series
from tests.impact.fake_study import FakeStudy, edit, result_of

SPEAKER = ("speaker_id",)
SMALL = {"groups": 6, "per_group": 10, "seeds": (0, 1, 2)}


def curves(root: Path) -> tuple[Curve, ...]:
    return compare_study(root, num_resamples=100).curves


def sweep(root: Path) -> Path:
    gains = {"speaker_id": {"raw": 0.0, "snr=0": 0.1, "snr=10": 0.4, "snr=20": 0.2, "strict": 0.3}}
    return FakeStudy(SPEAKER, ("snr=20", "snr=0", "snr=10", "strict"), gains=gains, **SMALL).write(root)


def test_a_sweep_is_one_curve_of_scores_and_effects_by_rising_threshold(tmp_path: Path) -> None:
    (curve,) = curves(sweep(tmp_path))
    assert (curve.kind, curve.x_name, curve.task, curve.metric) == ("threshold", "snr, at least", *SPEAKER, "accuracy")
    series = {one.role: one for one in curve.series}
    assert [p.x for p in series["curated"].points] == [p.x for p in series["control"].points] == [0, 10, 20]
    assert [p.x for p in series["raw"].points] == [0, 20]
    table = compare_study(tmp_path, num_resamples=100).comparisons[0].tables[0]
    means = {arm.label: (arm.mean, arm.low, arm.high) for arm in table.arms}
    assert [(p.value, p.low, p.high) for p in series["curated"].points] == [
        means[f"snr >= {x}"] for x in (0, 10, 20)
    ]  # fmt: skip
    (effects,) = curve.effects
    rows = {row.label: row.vs_control for row in table.rows}
    for point, x in zip(effects.points, (0, 10, 20), strict=True):
        own = rows[f"snr >= {x}"]
        assert own is not None
        assert (point.value, point.low, point.high) == (own.estimate, own.low, own.high)


def test_filters_that_differ_in_more_than_one_bound_are_no_curve(tmp_path: Path) -> None:
    root = sweep(tmp_path)
    for path in root.glob("*/*/curated-snr*/seed*/result.json"):
        data = result_of(path)
        rules = data["card"]["recipe"]["filter"]["rules"]
        edit(path, card={**data["card"], "recipe": {"filter": {"rules": {**rules, data["variant_id"]: {"max": 1}}}}})
    assert curves(root) == ()


def dosed(root: Path, rates: tuple[float, ...] = (0.0, 0.4), **others: object) -> Path:
    for rate in rates:
        gains = {"speaker_id": {"raw": -2 * rate, "oracle": -rate / 4}}
        given: dict[str, str | float] = {"defect": "noise", "rate": rate}
        FakeStudy(SPEAKER, ("oracle",), gains=gains, clean=True, condition=given, **SMALL, **others).write(root)  # type: ignore[arg-type]
    return root


def test_conditions_are_comparisons_of_their_own_and_points_of_a_dose(tmp_path: Path) -> None:
    study = compare_study(dosed(tmp_path, (0.4, 0.0, 0.2)), num_resamples=100)
    assert [c.condition["rate"] for c in study.comparisons] == [0.0, 0.2, 0.4]
    assert study.num_tests == 3
    assert "no noise planted" in title(study.comparisons[0])
    assert subject(study.comparisons[2]) == "speaker_id (noise planted at a rate of 40 %)"
    (curve,) = study.curves
    assert (curve.kind, curve.x_name, curve.condition) == ("dose", "noise planted", {"defect": "noise"})
    assert {(s.role, tuple(p.x for p in s.points)) for s in curve.series} == {
        (role, (0.0, 0.2, 0.4)) for role in ("raw", "oracle", "control", "clean")
    }  # fmt: skip
    assert [s.name for s in curve.effects] == ["oracle", "oracle, against clean sets", "oracle, against raw"]
    row = study.comparisons[2].tables[0].rows[0]
    assert row.vs_clean is not None
    assert curve.effects[1].points[2].value == row.vs_clean.estimate
    assert "From a rate of 0 % to 40 % accuracy goes: raw from" in curve.answers[0]
    told = [p.x for p in curve.effects[2].points if p.low is not None and p.low > 0]
    assert [f"{100 * x:g} % (" in curve.answers[1] for x in (0.0, 0.2, 0.4)] == [x in told for x in (0.0, 0.2, 0.4)]


def test_other_defects_and_tasks_are_other_curves(tmp_path: Path) -> None:
    dosed(tmp_path / "one" / "a")
    root = tmp_path / "one"
    for path in dosed(root / "b").rglob("result.json"):
        data = result_of(path)
        edit(path, card={**data["card"], "condition": {**data["card"]["condition"], "defect": "blur"}})
    assert [curve.condition for curve in curves(root)] == [{"defect": "blur"}, {"defect": "noise"}]


def shared(root: Path, gains: dict[float, float], strict: float) -> Path:
    for share, gain in gains.items():
        given: dict[str, str | float] = {"train_share": share} if share < 1 else {}
        arms = ("strict",) if share == 1 else ()
        named = {"speaker_id": {"raw": gain, "strict": strict}}
        FakeStudy(SPEAKER, arms, gains=named, condition=given, hours=(4 * share, share), **SMALL).write(root)
    return root


def test_parts_of_the_training_data_are_one_arm_though_each_seed_draws_its_own(tmp_path: Path) -> None:
    study = compare_study(shared(tmp_path, {0.25: -2.0, 0.5: -1.0, 1.0: 0.0}, -0.5), num_resamples=100)
    (curve,) = study.curves
    (raw,) = [one for one in curve.series if one.role == "raw"]
    assert [(p.x, p.hours) for p in raw.points] == [(0.25, 1.0), (0.5, 2.0), (1.0, 4.0)]
    assert raw.points[0].value < raw.points[1].value < raw.points[2].value
    shares = ["a quarter", "half", "all"]
    assert all(f"{s} of the training data" in title(c) for s, c in zip(shares, study.comparisons, strict=True))
    (sentence,) = curve.answers
    assert sentence.startswith("strict (1.00 h kept of all of the training data) scores ")


def test_curated_parts_and_their_controls_meet_though_ids_differ_from_seed_to_seed(tmp_path: Path) -> None:
    gains = {"speaker_id": {"raw": 0.0, "strict": 1.0}}
    FakeStudy(SPEAKER, ("strict",), gains=gains, condition={"train_share": 0.5}, **SMALL).write(tmp_path)
    (comparison,) = compare_study(tmp_path, num_resamples=100).comparisons
    assert [(arm.role, len(arm.values)) for arm in comparison.tables[0].arms] == [
        ("raw", 3), ("curated", 3), ("control", 3),
    ]  # fmt: skip
    assert comparison.missing == ()


def test_arms_of_one_rate_alone_are_no_curve(tmp_path: Path) -> None:
    assert curves(dosed(tmp_path, (0.4,))) == ()


def point(hours: float, value: float, reach: float = 0.01, x: float = 1.0) -> Point:
    return Point(x, hours, value, value - reach, value + reach)


RAW = [point(1, 0.5), point(2, 0.6), point(4, 0.7)]


@pytest.mark.parametrize(
    ("kept", "metric", "words"),
    [
        (point(1, 0.65), "accuracy", "as much as about 3.00 h of raw data (each kept hour is worth 3.0 raw ones)."),
        (point(1, 0.60), "accuracy", "as much as about 2.00 h of raw data (each kept hour is worth 2.0 raw ones); "),
        (point(0.5, 0.9), "accuracy", "which raw data never reaches: at best 0.700 with 4.00 h."),
        (point(0.5, 0.4), "accuracy", "so does the least raw data that was tried, 1.00 h (0.500)."),
        (point(1, 0.6, 0.3), "accuracy", "overlap everywhere, so that no amount of raw data can be told"),
        (Point(1, 1, 0.65, None, None), "accuracy", "without intervals"),
        (point(0.5, 0.3), "eer", "which raw data"),
    ],
)
def test_what_a_filter_is_worth_in_raw_hours(kept: Point, metric: str, words: str) -> None:
    raw = RAW if metric == "accuracy" else [point(1, 0.6), point(2, 0.5), point(4, 0.4)]
    said = worth("strict", kept, raw, metric)
    assert words in said
    assert said.endswith(".")


def test_errors_are_reached_from_above() -> None:
    raw = [point(1, 0.6), point(2, 0.5), point(4, 0.4)]
    assert "as much as about 3.00 h of raw data" in worth("strict", point(1, 0.45), raw, "eer")


def test_one_share_of_raw_data_answers_nothing() -> None:
    one = Series("raw", "raw", (point(1, 0.5),))
    assert "two or more shares" in answers("train_share", "accuracy", [one])[0]


def test_a_dose_over_other_test_items_says_so(tmp_path: Path) -> None:
    root = dosed(tmp_path)
    (same,) = curves(root)
    assert not any("other test items" in said for said in same.answers)
    for path in root.glob("*/*0.4/*/*/predictions.parquet"):
        table = pl.read_parquet(path)
        table.with_columns(pl.col("item_id") + "-again").write_parquet(path)
    (curve,) = curves(root)
    assert curve.answers[:-1] == same.answers
    assert curve.answers[-1].startswith("Caution: at 40 % other test items were scored than at 0 %")


def test_every_point_with_another_test_is_named() -> None:
    assert other_tests([(0.0, "a"), (0.2, "b"), (0.4, "a"), (0.6, "c")])[0].startswith("Caution: at 20 %, 60 % other")


def test_bounds_of_two_rules_on_one_signal_are_two_curves(tmp_path: Path) -> None:
    gains = {"speaker_id": {"raw": 0.0, "snr=0": 0.1, "snr=10": 0.4}}
    root = FakeStudy(SPEAKER, ("snr=0", "snr=10"), gains=gains, **SMALL).write(tmp_path)  # type: ignore[arg-type]
    for path in root.rglob("result.json"):
        card = result_of(path)["card"]
        rules = card["recipe"]["filter"]["rules"]
        if "threshold" in rules:
            rules["of_music"] = {"signal": "snr", "min": 3, "labels": ["music"]}
            edit(path, card=card)
    assert [curve.x_name for curve in curves(root)] == ["threshold, at least"]
