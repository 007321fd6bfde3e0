"""What a checkpoint may be asked about people whom it has, or has not, learned to tell."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from omegaconf import DictConfig, OmegaConf

from avcur.errors import UserError
from avcur.training.evaluate import evaluate
from avcur.training.runner import run
from avcur.training.trials import embeddings
from avcur.variants.variant import Variant
from tests.training.configs import training_config

SMALL = ("budget.value=2", "model.network.channels=16", "model.network.embedding_size=16", "+save_checkpoint=true")


def identification(strangers: Variant, speakers: list[str]) -> Variant:
    """A closed-set variant of some of the same people: their clips dealt by turns, groups by session."""
    rows = strangers.clips.filter(pl.col("label").is_in(speakers)).sort("clip_id")
    turn = pl.int_range(pl.len()).over("label")
    split = pl.when(turn == 0).then(pl.lit("val")).when(turn == 1).then(pl.lit("test")).otherwise(pl.lit("train"))
    rows = rows.with_columns(split=split, group=pl.col("clip_id"))
    closed = {"task": "speaker_id", "id": "c" * 64, "clips": rows, "clean_test": frozenset()}
    return Variant(**{**vars(strangers), **closed, "card": {**strangers.card, "classes": speakers}})


def people(variant: Variant, split: str) -> list[str]:
    return sorted(set(variant.rows(split)["label"]))


def trained(variant: Variant, studies: Path, *overrides: str) -> Path:
    run(training_config(variant.task, studies, *SMALL, *overrides), variant)
    (path,) = studies.rglob("model.pt")
    return path


def evaluating(studies: Path, checkpoint: Path, *overrides: str) -> DictConfig:
    cfg = training_config("speaker_verification", studies, *overrides)
    return OmegaConf.merge(cfg, {"checkpoints": str(checkpoint), "legacy": False})


def test_whom_it_learned_to_tell_is_no_stranger(strangers: Variant, tmp_path: Path) -> None:
    known = identification(strangers, people(strangers, "test"))
    # Other utterances of the people of test, under groups of other names.
    other = known.clips.with_columns(
        pl.format("{}-b", "clip_id").alias("clip_id"), pl.format("{}-b", "recording_id").alias("recording_id")
    )
    checkpoint = trained(Variant(**{**vars(known), "clips": other}), tmp_path / "closed")
    with pytest.raises(UserError, match="was trained on 5 groups of this study's test"):
        run(training_config("speaker_verification", tmp_path, *SMALL, f"model.init={checkpoint}"), strangers)
    with pytest.raises(UserError, match="none of the 1 checkpoints"):
        evaluate(evaluating(tmp_path, checkpoint), strangers)


def test_a_checkpoint_of_identification_is_asked_about_strangers(strangers: Variant, tmp_path: Path) -> None:
    checkpoint = trained(identification(strangers, people(strangers, "train")[:3]), tmp_path / "closed")
    told = replace(strangers, clips=strangers.clips.with_columns(pl.col("label").alias("by:speaker")))
    table = evaluate(evaluating(tmp_path, checkpoint, "datamodule.crop_seconds=0.5"), told)
    assert table["state"].to_list() == ["ok"]
    (path,) = tmp_path.glob("**/evaluation/**/predictions.parquet")
    trials = pl.read_parquet(path)
    assert trials["by:speaker"].equals(trials["enrol_speaker"])
    assert not trials["by:speaker"].equals(trials["test_speaker"])
    assert 0 <= table["test/eer"][0] <= 1


def test_the_commands_own_pairs_are_scored_not_those_of_training(strangers: Variant, tmp_path: Path) -> None:
    checkpoint = trained(strangers, tmp_path / "open")
    test = strangers.rows("test")["recording_id"]
    pairs = tmp_path / "trials.txt"
    pairs.write_text(f"1 {test[0]}.wav {test[1]}.wav\n0 {test[0]}.wav {test[5]}.wav\n")
    counts = []
    for trials in ("null", str(pairs)):
        evaluate(evaluating(tmp_path / trials.strip("/"), checkpoint, f"datamodule.trials={trials}"), strangers)
        (path,) = (tmp_path / trials.strip("/")).rglob("predictions.parquet")
        counts.append(len(pl.read_parquet(path)))
    assert counts == [40, 2]


def test_another_list_under_the_same_name_is_another_recipe(strangers: Variant, tmp_path: Path) -> None:
    test = strangers.rows("test")["recording_id"]
    pairs = tmp_path / "trials.txt"
    sizes = []
    for others in ([5], [5, 6, 7]):
        lines = [f"1 {test[0]}.wav {test[1]}.wav", *(f"0 {test[0]}.wav {test[i]}.wav" for i in others)]
        pairs.write_text("\n".join(lines))
        run(training_config("speaker_verification", tmp_path, *SMALL, f"datamodule.trials={pairs}"), strangers)
        newest = max(tmp_path.rglob("predictions.parquet"), key=lambda path: path.stat().st_mtime_ns)
        sizes.append(len(pl.read_parquet(newest)))
    assert sizes == [2, 4]


def test_embeddings_of_a_split_that_lacks_an_item_are_not_made_up() -> None:
    with pytest.raises(ValueError, match="2 of 3"):
        embeddings([{"index": [0, 2], "embedding": [[1.0, 0.0], [0.0, 1.0]]}], 3)
