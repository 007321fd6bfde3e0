from typing import Any

import pytest

from avcur.errors import UserError
from avcur.filters.ablation import ablated
from avcur.filters.filter import Filter

TOP = {"_target_": "avcur.filters.select.Top", "signal": "snr", "count": 1}
STRICT: dict[str, Any] = {
    "name": "strict",
    "rules": {"snr": {"min": 1}, "sharpness": {"min": 2}, "duration": None},
    "select": [TOP],
}
NONE: dict[str, Any] = {"name": "none", "rules": {}, "select": []}


def test_one_rule_is_left_out_or_left_alone() -> None:
    without, only = ablated(STRICT, "without_snr"), ablated(STRICT, "only_snr")
    assert (without["name"], list(without["rules"]), without["select"]) == (
        "strict_without_snr",
        ["sharpness"],
        [TOP],
    )
    assert (only["name"], list(only["rules"]), only["select"]) == ("strict_only_snr", ["snr"], [])
    assert Filter.parse(without).arm == Filter.parse(only).arm == "curated"
    assert ablated(STRICT, None) == STRICT


def test_the_raw_filter_stays_and_a_filter_that_nothing_is_left_of_is_it() -> None:
    assert ablated(NONE, "without_snr") == NONE
    alone = {"name": "loud", "rules": {"snr": {"min": 1}}, "select": []}
    assert ablated(alone, "without_snr") == NONE
    assert ablated({**alone, "name": "none"}, "only_snr")["name"] == "custom_only_snr"


@pytest.mark.parametrize("ablation", ["without_noise", "only_duration", "no_snr", "snr", 3])
def test_a_rule_that_the_filter_lacks_is_an_error_that_lists_its_rules(ablation: Any) -> None:
    with pytest.raises(UserError, match=r"filter 'strict', which has snr, sharpness$"):
        ablated(STRICT, ablation)
    oracle = {"name": "oracle", "arm": "oracle", "select": [TOP]}
    with pytest.raises(UserError, match="which has none at all"):
        ablated(oracle, ablation)
