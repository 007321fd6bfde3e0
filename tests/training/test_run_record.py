"""Where a run lies, and when it is the very run that was trained before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur.training.run_record import RunRecord, finished_run, twin_run
from avcur.variants.variant import Variant
from tests.training.configs import training_config


def under(variant: Variant, condition: dict[str, Any]) -> Variant:
    return replace(variant, card={**variant.card, "condition": condition})


def write(record: RunRecord, **facts: Any) -> None:
    record.write(pl.DataFrame({"clip_id": []}), {"test/accuracy": 0.5}, {"checkpoint": None, **facts})


def test_equal_variants_under_two_conditions_are_two_runs(speakers: Variant, tmp_path: Path) -> None:
    cfg = training_config("speaker_id", tmp_path)
    conditions: list[dict[str, Any]] = [{}, {"defect": "noise", "rate": 0.0}, {"defect": "blur", "rate": 0.0}]
    records = [RunRecord.of(cfg, under(speakers, condition)) for condition in conditions]
    assert len({record.directory for record in records}) == 3
    assert records[0].name == f"raw-{speakers.id[:10]}"
    assert records[1].name == f"raw-{speakers.id[:10]}-defect-noise-rate-0.0"
    write(records[1])
    assert [record.finished() is not None for record in records] == [False, True, False]


def test_a_run_is_finished_unless_it_is_a_trial_or_lacks_the_weights_asked_for(
    speakers: Variant, tmp_path: Path
) -> None:
    def found(*overrides: str) -> bool:
        cfg = training_config("speaker_id", tmp_path, *overrides)
        return finished_run(cfg, RunRecord.of(cfg, speakers)) is not None

    write(RunRecord.of(training_config("speaker_id", tmp_path), speakers))
    assert found()
    assert found("budget.epochs=99"), "what the other kind's budget would be changes no run"
    assert not found("budget.value=99")
    assert not found("seed=1")
    assert not found("+save_checkpoint=true")
    assert not found("+trainer.fast_dev_run=true")


def curated(variant: Variant, arm: str, matched: str | None = None, **rules: float) -> Variant:
    """The variant as another filter would have made it of the same clips."""
    body = {"name": "strict", "rules": {signal: {"min": value} for signal, value in rules.items()}, "select": []}
    control = None if matched is None else {"filter": "strict", "variant_id": matched, "draw": 0, "residual": {}}
    return replace(variant, arm=arm, card={**variant.card, "recipe": {"filter": body}, "control": control})


def test_equal_clips_of_two_filters_are_two_runs_of_which_one_is_trained(speakers: Variant, tmp_path: Path) -> None:
    cfg = training_config("speaker_id", tmp_path)
    variants = [
        curated(speakers, "curated", snr=5), curated(speakers, "curated", snr=10),
        curated(speakers, "control", "a" * 64, snr=5), curated(speakers, "control", "b" * 64, snr=5),
    ]  # fmt: skip
    records = [RunRecord.of(cfg, variant) for variant in variants]
    assert len({record.directory for record in records}) == 4
    write(records[0], cost={"wall": 3.0})
    assert [finished_run(cfg, record) is not None for record in records] == [True, False, False, False]
    for record, variant in zip(records[1:], variants[1:], strict=True):
        twin = twin_run(cfg, record)
        assert twin is not None
        result = record.adopt(twin)
        assert (result["metrics"], result["cost"], result["arm"]) == (
            {"test/accuracy": 0.5}, {"wall": 3.0}, variant.arm,
        )  # fmt: skip
        assert result["card"]["recipe"] == variant.card["recipe"]
        assert result["control"] == variant.card["control"]
        assert finished_run(cfg, record) == result


def test_a_twin_has_the_recipe_the_seed_the_clips_and_the_weights(speakers: Variant, tmp_path: Path) -> None:
    first, second = curated(speakers, "curated", snr=5), curated(speakers, "curated", snr=10)
    write(RunRecord.of(training_config("speaker_id", tmp_path), first))

    def found(*overrides: str, variant: Variant = second) -> bool:
        cfg = training_config("speaker_id", tmp_path, *overrides)
        return twin_run(cfg, RunRecord.of(cfg, variant)) is not None

    assert found()
    assert not found("seed=1")
    assert not found("budget.value=99")
    assert not found("+save_checkpoint=true")
    assert not found("+trainer.fast_dev_run=true")
    assert not found(variant=replace(second, clean_test=frozenset({"other"})))
    assert not found(variant=replace(second, id=second.id[:10] + "0" * 54))
