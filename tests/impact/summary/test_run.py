"""A study's summary run, read back from the file that W&B wrote."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from avcur.impact.compare import compare_study
from avcur.impact.report.document import write_document
from avcur.impact.report.page import write_page
from avcur.impact.study import Curve, Point, Series, Study
from avcur.impact.summary.run import headline, log_study
from tests.helpers.wandb_file import read_runs
from tests.impact.fake_study import FakeStudy
from tests.impact.report.fake_clips import playable


@pytest.fixture(autouse=True)
def _staged_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "staging"))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """One task with two treatments, and a curve."""
    root = FakeStudy(tasks=("speaker_id",), seeds=(0, 1, 2), groups=5, per_group=8).write(tmp_path / "fake")
    found = compare_study(root, num_resamples=100)
    points = tuple(Point(x=x, hours=1 - x, value=0.5 + x, low=0.4, high=None) for x in (0.1, 0.2, 0.4))
    series = (Series("raw", "raw", points), Series("strict", "curated", points[:2]))
    curve = Curve("dose", "noise", "share", "speaker_id", "accuracy", ("steps", 60), "ecapa", {}, series, series[1:])
    write_document(tmp_path / "fake" / "impact.json", found)
    (tmp_path / "fake" / "impact.html").write_text("<!doctype html><title>what it was worth</title>")
    return dataclasses.replace(found, curves=(curve,))


def test_effects_scores_curves_and_report_are_there(study: Study, tmp_path: Path) -> None:
    log_study(study, tmp_path / "fake", "offline", "avcur")
    ((folder, run),) = read_runs(tmp_path / "fake")
    assert (run.group, run.job_type, run.config["num_runs"]) == ("fake", "impact", study.num_runs)

    effects = run.table(folder, "effects")
    lines = [dict(zip(effects["columns"], line, strict=True)) for line in effects["data"]]
    assert len(lines) == 2 * 2 * 2  # test sets x arms x (control, raw)
    (line,) = [e for e in lines if (e["test"], e["arm"], e["against"]) == ("test", "strict", "control")]
    (row,) = [r for r in study.comparisons[0].tables[0].rows if r.label == "strict"]
    assert row.vs_control is not None
    assert (line["estimate"], line["low"], line["p_holm"]) == (row.vs_control.estimate, row.vs_control.low, row.p_holm)
    assert run.summary["effect/speaker_id/ecapa/60 steps/strict"] == row.vs_control.estimate

    arms = run.table(folder, "arms")
    means = {line[arms["columns"].index("arm")]: line[arms["columns"].index("mean")] for line in arms["data"]}
    assert means.keys() == {arm.label for arm in study.comparisons[0].tables[0].arms}
    curves = run.table(folder, "curves")
    assert [line[curves["columns"].index("x")] for line in curves["data"]] == [0.1, 0.2, 0.4, 0.1, 0.2, 0.1, 0.2]

    key = "dose/noise/speaker_id/ecapa/60 steps"
    assert run.charts == {
        f"score/{key}", f"gain/{key}", *(f"effect/speaker_id/ecapa/60 steps/{t}" for t in ("test", "test_clean")),
    }  # fmt: skip
    assert run.summary["report"]["_type"] == "html-file"
    assert "What curation was worth: fake" in (folder / "files" / run.summary["report"]["path"]).read_text()
    (artifact,) = run.artifacts["study"]
    assert {entry.path for entry in artifact.manifest.contents} == {"impact.json", "impact.html"}


@pytest.mark.parametrize("with_gallery", [False, True])
def test_no_picture_of_a_clip_is_uploaded_unless_asked_for(with_gallery: bool, tmp_path: Path) -> None:
    study, study_dir = playable(tmp_path)
    write_document(study_dir / "impact.json", study)
    write_page(study_dir / "impact.html", study, study_dir)
    assert "data:image" in (study_dir / "impact.html").read_text()
    log_study(study, study_dir, "offline", "avcur", study_dir=study_dir, with_gallery=with_gallery)
    ((folder, run),) = read_runs(study_dir)
    uploaded = [folder / "files" / run.summary["report"]["path"]]
    (artifact,) = run.artifacts["study"]
    uploaded += [Path(entry.local_path) for entry in artifact.manifest.contents if entry.path == "impact.html"]
    assert len(uploaded) == 2
    assert [b"data:image" in path.read_bytes() for path in uploaded] == [with_gallery] * 2


def test_two_models_and_two_budgets_each_have_their_effect(study: Study) -> None:
    first = study.comparisons[0]
    others = [dataclasses.replace(first, model="forest"), dataclasses.replace(first, budget=("steps", 90.0))]
    found = headline(dataclasses.replace(study, comparisons=(first, *others)))
    effects = {key for key in found if key.startswith("effect/") and key.endswith("/strict")}
    assert effects == {
        f"effect/speaker_id/{of}/strict" for of in ("ecapa/60 steps", "forest/60 steps", "ecapa/90 steps")
    }
    assert len(found) == 2 * 3 * 2  # effect and p, comparisons, arms


def test_disabled_leaves_nothing(study: Study, tmp_path: Path) -> None:
    log_study(study, tmp_path / "fake", "disabled", "avcur")
    assert not (tmp_path / "fake" / "wandb").exists()


def test_a_failure_of_wandb_is_a_warning(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import wandb

    def fails(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(wandb, "init", fails)
    log_study(study, tmp_path / "fake", "offline", "avcur")
    assert "the summary of study fake was not logged: OSError: No space left" in caplog.text
    assert json.loads((tmp_path / "fake" / "impact.json").read_text())["name"] == "fake"
