"""Where a run lies, and when it is the very run that was trained before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur.training.run_record import RunRecord, finished_run
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
        return finished_run(training_config("speaker_id", tmp_path, *overrides), speakers) is not None

    write(RunRecord.of(training_config("speaker_id", tmp_path), speakers))
    assert found()
    assert found("budget.epochs=99"), "what the other kind's budget would be changes no run"
    assert not found("budget.value=99")
    assert not found("seed=1")
    assert not found("+save_checkpoint=true")
    assert not found("+trainer.fast_dev_run=true")
