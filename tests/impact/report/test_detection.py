from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from avcur.impact.report.detection import corpus_folders, detection
from avcur.impact.report.heat_map import heat_map
from avcur.impact.study import Study
from tests.impact.report.rich_study import SIGNALS, a_card, a_comparison, rich_study, write_detection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_detection(tmp_path / "corpus")


def study_of(*folders: str) -> Study:
    comparisons = [
        a_comparison(cards={"strict": a_card(corpus_directory=name)}, condition={"defect": "noise", "rate": i / 10})
        for i, name in enumerate(folders)
    ]
    return rich_study(comparisons=tuple(comparisons))


def test_every_signal_meets_every_defect(folder: Path) -> None:
    study = study_of("corpus")
    assert corpus_folders(study) == ["corpus"]
    text = detection(study, {"corpus": folder})
    assert text.count("AUC 0.") == 4 * 3
    assert text.count('class=hot style="--h:94%"') == 3
    assert "snr against noise: AUC 0.970, low values are bad; precision 0.90, recall 0.80; 40 defective, 200" in text
    assert set(re.findall(r'scope="row">(\w+)<', text)) == set(SIGNALS)


def test_precision_and_recall_can_be_read_without_pointing(folder: Path) -> None:
    details = detection(study_of("corpus"), {"corpus": folder}).split("<details>")[1]
    assert details.count("<tr>") == 1 + 3 * 3
    assert '<b>noise</b></td><td class="text">snr</td><td>0.970</td><td>low</td><td>0.90</td>' in details


def test_what_was_not_measured_is_empty_and_other_tasks_are_left_out(folder: Path) -> None:
    table = pl.read_parquet(folder / "detection.parquet")
    foreign = table.head(1).with_columns(defect=pl.lit("wrong_label"), task=pl.lit("audio_type"))
    unknown = table.with_columns(auc=pl.when(pl.col("signal") == "snr").then(None).otherwise("auc"))
    pl.concat([unknown, foreign]).write_parquet(folder / "detection.parquet")
    text = detection(study_of("corpus"), {"corpus": folder})
    assert "wrong label" not in text
    assert text.count("<td></td>") == 3


def test_several_corpora_have_a_map_each(folder: Path) -> None:
    text = detection(study_of("a", "b"), {"a": folder, "b": folder})
    assert text.count('class="heat"') == 2
    assert "rate 0.1" in text


def label_dose(folder: Path, scored: float, *planted: float) -> Study:
    """One corpus whose labels were planted at a rate when it was scored, and a study that plants them at others."""
    table = pl.read_parquet(folder / "detection.parquet")
    wrong = table.filter(defect="noise").with_columns(
        defect=pl.lit("wrong_speaker"), task=pl.lit("speaker_id"), rate=pl.lit(scored), seed=pl.lit(0)
    )
    pl.concat([table, wrong], how="diagonal").write_parquet(folder / "detection.parquet")
    cards = [
        a_card(corpus_directory="corpus", recipe={"defects": {"labels": {"wrong_speaker": {"rate": rate}}, "seed": 0}})
        for rate in planted
    ]
    comparisons = [
        a_comparison(cards={"strict": card}, condition={"defect": "wrong_speaker", "rate": rate})
        for card, rate in zip(cards, planted, strict=True)
    ]
    return rich_study(comparisons=tuple(comparisons))


def test_a_dose_of_wrong_labels_never_stands_for_another(folder: Path) -> None:
    text = detection(label_dose(folder, 0.2, 0.1, 0.4), {"corpus": folder})
    assert "<span>wrong speaker</span>" not in text
    assert text.count("<span>noise</span>") == 2
    assert "wrong speaker was scored against signals at 20 % (seed 0), not at 10 % (seed 0), 40 % (seed 0)" in text


def test_wrong_labels_of_a_studys_own_rate_are_in_the_map_of_that_rate(folder: Path) -> None:
    text = detection(label_dose(folder, 0.4, 0.1, 0.4), {"corpus": folder})
    assert text.count('class="heat"') == 2
    other, own = text.split("<summary>defect ")[1:]
    assert "rate 0.1" in other.split("</summary>")[0]
    assert ("<span>wrong speaker</span>" in other, "<span>wrong speaker</span>" in own) == (False, True)


def test_without_planted_truth_the_section_says_why(tmp_path: Path) -> None:
    assert "name no folder" in detection(rich_study(), {})
    assert "no detection.parquet in corpus" in detection(study_of("corpus"), {"corpus": tmp_path})
    (tmp_path / "detection.parquet").write_text("no table")
    assert "no detection.parquet" in detection(study_of("corpus"), {"corpus": tmp_path})


def test_names_are_escaped(folder: Path) -> None:
    table = pl.read_parquet(folder / "detection.parquet").with_columns(signal=pl.lit("<b>x</b>"), defect=pl.lit('"&'))
    assert "<b>x</b>" not in heat_map(table)
    assert "&quot;&amp;" in heat_map(table)


def test_a_defect_of_few_clips_is_pale_and_counted(folder: Path) -> None:
    table = pl.read_parquet(folder / "detection.parquet")
    rare = pl.when(pl.col("defect") == "blur").then(3).otherwise("num_defective").alias("num_defective")
    text = heat_map(table.with_columns(rare))
    assert text.count("<td class=few") == 4
    assert "<th class=few><span>blur</span><small>3</small>" in text
    assert "<th><span>noise</span><small>40</small>" in text
    assert text.index('scope="row">laplacian_variance') > text.index('scope="row">snr'), "and orders no signals"
