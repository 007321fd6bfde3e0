import random

import polars as pl

from avcur.filters.parts import part, with_parents
from avcur.records import FPS
from avcur.variants.control import draw_control, residual
from tests.helpers.tables import speaker_corpus


def rows() -> pl.DataFrame:
    return with_parents(speaker_corpus(utterances=10).clips.with_columns(pl.col("speaker").alias("label")))


def drawn(table: pl.DataFrame, matched: pl.DataFrame, draw: int = 0) -> pl.DataFrame:
    return draw_control(table, matched, draw)[0].filter(pl.col("reason").is_null())


def chosen(table: pl.DataFrame) -> pl.DataFrame:
    """A lopsided curated set: all of two speakers' clips, of the others' those longer than a third of them."""
    long = (pl.col("end") > 2.7) | pl.col("label").is_in(["s0", "s1"])
    return table.filter(long)


def in_parts(table: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """A curated set of parts: of two thirds of the clips a stretch of 0.4 to 1.6 s, of some of them two."""
    rng = random.Random(seed)
    made = []
    for row in table.sort("clip_id").to_dicts():
        if rng.random() < 0.3:
            continue
        first = rng.randrange(0, 10) / FPS
        length = rng.randrange(10, 40) / FPS
        made.append(part(row, row["start"] + first, min(row["start"] + first + length, row["end"])))
        if rng.random() < 0.2 and made[-1]["end"] + 0.2 < row["end"]:
            made.append(part(row, made[-1]["end"] + 0.1, row["end"]))
    return pl.DataFrame(made, schema=table.schema)


def seconds(table: pl.DataFrame) -> float:
    return float((table["end"] - table["start"]).sum())


def test_a_control_has_the_count_the_labels_and_nearly_the_hours() -> None:
    table = rows()
    matched = chosen(table)
    control = drawn(table, matched)
    found = draw_control(table, matched, draw=0)[1]
    assert len(control) == len(matched)
    assert control["label"].value_counts().sort("label").equals(matched["label"].value_counts().sort("label"))
    apart = abs(seconds(control) - seconds(matched))
    assert apart < 0.01 * seconds(matched)
    assert found["clips"] == 0
    assert abs(abs(found["hours"] * 3600) - apart) < 1e-6
    assert found["hours_share"] < 0.01
    assert (found["clips_share"], found["label_share"], found["duration_share"]) == (0, 0, 0)


def test_the_residual_counts_what_does_not_match() -> None:
    table = rows()
    matched, other = table.filter(label="s0"), table.filter(pl.col("label").is_in(["s0", "s1"]))
    found = residual(other.filter(pl.col("label") == "s1"), matched, table)
    assert found["label_share"] == 1.0
    assert found["overlap"] == 0
    more = residual(other, matched, table)
    assert more["clips_share"] == more["label_share"] * 2 == 1.0
    longer = matched.with_columns(end=pl.col("end") + 10)
    assert residual(longer, matched, table)["duration_share"] > 0.5
    assert residual(longer, matched, table)["hours_share"] > 2


def test_draws_are_numbered() -> None:
    table = rows()
    for matched in (chosen(table), in_parts(table)):
        draws = [drawn(table, matched, k)["clip_id"].sort().to_list() for k in range(5)]
        assert len({tuple(d) for d in draws}) == 5
        shuffled = table.sample(fraction=1.0, shuffle=True, seed=1)
        assert draws[3] == drawn(shuffled, matched, 3)["clip_id"].sort().to_list()


def test_a_control_of_everything_is_everything() -> None:
    table = rows()
    assert drawn(table, table)["clip_id"].sort().equals(table["clip_id"].sort())


def test_a_control_of_parts_has_their_count_their_labels_and_their_hours() -> None:
    table = rows()
    matched = in_parts(table)
    judged, found = draw_control(table, matched, draw=0)
    control = judged.filter(pl.col("reason").is_null())
    assert found["clips"] == 0
    assert abs(seconds(control) - seconds(matched)) < 0.01 * seconds(matched)
    assert control["label"].value_counts().sort("label").equals(matched["label"].value_counts().sort("label"))
    assert 0 < found["overlap"] < 1


def test_a_control_of_parts_takes_no_moment_twice_and_loses_none() -> None:
    table = rows()
    judged, _ = draw_control(table, in_parts(table), draw=2)
    assert abs(seconds(judged) - seconds(table)) < 1e-6
    for _, parts in judged.group_by("parent_id"):
        spans = parts.sort("start")
        assert (spans["start"].to_numpy()[1:] >= spans["end"].to_numpy()[:-1] - 1e-9).all()


def test_clips_whose_sound_alone_was_moved_are_matched_as_whole_clips() -> None:
    table = rows()
    matched = chosen(table)
    moved = [part(row, row["start"], row["end"], -0.2) for row in matched.to_dicts()]
    control = drawn(table, pl.DataFrame(moved, schema=table.schema))
    assert control["clip_id"].sort().equals(drawn(table, matched)["clip_id"].sort())
    assert set(control["audio_offset"]) == {0.0}
