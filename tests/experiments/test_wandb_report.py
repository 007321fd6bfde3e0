"""The saved report's specification, as far as it goes without a server."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from experiments.wandb_report import main


def draft(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    pytest.importorskip("wandb_workspaces")
    assert main(["--project", "mine", "--study", "quickstart", "--draft", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_draft_shows_the_studys_own_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = draft(capsys)
    assert (found["project"], found["title"]) == ("mine", "What curation was worth: quickstart")
    grids = [block["metadata"] for block in found["spec"]["blocks"] if block["type"] == "panel-grid"]
    assert len(grids) == 5
    for grid in grids:
        (runs,) = grid["runSets"]
        filters = json.dumps(runs["filters"])
        assert '"quickstart"' in filters
        assert '"train"' in filters or '"impact"' in filters


def test_the_draft_has_tables_axes_and_arms(capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(draft(capsys, "--tasks", "speaker_id", "--rules", "snr/min,loudness/max"))
    for word in ("effects", "arms", "curves", "rules/snr/min", "rules/loudness/max", "val/accuracy", "test/accuracy",
                 "test_clean/accuracy", "cost/kept_hours"):  # fmt: skip
        assert word in text
    assert "macro_f1" not in text


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)
    for name in [name for name in sys.modules if name.startswith("wandb_workspaces.")]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["--study", "quickstart", "--draft"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: wandb-workspaces is not installed")
    assert said.count("\n") == 1


def test_a_missing_login_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import wandb

    def refused(*_: Any, **__: Any) -> None:
        raise wandb.errors.UsageError("api_key not configured\n(no-tty)")

    monkeypatch.setattr(wandb, "Api", refused)
    assert main(["--study", "quickstart"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: W&B: api_key not configured")
    assert said.count("\n") == 1
