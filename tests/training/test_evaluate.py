from pathlib import Path

import polars as pl
import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from sklearn.metrics import average_precision_score

from avcur.errors import UserError
from avcur.training.candidate import Candidate
from avcur.training.evaluate import LEGACY, evaluate
from avcur.training.predictions import arrays
from avcur.training.runner import run
from avcur.variants.variant import Variant
from tests.training.configs import training_config

FACES = ("datamodule.batch_size=4", "datamodule.segment_frames=15", "budget.value=2", "+save_checkpoint=true")


def evaluating(studies: Path, checkpoints: Path, *overrides: str, task: str = "active_speaker") -> DictConfig:
    cfg = training_config(task, studies, *overrides)
    return OmegaConf.merge(cfg, {"checkpoints": str(checkpoints), "legacy": task == "active_speaker"})


def refused(cfg: DictConfig, variant: Variant) -> str:
    """Why the one checkpoint could not be scored, as the CSV says."""
    with pytest.raises(UserError, match="none of the 1 checkpoints"):
        evaluate(cfg, variant)
    written = max(Path(cfg.paths.studies).rglob("evaluation-*.csv"), key=lambda path: path.stat().st_mtime_ns)
    ((state, reason),) = pl.read_csv(written).select("state", "reason").iter_rows()
    assert state == "refused"
    return str(reason)


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
    (csv,) = tmp_path.rglob("evaluation-runs-*.csv")
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
    assert "was trained on" in refused(evaluating(tmp_path, tmp_path / "runs"), turned)


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


def test_a_trial_on_a_few_batches_is_not_kept(faces: Variant, tmp_path: Path) -> None:
    run(training_config("active_speaker", tmp_path / "runs", *FACES), faces)
    evaluate(
        evaluating(tmp_path, tmp_path / "runs", "+trainer.fast_dev_run=true", "datamodule.eval_batch_size=1"), faces
    )
    assert not list(tmp_path.rglob("predictions.parquet"))[1:], "only the run itself may have left predictions"
    whole = evaluate(evaluating(tmp_path, tmp_path / "runs"), faces)
    (stored,) = (tmp_path / "trial" / "evaluation").rglob("predictions.parquet")
    assert pl.read_parquet(stored)["clip_id"].n_unique() == len(faces.rows("test"))
    assert whole["state"].to_list() == ["ok"]


def test_precision_counts_and_the_number_of_workers_does_not(faces: Variant, tmp_path: Path) -> None:
    run(training_config("active_speaker", tmp_path / "runs", *FACES), faces)
    (path,) = (tmp_path / "runs").rglob("model.pt")

    def key(*overrides: str) -> str:
        return Candidate(path, "model.pt", evaluating(tmp_path, path, *overrides)).key(faces)

    assert key() == key("datamodule.num_workers=2") == key("trainer.enable_progress_bar=true")
    assert key() != key("+trainer.precision=bf16-mixed")


def test_a_file_may_hold_anything_and_runs_nothing(faces: Variant, tmp_path: Path) -> None:
    runs, victim = tmp_path / "runs", tmp_path / "victim.txt"
    run(training_config("active_speaker", runs, *FACES), faces)
    (path,) = runs.rglob("model.pt")
    content = torch.load(path, weights_only=True)
    opened = {"_target_": "builtins.open", "file": str(victim), "mode": "w"}
    torch.save({**content, "model": {**content["model"], "network": opened}}, runs / "opens.pt")
    torch.save({**content, "model": {**content["model"], "gone": 1}}, runs / "older.pt")
    torch.save({"model": content["state_dict"]}, runs / "nested.pt")
    table = evaluate(evaluating(tmp_path, runs), faces)
    reasons = dict(table.filter(state="refused").select("checkpoint", "reason").iter_rows())
    assert not victim.exists()
    assert "builtins.open" in reasons["opens.pt"]
    assert "gone" in reasons["older.pt"]
    assert set(reasons) == {"opens.pt", "older.pt", "nested.pt"}


def test_a_head_that_is_lacking_is_not_drawn_at_random(speakers: Variant, tmp_path: Path) -> None:
    cfg = training_config("speaker_id", tmp_path / "runs", "budget.value=1", "+save_checkpoint=true")
    run(cfg, speakers)
    (path,) = (tmp_path / "runs").rglob("model.pt")
    weights = torch.load(path, weights_only=True)["state_dict"]
    bare = {name.removeprefix("network."): value for name, value in weights.items() if name.startswith("network.")}
    torch.save(bare, tmp_path / "bare.pt")
    assert "1 weights lacking" in refused(evaluating(tmp_path, tmp_path / "bare.pt", task="speaker_id"), speakers)


def test_a_variant_without_val_is_named(faces: Variant, tmp_path: Path) -> None:
    clips = faces.clips.filter(pl.col("split") != "val")
    with pytest.raises(UserError, match="no val clips"):
        evaluate(evaluating(tmp_path, tmp_path), Variant(**{**vars(faces), "clips": clips}))


@pytest.fixture
def published(real_media: Path) -> Path:
    path = real_media.parent / "weights" / "light_asd_ava.pt"
    if not path.is_file():
        pytest.skip("no published Light-ASD weights beside the checkout")
    return path


WHOLE = ("model.network.width=1", "model.network.momentum=0.01", "datamodule.face_size=112")


def of_ava(faces: Variant, **published_split: str) -> Variant:
    """The same clips as if they were AVA's."""
    side = pl.col("split").replace_strict(published_split)
    recipe = {"source": {"_target_": "avcur.sources.ava.source.AvaSource"}, "crops": {"geometry": "box", "size": None}}
    clips = faces.clips.with_columns(published_split=side)
    return Variant(**{**vars(faces), "clips": clips, "card": {**faces.card, "recipe": recipe}})


def test_published_weights_are_not_chosen_by_what_they_learned(published: Path, faces: Variant, tmp_path: Path) -> None:
    cfg = evaluating(tmp_path, published, *WHOLE, "datamodule.region=face")
    (row,) = evaluate(cfg, of_ava(faces, train="train", val="train", test="val")).iter_rows(named=True)
    assert row["state"] == "ok"
    assert not [name for name in row if name.startswith("val/")]
    assert "val left out" in row["reason"]
    assert "learned" in refused(cfg, of_ava(faces, train="val", val="val", test="train"))
    tuned = training_config("active_speaker", tmp_path, *WHOLE, f"model.init={published}")
    with pytest.raises(UserError, match="learned this source's published train"):
        run(tuned, of_ava(faces, train="val", val="val", test="train"))


def test_published_weights_are_shown_their_crops(published: Path, faces: Variant, tmp_path: Path) -> None:
    variant = of_ava(faces, train="train", val="val", test="val")
    why = refused(evaluating(tmp_path, published, *WHOLE), variant)
    assert why == "reads datamodule.region=face, not mouth"
    card = {**variant.card, "recipe": {**variant.card["recipe"], "crops": {"geometry": "lower_face", "size": None}}}
    lower = Variant(**{**vars(variant), "card": card})
    assert "reads crops.geometry=face or box" in refused(evaluating(tmp_path, published, *WHOLE), lower)
