from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from avcur.impact.__main__ import main
from avcur.impact.compare import compare_study
from avcur.impact.report.axes import Axis
from avcur.impact.report.effects import effect_plot
from avcur.impact.report.page import page
from tests.impact.fake_study import FakeStudy, edit

VOID = {"meta", "br", "img", "circle", "line", "path", "rect"}


class Balance(HTMLParser):
    """Fails on a tag that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_no_network(whole_study: Path) -> None:
    text = page(compare_study(whole_study))
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    assert not re.search(r"https?://|<script|<link|@import|url\(", text)
    assert len(text) < 1_000_000
    for heading in ("Effects", "Scores of every run", "Table", "Funnels", "Signals of kept", "How to read", "Facts"):
        assert re.search(f'<h2 id="[a-z]+">{heading}', text)
    first, effects, *_ = text.split("<h2")
    assert first.count('class="mark') == 3 * 2  # tasks x arms, each against its controls
    assert effects.count('class="mark') == 3 * 2 * 2 * 2  # tasks x test sets x arms x (control, raw)
    assert text.count('class="dot"') == 75


def test_names_are_escaped(small_study: Path) -> None:
    for path in small_study.rglob("result.json"):
        edit(path, study="<b>me</b>", model="a&b")
    text = page(compare_study(small_study))
    assert "<b>me</b>" not in text
    assert "a&amp;b" in text


def test_command_prints_the_answer_and_writes_both_files(whole_study: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "avcur.impact", str(whole_study), "--out", str(tmp_path), "--wandb", "disabled"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.strip().splitlines()
    assert lines[-1].endswith("impact.html")
    assert "effect vs control" in done.stdout
    assert "strict could not be told from random sets" in done.stdout
    document = json.loads((tmp_path / "impact.json").read_text())
    assert document["schema"] == 1
    row = document["comparisons"][0]["tables"][0]["rows"][0]
    assert {"estimate", "low", "high", "p", "mde", "df"} <= set(row["vs_control"])
    assert f"{row['vs_control']['estimate']:+.3f}" in done.stdout
    assert (tmp_path / "impact.html").read_text().startswith("<!doctype html>")


def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: No result.json below")
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


def test_a_study_with_holes_is_still_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = FakeStudy(tasks=("audio_type",), arms=("strict",), seeds=(0, 1), groups=3, per_group=8).write(tmp_path)
    for path in root.glob("*/*/raw-*"):
        shutil.rmtree(path)
    for path in root.rglob("result.json"):
        edit(path, card={}, cost={})
    assert main([str(root), "--resamples", "100"]) == 0
    said = capsys.readouterr().out
    assert "no raw runs" in said
    assert "only 3 test groups" in said
    assert "no runs" in (root / "impact.html").read_text()


def test_axis_ticks_are_round_and_inside() -> None:
    axis = Axis.over([-0.031, 0.284])
    assert [round(t, 6) for t in axis.ticks] == [0.0, 0.1, 0.2, 0.3]
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
    assert Axis.over([0.5, 0.5]).at(0.5) == "50.00%"
    assert Axis.over([0.0, 1.0]).at(9.0) == "100.00%"


def test_the_effect_plot_puts_zero_and_the_estimate_where_they_belong(whole_study: Path) -> None:
    table = compare_study(whole_study).comparisons[2].tables[0]
    picture = effect_plot(table)
    zero = float(re.search(r'class="zero" x1="([\d.]+)%', picture).group(1))  # type: ignore[union-attr]
    marks = [float(x) for x in re.findall(r'class="mark[^"]*" cx="([\d.]+)%', picture)]
    effects = [effect for row in table.rows for effect in (row.vs_control, row.vs_raw) if effect]
    assert [mark > zero for mark in marks] == [effect.estimate > 0 for effect in effects]
