from itertools import pairwise

from avcur.variants.removed import warnings


def test_a_group_that_loses_more_than_its_share_is_named_with_both_shares() -> None:
    found = warnings({"label": {"speech": [183, 300]}, "sex": {"f": [12, 80], "m": [171, 220]}}, "strict")
    assert found == ["strict keeps 12 of 80 clips of sex f, 15 %, against 61 % of all"]


def test_an_emptied_group_is_named_however_small() -> None:
    one = warnings({"label": {"a": [0, 1], "b": [50, 90], "c": [4, 7]}})
    assert one == ["the filter keeps none of 1 clip of label a"]
    two = warnings({"label": {"a": [0, 1], "b": [50, 90], "c": [0, 7]}})
    assert two == ["the filter keeps none of the clips of 2 values of label: c (7), a (1)"]


def test_what_chance_explains_is_no_warning() -> None:
    assert warnings({"sex": {"f": [2, 5], "m": [57, 95]}}) == []
    # The same shares in ten times as many clips are no chance.
    assert len(warnings({"sex": {"f": [20, 50], "m": [570, 950]}})) == 1


def test_a_share_just_above_four_fifths_is_no_warning_however_many_clips() -> None:
    assert warnings({"sex": {"f": [4_500, 10_000], "m": [55_000, 100_000]}}) == []
    assert len(warnings({"sex": {"f": [4_200, 10_000], "m": [55_000, 100_000]}})) == 1


def test_more_values_ask_for_more_evidence() -> None:
    few = {"sex": {"f": [5, 20], "m": [60, 100]}}
    assert len(warnings(few)) == 1
    many = {"city": {**few["sex"], **{f"town {i}": [6, 10] for i in range(40)}}}
    assert warnings(many) == []


def test_a_column_names_at_most_five_of_each_kind_the_emptied_first() -> None:
    speakers = {f"s{i}": [0, 10 + i] for i in range(7)} | {f"t{i}": [i + 1, 40] for i in range(8)} | {"u": [400, 400]}
    found = warnings({"speaker": speakers}, "strict")
    assert len(found) == 7
    assert found[0] == (
        "strict keeps none of the clips of 7 values of speaker: s6 (16), s5 (15), s4 (14), s3 (13), s2 (12) and 2 more"
    )
    assert found[1].startswith("strict keeps 1 of 40 clips of speaker t0")
    assert found[6] == "strict keeps too little of 3 more of speaker"


def test_columns_that_part_clips_alike_are_told_once_and_split_groups_not_at_all() -> None:
    counts = {"anna": [0, 9], "ben": [20, 30]}
    assert warnings({"label": counts, "group": {"file 1": [0, 40]}, "speaker": dict(counts)}) == warnings(
        {"label": counts}
    )


def test_a_filter_that_keeps_nothing_is_one_line_and_one_that_keeps_all_none() -> None:
    nothing = {"label": {"a": [0, 9], "b": [0, 3]}, "sex": {"f": [0, 12]}}
    assert warnings(nothing, "strict") == ["strict keeps none of 12 clips"]
    assert warnings({"label": {"a": [9, 9], "b": [3, 3]}}) == []
    assert warnings({}) == []


def test_values_that_hardly_two_clips_share_are_no_groups_unless_they_are_labels() -> None:
    own = {f"a note that nobody else has, of no small length {i}": [0, 1] for i in range(10)} | {"b": [9, 9]}
    assert warnings({"notes": own}) == []
    (line,) = warnings({"label": own})
    assert "10 values of label: a note that nobody else has, of no smal… (1), " in line


def test_the_worst_come_first() -> None:
    found = warnings({"accent": {"x": [10, 100], "y": [20, 100], "z": [90, 100], "w": [180, 200]}})
    shares = [int(line.split(", ")[1].split()[0]) for line in found]
    assert len(shares) == 2
    assert all(a <= b for a, b in pairwise(shares))
