import json
from dataclasses import replace
from pathlib import Path

import lightning
import numpy as np
import polars as pl
import pytest
import torch

from avcur.errors import UserError
from avcur.metrics.primary import PRIMARY
from avcur.training.predictions import arrays
from avcur.training.runner import run
from avcur.variants.variant import Variant
from avcur.weights import Checkpoint, LearnedFrom
from tests.training.configs import training_config

SMALL = {
    "speaker_id": ["model.network.channels=16", "datamodule.batch_size=12", "budget.value=25"],
    "audio_type": ["model.network.channels=[4,8]", "datamodule.batch_size=12", "budget.value=25"],
    "active_speaker": ["datamodule.batch_size=4", "datamodule.segment_frames=15", "budget.value=6"],
    "av_sync": ["datamodule.batch_size=6", "datamodule.face_size=24", "model.network.face_size=24", "budget.value=35"],
}
BETTER_THAN = {"speaker_id": 0.5, "audio_type": 0.5, "active_speaker": 0.3, "av_sync": 0.5}


def directory(studies: Path, task: str, model: str, variant: Variant, seed: int = 0) -> Path:
    """The run's folder; there is one recipe of the model in these studies."""
    (recipe,) = (studies / "trial" / task).glob(f"{model}-*")
    return recipe / f"raw-{variant.id[:10]}" / f"seed{seed}"


@pytest.mark.parametrize(
    ("option", "named"),
    [("mix.share=0.2", "mix.share"), ("balance=true", "balance"), ("augment.gain=[-3,3]", "augment")],
)
def test_an_estimator_refuses_options_that_it_would_never_hear(
    option: str, named: str, sounds: Variant, tmp_path: Path
) -> None:
    cfg = training_config("audio_type", tmp_path, "model=summary_forest", f"datamodule.{option}")
    with pytest.raises(UserError, match=rf"SummaryForest .* clips alone: turn off datamodule\.{named},"):
        run(cfg, sounds)


def test_options_of_a_network_on_a_model_without_one_are_one_line(sounds: Variant, tmp_path: Path) -> None:
    cfg = training_config("audio_type", tmp_path, "model=summary_forest", "+model.network.dropout=0.2")
    with pytest.raises(UserError, match=r"model=summary_forest has no network.*leave out model\.network"):
        run(cfg, sounds)


@pytest.mark.parametrize(
    ("task", "model", "width"),
    [
        ("speaker_id", "ecapa", 4),
        ("audio_type", "log_mel_cnn", 2),
        ("active_speaker", "light_asd", 1),
        ("av_sync", "dense_sync", 31),
    ],
)
def test_a_run_learns_and_records(
    task: str, model: str, width: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fixtures = {"speaker_id": "speakers", "audio_type": "sounds", "av_sync": "mouths"}
    variant = request.getfixturevalue(fixtures.get(task, "faces"))
    result = run(training_config(task, tmp_path, *SMALL[task]), variant)
    folder = directory(tmp_path, task, model, variant)
    assert json.loads((folder / "result.json").read_text()) == result
    assert result["cost"]["steps"] == result["budget"]["value"]

    table = pl.read_parquet(folder / result["predictions"])
    target, scores = arrays(table)
    assert scores.shape == (len(table), width)
    assert set(table["clip_id"]) == set(variant.rows("test")["clip_id"])
    assert set(table.filter("clean")["clip_id"]) == variant.clean_test
    assert table["item_id"].is_unique().all()
    name, metric = PRIMARY[task]
    assert result["primary_metric"] == f"test/{name}"
    assert result["metrics"][f"test/{name}"] == pytest.approx(metric(target, scores))
    assert result["metrics"][f"test/{name}"] > BETTER_THAN[task]
    assert {key.split("/")[0] for key in result["metrics"]} == {"val", "test", "test_clean"}


def test_frames_are_predicted_in_order_with_their_labels(faces: Variant, tmp_path: Path) -> None:
    run(training_config("active_speaker", tmp_path, "budget.value=1", "datamodule.batch_size=2"), faces)
    table = pl.read_parquet(directory(tmp_path, "active_speaker", "light_asd", faces) / "predictions.parquet")
    for row in faces.rows("test").iter_rows(named=True):
        own = table.filter(clip_id=row["clip_id"])
        assert own["item_id"].to_list() == [f"{row['clip_id']}:{i}" for i in range(50)]
        assert own["target"].to_list() == [int(s) for s in row["speaking"]]


def test_equal_seeds_give_equal_predictions(speakers: Variant, tmp_path: Path) -> None:
    def scores(folder: str, seed: int) -> np.ndarray:
        run(training_config("speaker_id", tmp_path / folder, "seed=" + str(seed), "budget.value=3"), speakers)
        path = directory(tmp_path / folder, "speaker_id", "ecapa", speakers, seed) / "predictions.parquet"
        return arrays(pl.read_parquet(path))[1]

    first, again, other = scores("a", 0), scores("b", 0), scores("a", 1)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_svc_takes_the_same_way(speakers: Variant, tmp_path: Path) -> None:
    cfg = training_config("speaker_id", tmp_path, "model=mfcc_svc")
    told = speakers.clips.with_columns(pl.format("of {}", "label").alias("by:label"))
    result = run(cfg, replace(speakers, clips=told))
    table = pl.read_parquet(directory(tmp_path, "speaker_id", "mfcc_svc", speakers) / "predictions.parquet")
    assert table.select("clip_id", "by:label").rows() == told.filter(split="test").select("clip_id", "by:label").rows()
    assert (result["model"], result["cost"]["steps"]) == ("mfcc_svc", 0)
    assert result["metrics"]["test/accuracy"] >= 0.75
    assert "test/eer" in result["metrics"]


def test_a_finished_run_is_not_repeated_and_another_recipe_lies_beside_it(sounds: Variant, tmp_path: Path) -> None:
    cfg = training_config("audio_type", tmp_path, *SMALL["audio_type"], "budget.value=2")
    first = run(cfg, sounds)
    path = directory(tmp_path, "audio_type", "log_mel_cnn", sounds) / "result.json"
    stamp = path.stat().st_mtime_ns
    assert run(cfg, sounds) == first
    assert path.stat().st_mtime_ns == stamp
    longer = run(training_config("audio_type", tmp_path, *SMALL["audio_type"], "budget.value=3"), sounds)
    assert longer["recipe"] != first["recipe"]
    budgets = {json.loads(p.read_text())["cost"]["steps"] for p in tmp_path.rglob("result.json")}
    assert budgets == {2, 3}, "the second budget did not overwrite the first"


def test_ctrl_c_in_training_is_an_interrupt_and_leaves_no_result(
    sounds: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise SystemExit(1)  # as Lightning ends a process that was interrupted

    monkeypatch.setattr(lightning.Trainer, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(training_config("audio_type", tmp_path, *SMALL["audio_type"], "budget.value=2"), sounds)
    assert not list(tmp_path.rglob("result.json"))


def test_weights_that_a_finished_run_did_not_keep_are_trained_for(sounds: Variant, tmp_path: Path) -> None:
    options = (*SMALL["audio_type"], "budget.value=2")
    first = run(training_config("audio_type", tmp_path, *options), sounds)
    kept = run(training_config("audio_type", tmp_path, *options, "+save_checkpoint=true"), sounds)
    folder = directory(tmp_path, "audio_type", "log_mel_cnn", sounds)
    assert (first["checkpoint"], kept["checkpoint"]) == (None, "model.pt")
    assert kept["metrics"] == first["metrics"]
    stamp = (folder / "model.pt").stat().st_mtime_ns
    run(training_config("audio_type", tmp_path, *options, "+save_checkpoint=true"), sounds)
    assert (folder / "model.pt").stat().st_mtime_ns == stamp


def test_an_emptied_speaker_stays_in_the_test_and_counts_as_error(speakers: Variant, tmp_path: Path) -> None:
    kept = speakers.clips.filter((pl.col("split") != "train") | (pl.col("label") != "speaker01"))
    filtered = Variant(**{**vars(speakers), "id": "f" * 64, "clips": kept})
    for model in ("ecapa", "mfcc_svc"):
        result = run(training_config("speaker_id", tmp_path, f"model={model}", "budget.value=25"), filtered)
        assert result["emptied_classes"] == ["speaker01"]
        table = pl.read_parquet(directory(tmp_path, "speaker_id", model, filtered) / "predictions.parquet")
        target, scores = arrays(table)
        assert scores.shape == (8, 4)
        assert (target == 1).sum() == 2
    assert (scores[target == 1].argmax(axis=1) != 1).all()


def test_epochs_are_counted_in_passes_over_the_kept_clips(sounds: Variant, tmp_path: Path) -> None:
    overrides = ("budget={kind: epochs, value: 2}", "datamodule.batch_size=10", "model.network.channels=[4]")
    result = run(training_config("audio_type", tmp_path, *overrides), sounds)
    assert result["cost"]["steps"] == 2 * 3  # 24 training clips make three batches of ten


def test_fine_tuning_starts_from_the_saved_checkpoint(speakers: Variant, tmp_path: Path) -> None:
    cfg = training_config("speaker_id", tmp_path / "a", "budget.value=2", "+save_checkpoint=true")
    assert run(cfg, speakers)["checkpoint"] == "model.pt"
    saved = directory(tmp_path / "a", "speaker_id", "ecapa", speakers) / "model.pt"
    content = torch.load(saved, weights_only=True)
    assert content["training_groups"] == ["s0-train", "s1-train", "s2-train", "s3-train"]
    assert content["training_recordings"] == sorted(speakers.rows("train")["recording_id"])
    assert (content["model"]["network"]["channels"], content["datamodule"]["num_mels"]) == (32, 80)

    # A learning rate of nothing: what comes out is what was loaded.
    tuned = training_config(
        "speaker_id", tmp_path / "b", "budget.value=1", "+save_checkpoint=true", f"model.init={saved}",
        "model.learning_rate=1e-12", "model.weight_decay=0",
    )  # fmt: skip
    run(tuned, speakers)
    again = torch.load(directory(tmp_path / "b", "speaker_id", "ecapa", speakers) / "model.pt", weights_only=True)
    name = "prototypes.weight"
    torch.testing.assert_close(again["state_dict"][name], content["state_dict"][name], atol=1e-6, rtol=1e-4)


def test_a_fine_tuned_checkpoint_also_learned_what_it_started_from(speakers: Variant, tmp_path: Path) -> None:
    train, test = speakers.rows("train"), speakers.rows("test")
    first, second = train[: len(train) // 2], train[len(train) // 2 :]
    one, two = (Variant(**{**vars(speakers), "clips": pl.concat([part, *map(speakers.rows, ("val", "test"))]),
                           "id": name * 8}) for part, name in ((first, "abcd"), (second, "dcba")))  # fmt: skip
    cfg = training_config("speaker_id", tmp_path / "a", "budget.value=1", "+save_checkpoint=true")
    run(cfg, one)
    saved = directory(tmp_path / "a", "speaker_id", "ecapa", one) / "model.pt"
    tune = ("budget.value=1", "+save_checkpoint=true", f"model.init={saved}")
    run(training_config("speaker_id", tmp_path / "b", *tune), two)
    content = torch.load(directory(tmp_path / "b", "speaker_id", "ecapa", two) / "model.pt", weights_only=True)
    assert content["training_recordings"] == sorted(train["recording_id"])
    swapped = pl.concat([first.with_columns(split=pl.lit("test")), test.with_columns(split=pl.lit("train"))])
    clips = pl.concat([swapped, speakers.rows("val")])
    with pytest.raises(UserError, match=r"model\.init=.* comes of a checkpoint that was trained on"):
        run(
            training_config("speaker_id", tmp_path / "c", *tune),
            Variant(**{**vars(speakers), "clips": clips, "id": "test" * 8}),
        )


def test_a_checkpoint_says_what_it_was_trained_on(mouths: Variant, tmp_path: Path) -> None:
    recipe = {"source": {"_target_": "some.Source", "seed": 7}, "crops": {"geometry": "face", "size": None}}
    clips = mouths.clips.with_columns(media=pl.format("bytes of {}", "clip_id"))
    variant = Variant(**{**vars(mouths), "clips": clips, "card": {**mouths.card, "recipe": recipe}})
    run(training_config("av_sync", tmp_path, *SMALL["av_sync"], "budget.value=1", "+save_checkpoint=true"), variant)
    checkpoint = Checkpoint(str(directory(tmp_path, "av_sync", "dense_sync", variant) / "model.pt"))
    names = frozenset(variant.rows("train")["clip_id"])
    assert checkpoint.learned() == LearnedFrom("some.Source#7", names, names, frozenset(f"bytes of {n}" for n in names))
    assert checkpoint.facts()["crops"] == recipe["crops"]
    assert checkpoint.facts()["datamodule"]["face_size"] == 24


def test_user_errors_come_through_as_themselves(speakers: Variant, sounds: Variant, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        run(training_config("speaker_id", tmp_path, f"model.init={tmp_path}/gone.pt"), speakers)
    with pytest.raises(UserError, match="task=audio_type"):
        run(training_config("speaker_id", tmp_path), sounds)
    with pytest.raises(UserError, match=r"budget\.kind=hours"):
        run(training_config("speaker_id", tmp_path, "budget.kind=hours", "budget.value=9"), speakers)


@pytest.mark.parametrize(("logger", "files"), [("csv", "*/csv/metrics.csv"), ("tensorboard", "*/tensorboard/events*")])
def test_file_loggers_write_into_the_run(logger: str, files: str, sounds: Variant, tmp_path: Path) -> None:
    overrides = (*SMALL["audio_type"], "budget.value=2", f"logger={logger}")
    run(training_config("audio_type", tmp_path, *overrides), sounds)
    written = list(directory(tmp_path, "audio_type", "log_mel_cnn", sounds).parent.glob(files))
    assert written
    if logger == "csv":
        assert {"test/macro_f1", "test_clean/accuracy"} <= set(pl.read_csv(written[0]).columns)


def test_wandb_runs_are_grouped_tagged_and_cheap(
    sounds: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    started = []
    init = wandb.init
    monkeypatch.setattr(wandb, "init", lambda **kw: (started.append(kw), init(**kw))[1])
    for seed in (0, 1):
        overrides = (*SMALL["audio_type"], "budget.value=2", "logger=wandb", f"seed={seed}")
        run(training_config("audio_type", tmp_path, *overrides), sounds)
    assert len(list((tmp_path / "trial" / "wandb").glob("offline-run-*"))) == 2
    assert started[0]["group"] == "trial"
    assert started[0]["tags"] == ["audio_type", "raw", "none"]
    assert started[0]["config"]["config"]["model"]["learning_rate"] > 0
    assert wandb.run is None, "the run must be finished"
