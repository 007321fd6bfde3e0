import random
from typing import Any

import polars as pl
import pytest

from avcur.errors import UserError
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.splits.groups import connected_components
from avcur.splits.leakage import check_disjoint
from avcur.tasks import TASKS
from tests.helpers.tables import clip, clips, speaker_corpus


def labelled(table: pl.DataFrame, column: str) -> pl.DataFrame:
    return table.with_columns(pl.col(column).alias("label"))


def test_every_speaker_is_trained_and_tested_in_other_sessions() -> None:
    rows = GroupDisjoint()(labelled(speaker_corpus().clips, "speaker"), TASKS["speaker_id"])
    sides = rows.group_by("speaker").agg(pl.col("split").unique().sort())
    assert all(s.to_list() == ["test", "train", "val"] for s in sides["split"])
    assert rows.group_by("session").agg(pl.col("split").n_unique())["split"].max() == 1


def test_the_split_depends_on_its_seed_and_not_on_the_order_of_rows() -> None:
    table = labelled(speaker_corpus().clips, "speaker")
    split = GroupDisjoint()(table, TASKS["speaker_id"])
    shuffled = GroupDisjoint()(table.sample(fraction=1.0, shuffle=True, seed=3), TASKS["speaker_id"])
    other = GroupDisjoint(seed=1)(table, TASKS["speaker_id"])
    assert split.sort("clip_id").equals(shuffled.sort("clip_id"))
    assert not split["split"].equals(other["split"])


def test_components_join_what_is_linked_through_others() -> None:
    rows = [
        clip("a", audio_type="both", entities=["speaker:1", "piece:1"]),
        clip("b", audio_type="music", entities=["piece:1"]),
        clip("c", audio_type="both", entities=["speaker:1", "piece:2"]),
        *(clip(f"d{n}", audio_type="music", entities=[f"piece:{n + 3}"]) for n in range(20)),
    ]
    split = GroupDisjoint()(labelled(clips(rows), "audio_type"), TASKS["audio_type"])
    assert split.filter(pl.col("clip_id").is_in(["a", "b", "c"]))["group"].n_unique() == 1
    assert set(split["split"]) == {"train", "val", "test"}


def test_copies_of_one_file_are_on_one_side_even_by_utterance() -> None:
    rows = [clip(f"c{n}", speaker=f"s{n % 2}", media=f"m{n // 2}") for n in range(40)]
    split = GroupDisjoint(unit="utterance")(labelled(clips(rows), "speaker"), TASKS["speaker_id"])
    assert split.group_by("media").agg(pl.col("split").n_unique())["split"].max() == 1


@pytest.mark.parametrize(("unit", "task"), [
    ("session", "speaker_id"), ("utterance", "speaker_id"), ("identity", "active_speaker"), ("component", "audio_type"),
])  # fmt: skip
def test_near_duplicates_are_on_one_side_under_every_unit(unit: Any, task: str) -> None:
    rows = [clip(f"c{n:02d}", session=f"s{n}", entities=[f"speaker:{n}"], speaker=f"s{n % 2}") for n in range(40)]
    table = labelled(clips(rows), "speaker")
    sets = pl.Series("near_duplicates", [f"c{n // 2:02d}" if n < 30 else None for n in range(40)])
    apart = GroupDisjoint(unit=unit)(table, TASKS[task])
    split = GroupDisjoint(unit=unit)(table.with_columns(sets), TASKS[task])
    sides = split.drop_nulls("near_duplicates").group_by("near_duplicates").agg(pl.col("split", "group").n_unique())
    assert sides["split"].to_list() == [1] * 15 == sides["group"].to_list()
    assert split["group"].n_unique() == 25
    # What has no near-duplicate keeps its group, and all groups keep names of their members.
    assert split["group"][30:].equals(apart["group"][30:])
    assert set(split["group"]) <= set(apart["group"])


@pytest.mark.parametrize("seed", range(30))
def test_components_are_the_finest_partition_that_joins_shared_tokens(seed: int) -> None:
    rng = random.Random(seed)
    token_lists = [[str(rng.randrange(13)) for _ in range(rng.randint(1, 3))] for _ in range(rng.randint(1, 25))]
    names = connected_components(token_lists)
    for tokens, name in zip(token_lists, names, strict=True):
        for other, other_name in zip(token_lists, names, strict=True):
            if set(tokens) & set(other):
                assert name == other_name
    # Finest: the tokens of two components never meet.
    owner: dict[str, set[str]] = {}
    for tokens, name in zip(token_lists, names, strict=True):
        owner.setdefault(name, set()).update(tokens)
    assert sum(len(tokens) for tokens in owner.values()) == len(set().union(*owner.values()))


def test_the_split_hangs_on_names_and_not_on_bytes() -> None:
    table = labelled(speaker_corpus().clips, "speaker")
    other_bytes = table.with_columns(media=pl.lit("other-") + pl.col("clip_id"))
    split = GroupDisjoint()
    columns = ("clip_id", "group", "split")
    assert (
        split(table, TASKS["speaker_id"])
        .select(columns)
        .equals(split(other_bytes, TASKS["speaker_id"]).select(columns))
    )


def test_without_sessions_the_unit_is_the_utterance() -> None:
    rows = clips([clip(f"c{n}", speaker=f"s{n % 2}") for n in range(20)])
    assert GroupDisjoint().unit_of(TASKS["speaker_id"], rows) == "utterance"
    assert GroupDisjoint().unit_of(TASKS["speaker_id"], speaker_corpus().clips) == "session"


def test_leakage_names_the_group() -> None:
    rows = pl.DataFrame(
        {"group": ["g", "g"], "recording_id": ["a", "b"], "media": ["1", "2"], "split": ["train", "test"]}
    )
    with pytest.raises(UserError, match="group 'g' is in test and train"):
        check_disjoint(rows)


def test_leakage_names_the_near_duplicates() -> None:
    rows = pl.DataFrame({
        "group": ["g", "h", "i"], "recording_id": ["a", "b", "c"], "media": ["1", "2", "3"],
        "split": ["train", "test", "val"], "near_duplicates": ["a", "a", None],
    })  # fmt: skip
    with pytest.raises(UserError, match="near_duplicates 'a' is in test and train"):
        check_disjoint(rows)
    check_disjoint(rows.with_columns(near_duplicates=pl.lit(None, pl.String)))


@pytest.mark.parametrize("values", [{"unit": "speaker"}, {"val": 0.5, "test": 0.5}, {"test": 0.0}])
def test_impossible_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(UserError, match=r"split\."):
        GroupDisjoint(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", ["utterance", "session"])
def test_strangers_are_never_dealt_by_utterance_or_session(unit: Any) -> None:
    with pytest.raises(UserError, match=rf"tested on strangers.*split\.unit={unit}.*split\.unit=identity"):
        GroupDisjoint(unit)(labelled(speaker_corpus().clips, "speaker"), TASKS["speaker_verification"])
