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
    assert Filter.parse({"name": "c", "match": {"name": "strict", "rules": {"snr": {"min": 1}}}}).arm == "control"


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
        ({"name": "f", "arm": "control"}, "go together"),
        ({"name": "f", "select": [top(count=1, signal="snrr")]}, "unknown signal 'snrr'"),
    ],
)
def test_a_wrong_filter_is_one_clear_error(body: dict[str, Any], message: str) -> None:
    if "select" in body:
        body = {**body, "select": [{**body["select"][0], "signal": "snrr"}]}
    with pytest.raises(UserError, match=message):
        outcome(body)
