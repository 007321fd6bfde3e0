"""What the evaluation is timed against gives the same number, on rows like those of the timing."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcur.metrics.ava.matching import match
from avcur.sources.ava.annotations import LABELS, read_annotations, read_predictions, tracks
from experiments.benchmarks.active_speaker.made_rows import table


def test_made_rows_are_of_avas_form(tmp_path: Path) -> None:
    truth, predictions = table(3000, 60, 5)
    truth.write_csv(tmp_path / "truth.csv", include_header=False)
    read = read_annotations(tmp_path / "truth.csv")
    assert len(read) == 3000
    assert set(read["label"]) <= set(LABELS)
    found = tracks(read)
    assert (len(found), found["video_id"].n_unique(), set(found["fps"])) == (60, 5, {25.0})
    assert found["num_rows"].min() == 21
    assert 0.3 < match(read, predictions).average_precision() < 0.99


def test_the_reference_agrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = pytest.importorskip(
        "experiments.benchmarks.active_speaker.reference", reason="no pandas", exc_type=ImportError
    )
    truth, predictions = table(3000, 60, 5)
    predictions = predictions.sample(fraction=1, shuffle=True, seed=1)
    paths = (tmp_path / "truth.csv", tmp_path / "predictions.csv")
    for path, made in zip(paths, (truth, predictions), strict=True):
        made.write_csv(path, include_header=False)
    reference.main(*map(str, paths))
    ours = match(read_annotations(paths[0]), read_predictions(paths[1])).average_precision()
    assert predictions["score"].n_unique() == len(predictions)
    assert float(capsys.readouterr().out) == pytest.approx(ours, abs=1e-12)
