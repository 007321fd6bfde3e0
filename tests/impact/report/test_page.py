from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from avcur.impact.conditions import condition_words
from avcur.impact.report.page import MOST_THUMBNAILS, page, write_page
from avcur.impact.study import Study
from avcur.preview import thumbnails
from tests.helpers.browser import BrowserPage, opened_page
from tests.impact.report.fake_clips import ODD, playable
from tests.impact.report.rich_study import a_card, rich_study, write_detection
from tests.impact.test_report import Balance

SECTIONS = (
    "Effects", "Curves", "Who was removed", "Funnels", "Signals of kept and rejected clips", "Planted truth", "Cost",
    "Gallery", "Scores of every run", "Table", "How to read this", "Definitions", "Facts",
)  # fmt: skip


def everything(root: Path) -> tuple[Study, Path]:
    """A study with something in every section, and the folder of its runs."""
    with_clips, study_dir = playable(root)
    corpus = write_detection(root / "measured" / "planted")
    clips = with_clips.comparisons[0]
    label, card = next(iter(clips.cards.items()))
    histogram = {"snr": {"edges": [0.0, 1.0, 2.0], "kept": [1, 4], "rejected": [3, 0]}}
    own = replace(clips, cards={label: {**card, "histograms": histogram}, ODD: a_card(corpus_directory=str(corpus))})
    study = rich_study(name=ODD)
    return replace(study, comparisons=(own, *study.comparisons)), study_dir


@pytest.fixture
def report(tmp_path: Path) -> Path:
    study, study_dir = everything(tmp_path)
    write_page(tmp_path / "impact.html", study, study_dir)
    return tmp_path / "impact.html"


def test_every_section_is_there_in_order_and_linked(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    found = re.findall(r'<h2 id="(\w+)">([^<]+)', text)
    assert tuple(name for _, name in found) == SECTIONS
    assert len({anchor for anchor, _ in found}) == len(SECTIONS)
    assert re.findall(r'<a href="#(\w+)"', text)[: len(SECTIONS)] == [anchor for anchor, _ in found]


def test_the_plot_comes_before_the_sentences_and_both_before_the_rest(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert text.index("<figure class=first>") < text.index('class="answers"') < text.index("<nav>")
    assert condition_words({"defect": "noise", "rate": 0.2}) in text[: text.index("<nav>")]


def test_the_page_is_well_formed_and_holds_no_script(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    assert not re.search(r"https?://|<script|<link|@import|url\(", text)
    assert ODD not in text


def test_names_that_utf8_cannot_hold_are_written(tmp_path: Path) -> None:
    write_page(tmp_path / "impact.html", rich_study(name="caf\udce9"))
    assert "caf?" in (tmp_path / "impact.html").read_text(encoding="utf-8")


def test_without_the_folder_of_runs_there_is_no_gallery() -> None:
    text = page(rich_study())
    assert 'id="gallery"' not in text
    assert "name no folder" in text, "planted truth says why it is not there"


def test_thumbnails_keep_the_page_small() -> None:
    in_base64 = 4 / 3 * thumbnails._MOST_BYTES
    assert MOST_THUMBNAILS * (in_base64 + 4000) < 20e6 / 2


@pytest.fixture(params=[(1280, "light"), (390, "dark")])
def opened(request: pytest.FixtureRequest) -> Iterator[BrowserPage]:
    width, scheme = request.param
    with opened_page(width, 844, color_scheme=scheme) as browser:
        yield browser


def test_it_opens_from_disk_in_a_browser(opened: BrowserPage, report: Path) -> None:
    shutil.rmtree(report.parent / "measured")
    (report.parent / "a.mp4").unlink()  # what can be played may be gone when the page is looked at
    shown = opened.open(report)
    shown.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert shown.locator("h2").count() == len(SECTIONS)
    assert shown.locator(".clips figure").count() == 3
    picture = shown.locator(".clips img").first
    picture.scroll_into_view_if_needed()
    shown.wait_for_function("document.querySelector('.clips img').naturalWidth > 100", timeout=10_000)
    assert shown.locator(".first .mark").count() == 8
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert shown.evaluate(wide) <= 0, "nothing scrolls sideways"
    opened.assert_clean()
