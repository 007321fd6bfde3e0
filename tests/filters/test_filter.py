from typing import Any

import pytest

from avcur.errors import UserError
from avcur.filters.filter import Filter, apply_filter
from avcur.filters.select import SelectionContext
from tests.helpers.tables import clip, clips, measured

SIGNALS = measured({"snr": {"a": 1, "b": 2, "c": 3, "d": ("not_applicable", "silence")}})
CONTEXT = SelectionContext(SIGNALS, {"snr": "sound"}, planted=frozenset({"b"}))


def top(**values: Any) -> dict[str, Any]:
    return {"_target_": "avcur.filters.select.Top", "signal": "snr", **values}


def outcome(body: dict[str, Any]) -> dict[str, str | None]:
    table = clips([clip(c) for c in "abcd"]).with_columns(label=clips([clip(c) for c in "abcd"])["clip_id"])
    return dict(apply_filter(Filter.parse(body), table, CONTEXT).rows.select("clip_id", "reason").iter_rows())


def test_the_arm_follows_from_the_filter() -> None:
    assert Filter.parse({"name": "none", "rules": {}, "select": []}).arm == "raw"
    assert Filter.parse({"name": "strict", "rules": {"snr": {"min": 1}}}).arm == "curated"


def test_a_control_copies_a_filter_and_that_of_the_raw_one_is_raw_itself() -> None:
    strict = Filter.parse({"name": "strict", "rules": {"snr": {"min": 1}}})
    control, clean = strict.control(True, 3), strict.control("clean", 3)
    assert (control.arm, control.name, control.match, control.draw) == ("control", "control_strict", strict, 3)
    assert (clean.arm, clean.name, clean.match) == ("clean", "clean_strict", strict)
    assert control.columns == clean.columns == ("snr",)
    assert strict.control(False, 3) is strict
    raw = Filter.parse({"name": "none"})
    assert raw.control(True, 3) is raw.control("clean", 3) is raw
    with pytest.raises(UserError, match="control=clear: choose true, clean or false"):
        raw.control("clear", 0)


def test_two_rules_judge_by_one_signal() -> None:
    low, high = {"signal": "snr", "min": 2}, {"signal": "snr", "max": 2}
    body = {"name": "f", "rules": {"low": low, "high": high}}
    assert Filter.parse(body).columns == ("snr", "snr")
    assert outcome(body) == {"a": "snr < 2", "b": None, "c": "snr > 2", "d": "snr not applicable"}


def test_rules_of_the_command_line_alone_make_a_filter_of_another_name() -> None:
    given = Filter.parse({"name": "none", "rules": {"snr": {"min": 10}}})
    assert (given.name, given.arm) == ("custom", "curated")
    assert (Filter.parse({"name": "none"}).name, Filter.parse({"name": "none"}).arm) == ("none", "raw")


def test_steps_see_what_the_rules_kept() -> None:
    found = outcome({"name": "f", "rules": {"snr": {"max": 2}}, "select": [top(count=1)]})
    assert found == {"a": "not in the top 1 by snr", "b": None, "c": "snr > 2", "d": "snr not applicable"}


def test_the_lowest_and_those_without_a_value() -> None:
    found = outcome({"name": "f", "select": [top(count=2, lowest=True)]})
    assert [c for c, reason in found.items() if reason is None] == ["a", "b"]
    assert outcome({"name": "f", "select": [top(count=1, per_label=True)]}) == dict.fromkeys("abcd")


def test_the_oracle_drops_what_was_planted() -> None:
    found = outcome({"name": "o", "arm": "oracle", "select": [{"_target_": "avcur.filters.select.Clean"}]})
    assert found == {"a": None, "b": "planted defect", "c": None, "d": None}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "f", "ruls": {}}, "unknown entry 'ruls'"),
        ({"name": "f", "arm": "best"}, "arms are"),
        ({"name": "f", "arm": "control"}, "arms are raw, curated, oracle"),
        ({"name": "f", "match": {"name": "g"}}, "unknown entry 'match'"),
        ({"name": "f", "rules": {"threshold": {"signal": None, "min": 1}}}, r"rules\.threshold\.signal is missing"),
        ({"name": "f", "rules": {"threshold": {"signal": "snrr", "min": 1}}}, "unknown signal 'snrr'"),
        ({"name": "f", "select": [top(count=1, signal="snrr")]}, "unknown signal 'snrr'"),
    ],
)
def test_a_wrong_filter_is_one_clear_error(body: dict[str, Any], message: str) -> None:
    if "select" in body:
        body = {**body, "select": [{**body["select"][0], "signal": "snrr"}]}
    with pytest.raises(UserError, match=message):
        outcome(body)
