from pathlib import Path

import polars as pl
import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from sklearn.metrics import average_precision_score

from avcur.errors import UserError
from avcur.training.evaluate import LEGACY, evaluate
from avcur.training.predictions import arrays
from avcur.training.runner import run
from avcur.variants.variant import Variant
from tests.training.configs import training_config

FACES = ("datamodule.batch_size=4", "datamodule.segment_frames=15", "budget.value=2", "+save_checkpoint=true")


def evaluating(studies: Path, checkpoints: Path, *overrides: str, task: str = "active_speaker") -> DictConfig:
    cfg = training_config(task, studies, *overrides)
    return OmegaConf.merge(cfg, {"checkpoints": str(checkpoints), "legacy": task == "active_speaker"})


def test_every_checkpoint_has_a_row_with_the_scores_of_its_run(faces: Variant, tmp_path: Path) -> None:
    results = [
        run(training_config("active_speaker", tmp_path / "runs", *FACES, f"seed={seed}"), faces) for seed in (0, 1)
    ]
    table = evaluate(evaluating(tmp_path, tmp_path / "runs"), faces)
    assert table["state"].to_list() == ["ok", "ok"]
    by_seed = {row["seed"]: row for row in table.iter_rows(named=True)}
    for seed, result in enumerate(results):
        for key, value in result["metrics"].items():
            assert by_seed[seed][key] == pytest.approx(value, abs=1e-6)
    assert table["val/ap"].is_sorted(descending=True)
    (csv,) = tmp_path.rglob("evaluation-runs.csv")
    assert pl.read_csv(csv)["checkpoint"].to_list() == table["checkpoint"].to_list()


def test_legacy_is_scikit_learns_value_of_the_same_predictions(faces: Variant, tmp_path: Path) -> None:
    run(training_config("active_speaker", tmp_path / "runs", *FACES), faces)
    table = evaluate(evaluating(tmp_path, tmp_path / "runs"), faces)
    (predictions,) = (tmp_path / "trial" / "evaluation").rglob("predictions.parquet")
    target, scores = arrays(pl.read_parquet(predictions))
    assert table[f"test/{LEGACY}"][0] == pytest.approx(average_precision_score(target, scores[:, 0]))
    assert table["test/ap"][0] >= table[f"test/{LEGACY}"][0]


def test_what_was_scored_is_not_scored_again(faces: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(training_config("active_speaker", tmp_path / "runs", *FACES), faces)
    first = evaluate(evaluating(tmp_path, tmp_path / "runs"), faces)
    monkeypatch.setattr("avcur.training.evaluate._scores", lambda *_: pytest.fail("scored again"))
    assert evaluate(evaluating(tmp_path, tmp_path / "runs"), faces).equals(first)


def test_what_cannot_be_scored_says_why_and_ends_nothing(faces: Variant, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    run(training_config("active_speaker", runs, *FACES), faces)
    (runs / "empty.pt").write_bytes(b"")
    torch.save({"layer.weight": torch.zeros(2)}, runs / "foreign.pt")
    torch.save({"task": "speaker_id", "state_dict": {"w": torch.zeros(2)}}, runs / "speakers.pt")
    table = evaluate(evaluating(tmp_path, runs), faces)
    reasons = dict(table.filter(state="refused").select("checkpoint", "reason").iter_rows())
    assert set(reasons) == {"empty.pt", "foreign.pt", "speakers.pt"}
    assert "not a checkpoint" in reasons["empty.pt"]
    assert "does not fit the model" in reasons["foreign.pt"]
    assert reasons["speakers.pt"] == "trained for task=speaker_id"
    assert table["state"].to_list().count("ok") == 1


def test_a_checkpoint_that_met_the_test_set_is_refused(faces: Variant, tmp_path: Path) -> None:
    run(training_config("active_speaker", tmp_path / "runs", *FACES), faces)
    swapped = {"train": "test", "test": "train"}
    turned = Variant(**{**vars(faces), "clips": faces.clips.with_columns(pl.col("split").replace(swapped))})
    (row,) = evaluate(evaluating(tmp_path, tmp_path / "runs"), turned).iter_rows(named=True)
    assert row["state"] == "refused"
    assert "was trained on" in row["reason"]


@pytest.mark.parametrize(
    ("checkpoints", "message"), [(None, "checkpoints=PATH"), ("nowhere", "no such"), (".", "no file of weights")]
)
def test_a_folder_of_nothing_is_named(faces: Variant, tmp_path: Path, checkpoints: str | None, message: str) -> None:
    where = None if checkpoints is None else str(tmp_path / checkpoints)
    cfg = OmegaConf.merge(training_config("active_speaker", tmp_path), {"checkpoints": where})
    with pytest.raises(UserError, match=message):
        evaluate(cfg, faces)


def test_legacy_is_of_active_speaker_alone(speakers: Variant, tmp_path: Path) -> None:
    cfg = OmegaConf.merge(evaluating(tmp_path, tmp_path, task="speaker_id"), {"legacy": True})
    with pytest.raises(UserError, match="legacy=true"):
        evaluate(cfg, speakers)
