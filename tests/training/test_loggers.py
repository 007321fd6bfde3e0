"""A training run read back from the file that W&B wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from avcur.tracking.facts import rule_bounds
from avcur.training.runner import run
from avcur.variants.variant import Variant
from tests.helpers.wandb_file import LoggedRun, read_runs
from tests.training.configs import training_config

SMALL = ("model=log_mel_cnn", "model.network.channels=[4,8]", "datamodule.batch_size=12", "budget.value=2")


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "staging"))


def logged(sounds: Variant, tmp_path: Path, *overrides: str) -> tuple[LoggedRun, dict[str, Any]]:
    """The one run of a study as W&B has it, and its result.json."""
    cfg = training_config("audio_type", tmp_path, "logger=wandb", "seed=3", *overrides)
    run(cfg, sounds)
    (result,) = (tmp_path / "trial").rglob("result.json")
    ((_, found),) = read_runs(tmp_path / "trial")
    return found, json.loads(result.read_text())


@pytest.mark.parametrize("model", [("model=summary_forest",), (*SMALL, "+save_checkpoint=true")], ids=["forest", "cnn"])
def test_a_run_is_read_back_whole_from_its_file(model: tuple[str, ...], sounds: Variant, tmp_path: Path) -> None:
    found, result = logged(sounds, tmp_path, *model)
    assert (found.group, found.job_type) == ("trial", "train")
    assert found.tags == ["audio_type", "raw", "none"]

    expected = {name: result[name] for name in ("study", "task", "model", "arm", "filter", "seed", "variant_id")}
    expected |= {name: result["cost"][name] for name in ("kept_clips", "kept_hours")}
    assert expected.items() <= found.config.items()
    assert found.config["config"]["budget"]["value"] == result["budget"]["value"]
    assert found.config["budget/steps"] == result["budget"]["value"]

    values = {**result["metrics"], **{f"cost/{name}": value for name, value in result["cost"].items()}}
    assert len(result["metrics"]) > 10
    assert values.keys() <= found.keys
    assert {key: found.summary[key] for key in values} == pytest.approx(values), "a summary is the final value"

    (variant,) = found.artifacts["variant"]
    assert variant.name == f"variant-{sounds.id[:16]}"
    assert variant.use_after_commit, "the run uses its variant once it is uploaded"
    assert {entry.path for entry in variant.manifest.contents} == {"card.json", "manifest.csv"}
    (trained,) = found.artifacts["model"]
    assert not trained.use_after_commit
    weights = {result["checkpoint"]} - {None}
    assert bool(weights) == (result["model"] == "log_mel_cnn")
    assert {entry.path for entry in trained.manifest.contents} == {"result.json", "predictions.parquet", *weights}
    assert json.loads(trained.metadata)["variant_id"] == sounds.id


def test_thresholds_and_conditions_are_flat_numbers(sounds: Variant, tmp_path: Path) -> None:
    rules = {"snr": {"min": 12, "labels": ["speech"]}, "own": {"signal": "loudness", "min": -30, "max": -10.5}}
    card = {**sounds.card, "recipe": {"filter": {"rules": rules}}, "condition": {"defect": "noise", "rate": 0.4}}
    variant = Variant(sounds.id, "audio_type", "curated", "quiet", sounds.directory, sounds.clips, card)
    found, _ = logged(variant, tmp_path, "model=summary_forest")
    bounds = {key: value for key, value in found.config.items() if key.startswith("rules/")}
    assert bounds == {"rules/snr/min": 12, "rules/loudness/min": -30, "rules/loudness/max": -10.5}
    assert (found.config["condition/defect"], found.config["condition/rate"]) == ("noise", 0.4)
    assert (found.config["filter"], found.config["arm"]) == ("quiet", "curated")


def test_rules_on_one_signal_are_told_apart_by_their_names() -> None:
    rules = {
        "loud": {"signal": "snr", "min": 12}, "quiet": {"signal": "snr", "min": 3},
        "other": {"signal": "loud", "max": 1}, "clipping": {"max": 0.1}, "gone": None,
    }  # fmt: skip
    assert rule_bounds({"recipe": {"filter": {"rules": rules}}}) == {
        "rules/loud/min": 12, "rules/quiet/min": 3, "rules/other/max": 1, "rules/clipping/max": 0.1
    }  # fmt: skip


def test_a_filters_name_of_any_length_ends_no_run(sounds: Variant, tmp_path: Path) -> None:
    name = "every-rule-but-" + "one" * 30
    variant = Variant(sounds.id, "audio_type", "curated", name, sounds.directory, sounds.clips, sounds.card)
    found, result = logged(variant, tmp_path, "model=summary_forest")
    assert (found.tags, found.config["filter"], result["filter"]) == (["audio_type", "curated", name[:64]], name, name)


def test_training_goes_on_where_wandb_starts_no_run(
    sounds: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import wandb

    def refuses(**_: Any) -> None:
        raise ValueError("1 validation error\n  for Settings")

    monkeypatch.setattr(wandb, "init", refuses)
    run(training_config("audio_type", tmp_path, "logger=wandb", "seed=3", *SMALL), sounds)
    (result,) = (tmp_path / "trial").rglob("result.json")
    assert "ValueError: 1 validation error for Settings; its metrics go to" in caplog.text
    assert "test/macro_f1" in (result.parent / "csv" / "metrics.csv").read_text()


def test_runs_of_both_budgets_have_names_of_their_own(sounds: Variant, tmp_path: Path) -> None:
    for value in (1, 2):
        cfg = training_config("audio_type", tmp_path, "logger=wandb", *SMALL[:-1], f"budget.value={value}")
        run(cfg, sounds)
    found = [one for _, one in read_runs(tmp_path / "trial")]
    assert len({one.name for one in found}) == 2
    assert len({one.artifacts["model"][0].name for one in found}) == 2


def test_neither_keys_nor_the_environment_are_logged(
    sounds: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "f" * 40)
    monkeypatch.setenv("SOME_SECRET", "open-sesame")
    logged(sounds, tmp_path, "model=summary_forest")
    files = [path for path in (tmp_path / "trial" / "wandb").rglob("*") if path.is_file() and path.suffix != ".log"]
    assert files
    for path in files:
        assert b"f" * 40 not in path.read_bytes()
        assert b"open-sesame" not in path.read_bytes()
        assert path.name != "requirements.txt"


def test_a_failure_of_wandb_costs_no_result(sounds: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import wandb

    def fails(*_: Any, **__: Any) -> None:
        raise wandb.errors.CommError("the server is gone")

    monkeypatch.setattr(wandb.Run, "log_artifact", fails)
    _, result = logged(sounds, tmp_path, "model=summary_forest")
    assert result["metrics"]["test/macro_f1"] >= 0


def test_runs_start_offline_where_the_server_cannot_be_reached(
    sounds: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wandb

    from avcur.tracking.mode import announced_wandb_mode

    monkeypatch.setenv("WANDB_MODE", "online")
    announced_wandb_mode.cache_clear()
    asked, init = [], wandb.init

    def unreachable(mode: str, **given: Any) -> Any:
        asked.append(mode)
        if mode == "online":
            raise wandb.errors.CommError("no route to host")
        return init(mode=mode, **given)

    monkeypatch.setattr(wandb, "init", unreachable)
    logged(sounds, tmp_path, "model=summary_forest")
    run(training_config("audio_type", tmp_path, "logger=wandb", "seed=4", "model=summary_forest"), sounds)
    announced_wandb_mode.cache_clear()
    assert asked == ["online", "offline", "offline"], "only the first run waits for the server"
