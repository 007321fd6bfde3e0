"""impact.json, and what a study that was killed and went on has in common with one that was not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from rich.console import Console

from avcur.impact.compare import compare_study
from avcur.impact.report.console import print_study
from avcur.impact.report.document import write_document
from tests.impact.fake_study import FakeStudy, edit, result_of


def fake(root: Path, **others: Any) -> Path:
    return FakeStudy(("speaker_id",), ("strict", "oracle"), (0, 1, 2), groups=6, per_group=8, **others).write(root)


def document(root: Path) -> dict[str, Any]:
    path = root.parent / f"{root.name}.json"
    write_document(path, compare_study(root, num_resamples=100))
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def without_seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_seconds(entry) for key, entry in value.items() if key not in ("wall", "cost")}
    return [without_seconds(entry) for entry in value] if isinstance(value, list) else value


def test_seconds_of_training_stand_nowhere_but_under_wall(tmp_path: Path) -> None:
    first = document(fake(tmp_path / "a"))
    second_root = fake(tmp_path / "b")
    for number, path in enumerate(sorted(second_root.rglob("result.json"))):
        edit(path, cost={**result_of(path)["cost"], "wall": 100.0 + number})
    second = document(second_root)
    assert first != second
    assert without_seconds(first) == without_seconds(second)


def test_a_study_read_twice_and_in_another_place_is_the_same(tmp_path: Path) -> None:
    root = fake(tmp_path / "a", clean=True)
    before = document(root)
    assert document(root) == before
    shutil.copytree(root, tmp_path / "elsewhere" / "a")
    assert document(tmp_path / "elsewhere" / "a") == before


def test_the_document_has_what_the_tables_show(tmp_path: Path) -> None:
    found = document(fake(tmp_path / "a", clean=True, condition={"defect": "noise", "rate": 0.4}))
    assert found["detect"] == 0.05
    (comparison,) = found["comparisons"]
    assert comparison["condition"] == {"defect": "noise", "rate": 0.4}
    assert "noise planted at a rate of 40 %" in comparison["title"]
    assert "random sets of its size" in comparison["headline"]
    assert {point["label"] for point in comparison["front"]} >= {"raw", "strict", "oracle"}
    row = comparison["tables"][0]["rows"][0]
    assert row["vs_clean"]["estimate"] is not None
    assert row["runs_to_detect"] is not None or row["note_to_detect"]
    assert {"column", "value", "kept", "all", "effect"} <= set(comparison["strata"][0])
    assert {"mean", "low", "high", "val", "wall"} <= set(comparison["tables"][0]["arms"][0])


def test_the_terminal_says_it_too(tmp_path: Path) -> None:
    for rate in (0.0, 0.4):
        fake(tmp_path / "a", clean=True, condition={"defect": "noise", "rate": rate})
    console = Console(width=160, record=True, file=open("/dev/null", "w"), markup=False)  # noqa: SIM115
    print_study(console, compare_study(tmp_path / "a", num_resamples=100, detect=0.3))
    said = console.export_text()
    for words in (
        "noise planted at a rate of 40 %", "no noise planted", "effect vs clean", "0.3: ",
        "warning: strict keeps 70 of",
        "no arm scores as well with as few hours", "seconds of training", "From a rate of 0 % to 40 % accuracy goes",
        "clean random, as strict", "exploratory",
    ):  # fmt: skip
        assert words in said, words
