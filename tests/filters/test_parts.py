from typing import Any

import polars as pl

from avcur.filters.parts import parents, part, split, with_parents
from tests.helpers.tables import clip, clips

SPEAKING = [i % 2 == 0 for i in range(75)]


def row(**values: Any) -> dict[str, Any]:
    table = with_parents(clips([clip("a", kind="track", track=0, start=2.0, end=5.0, speaking=SPEAKING, **values)]))
    return table.row(0, named=True)


def test_a_part_has_an_id_a_span_and_labels_of_its_own_and_its_parents_measurements() -> None:
    made = part(row(), 2.4, 3.0)
    assert (made["start"], made["end"], made["audio_offset"]) == (2.4, 3.0, 0.0)
    assert made["speaking"] == SPEAKING[10:25]
    assert made["clip_id"] != "a"
    assert (made["parent_id"], made["parent_start"]) == ("a", 2.0)
    again = part(made, 2.6, 3.0)
    assert again["speaking"] == SPEAKING[15:25]
    assert (again["parent_id"], again["parent_start"]) == ("a", 2.0)


def test_moving_the_sound_makes_another_clip_of_the_same_span() -> None:
    made = part(row(), 2.0, 5.0, -0.2)
    assert made["audio_offset"] == -0.2
    assert made["speaking"] == SPEAKING
    assert made["clip_id"] not in ("a", part(row(), 2.0, 5.0, 0.2)["clip_id"])


def test_splitting_loses_no_moment() -> None:
    parts = split(row(), [(2.0, 2.4), (3.0, 4.0)], "why")
    spans = [(p["start"], p["end"], p["reason"]) for p in parts]
    assert spans == [(2.0, 2.4, None), (2.4, 3.0, "why"), (3.0, 4.0, None), (4.0, 5.0, "why")]


def test_what_is_kept_or_rejected_whole_stays_the_clip_it_was() -> None:
    assert [(p["clip_id"], p["reason"]) for p in split(row(), [(2.0, 5.0)], "why")] == [("a", None)]
    assert [(p["clip_id"], p["reason"]) for p in split(row(), [], "why")] == [("a", "why")]


def test_a_split_clip_counts_as_kept_where_a_part_is() -> None:
    parts = [*split(row(), [(3.0, 4.0)], "why"), {**row(), "parent_id": "b", "reason": "gone"}]
    found = parents(pl.DataFrame(parts, infer_schema_length=None)).sort("clip_id")
    assert dict(found.select("clip_id", "reason").iter_rows()) == {"a": None, "b": "gone"}
