import polars as pl

from avcur.variants.control import draw_control
from tests.helpers.tables import speaker_corpus


def rows() -> pl.DataFrame:
    return speaker_corpus(utterances=10).clips.with_columns(pl.col("speaker").alias("label"))


def chosen(table: pl.DataFrame) -> pl.DataFrame:
    """A lopsided curated set: all of two speakers' clips, the longer half of the others'."""
    long = (pl.col("end") > 3.0) | pl.col("label").is_in(["s0", "s1"])
    return table.filter(long)


def test_a_control_has_the_count_the_labels_and_nearly_the_hours() -> None:
    table = rows()
    matched = chosen(table)
    control, residual = draw_control(table, matched, draw=0)
    assert len(control) == len(matched)
    assert control["label"].value_counts().sort("label").equals(matched["label"].value_counts().sort("label"))
    seconds = abs(float((control["end"] - control["start"]).sum() - matched["end"].sum()))
    assert seconds < 0.01 * float(matched["end"].sum())
    assert residual["clips"] == 0
    assert abs(residual["hours"] * 3600) == seconds


def test_draws_are_numbered() -> None:
    table = rows()
    matched = chosen(table)
    draws = [draw_control(table, matched, k)[0]["clip_id"].sort().to_list() for k in range(5)]
    assert len({tuple(d) for d in draws}) == 5
    assert (
        draws[3]
        == draw_control(table.sample(fraction=1.0, shuffle=True, seed=1), matched, 3)[0]["clip_id"].sort().to_list()
    )


def test_a_control_of_everything_is_everything() -> None:
    table = rows()
    assert draw_control(table, table, 0)[0]["clip_id"].sort().equals(table["clip_id"].sort())
