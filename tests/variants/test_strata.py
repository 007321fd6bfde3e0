from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.filters.filter import Filter
from avcur.filters.select import NEAR_DUPLICATE
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS
from avcur.variants import card as cards
from avcur.variants.build import VariantBuilder
from avcur.variants.strata import by_columns, with_by_columns, with_strata
from avcur.variants.train_share import OUTSIDE
from avcur.variants.variant import IDENTITY_COLUMNS, Variant
from tests.helpers.tables import clip, clips, measured, speaker_corpus

NONE: dict[str, Any] = {"name": "none"}


def attributes(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(values.items())]


def rows(sizes: list[float], splits: str) -> pl.DataFrame:
    table = clips([clip(f"c{i}", speaker=f"s{i % 2}") for i in range(len(sizes))])
    named = {"t": "train", "v": "val", "e": "test"}
    return table.with_columns(label=pl.col("speaker"), split=pl.Series([named[s] for s in splits]))


def sized(sizes: list[float]) -> Any:
    return measured({"face_size": {f"c{i}": size for i, size in enumerate(sizes)}})


def test_thirds_of_face_size_are_fitted_on_training_rows_and_named_in_pixels() -> None:
    sizes = [30.0, 60.0, 61.0, 100.0, 101.0, 200.0, 10.0, 400.0]
    found = with_strata(rows(sizes, "ttttttve"), sized(sizes))["by:face_size"].to_list()
    small, medium, large = "small (< 61 px)", "medium (61 to 101 px)", "large (>= 101 px)"
    assert found == [small, small, medium, medium, large, large, small, large]


def test_faces_of_one_size_are_not_parted() -> None:
    assert "by:face_size" not in with_strata(rows([112.0] * 5, "ttttt"), sized([112.0] * 5)).columns
    two = with_strata(rows([50, 50, 50, 50, 90], "ttttt"), sized([50, 50, 50, 50, 90]))
    assert "by:face_size" not in two.columns, "two thirds are alike, and so both bounds the least size"
    half = [50.0, 50, 90, 90, 90]
    found = with_strata(rows(half, "ttttt"), sized(half))["by:face_size"].unique(maintain_order=True).to_list()
    assert found == ["small (< 90 px)", "large (>= 90 px)"]


def test_attributes_become_columns_and_gaps_stay_null() -> None:
    table = rows([1.0, 2.0, 3.0], "ttv").with_columns(
        pl.Series("attributes", [attributes(sex="f", language="de"), [], attributes(sex="m")],
                  dtype=clips([]).schema["attributes"])
    )  # fmt: skip
    found = with_strata(table, measured({}))
    assert by_columns(found) == ["by:speaker", "by:label", "by:language", "by:sex"]
    assert found["by:sex"].to_list() == ["f", None, "m"]
    assert found["by:language"].to_list() == ["de", None, None]
    assert "attributes" not in found.columns


def test_clips_without_a_speaker_go_by_whose_face_they_show() -> None:
    table = rows([1.0, 2.0], "tt").with_columns(speaker=pl.lit(None, pl.String), identity=pl.Series(["face:1", None]))
    assert with_strata(table, measured({}))["by:speaker"].to_list() == ["face:1", None]


@pytest.fixture
def builder(tmp_path: Path) -> VariantBuilder:
    corpus = speaker_corpus()
    sex = [attributes(sex="f" if speaker in ("s0", "s1") else "m") for speaker in corpus.clips["speaker"]]
    told = corpus.clips.with_columns(pl.Series("attributes", sex, dtype=corpus.clips.schema["attributes"]))
    return VariantBuilder(replace(corpus, clips=told), GroupDisjoint(), {"snr": "sound"}, tmp_path)


def build(builder: VariantBuilder, body: dict[str, Any]) -> Variant:
    return builder.build(Filter.parse(body), TASKS["speaker_id"])


def test_a_variant_carries_them_on_disk_and_keeps_its_id(builder: VariantBuilder) -> None:
    bare = replace(builder, corpus=replace(builder.corpus, clips=builder.corpus.clips.drop("attributes")))
    untold = build(bare, {"name": "strict", "rules": {"snr": {"min": 10}}})
    strict = build(builder, {"name": "strict", "rules": {"snr": {"min": 10}}})
    assert strict.id == untold.id
    assert not set(by_columns(strict.clips)) & set(IDENTITY_COLUMNS)
    rejected = pl.read_parquet(strict.directory / "rejected.parquet")
    manifest = pl.read_csv(strict.directory / "manifest.csv")
    for table in (Variant.load(strict.directory).clips, rejected, manifest):
        assert by_columns(table) == ["by:speaker", "by:label", "by:sex"]
        assert table.filter(pl.col("by:speaker") == "s0")["by:sex"].unique().to_list() == ["f"]
    assert strict.clips.filter(split="test")["by:sex"].null_count() == 0


def test_the_card_says_what_is_kept_of_each_value(builder: VariantBuilder) -> None:
    raw, strict = build(builder, NONE), build(builder, {"name": "strict", "rules": {"snr": {"min": 10}}})
    retention = strict.card["retention"]
    assert list(retention) == ["label", "group", "speaker", "sex"]
    train = {name: variant.rows("train") for name, variant in {"raw": raw, "strict": strict}.items()}
    for sex in ("f", "m"):
        counts = [len(train[name].filter(pl.col("by:sex") == sex)) for name in ("strict", "raw")]
        assert retention["sex"][sex] == counts
        assert counts[0] < counts[1]


def test_a_column_of_free_text_stays_out_of_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pl.DataFrame({
        "parent_id": ["a", "b", "c", "d", "d", "e"], "split": ["train"] * 6, "label": ["x"] * 6, "group": ["g"] * 6,
        "reason": [None, "snr < 1", f"{NEAR_DUPLICATE} of a", None, "silence", OUTSIDE],
        "by:sex": ["f", "f", None, "m", "m", "m"], "by:notes": ["1", "2", "3", "4", "4", "5"],
    })  # fmt: skip
    monkeypatch.setattr(cards, "MOST_VALUES", 3)
    found = cards.retentions(table)
    assert found == {"label": {"x": [2, 4]}, "group": {"g": [2, 4]}, "sex": {"f": [1, 2], "m": [1, 1]}}


def test_predictions_get_them_by_clip() -> None:
    variant = pl.DataFrame({"clip_id": ["a", "b"], "by:sex": ["f", None], "split": ["test", "test"]})
    items = pl.DataFrame({"clip_id": ["b", "a", "a", "z"], "target": [0, 1, 0, 1]})
    found = with_by_columns(items, variant)
    assert found["by:sex"].to_list() == [None, "f", "f", None]
    assert found.drop("by:sex").equals(items)
