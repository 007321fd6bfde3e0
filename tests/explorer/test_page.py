"""The page in a browser, against the filter itself."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from avcur.configuration import filter_body
from avcur.explorer.write import write_explorer
from avcur.filters.filter import Filter
from avcur.filters.rules import apply_rules
from avcur.signal_table import SignalTable
from tests.helpers.browser import BrowserPage, opened_page
from tests.helpers.explored import READS, explored_clips, explored_signals

CONF = Path(__file__).resolve().parents[2] / "conf"
GIVEN = [
    "+filter=strict", "+filter.rules.low_snr={signal: snr, min: 2, on_failed: keep}",
    "+filter.rules.num_faces={max: 2, kinds: [track, whole]}", "filter.rules.laplacian_variance.min=40",
    "filter.rules.speech_ratio.min=0.85",
]  # fmt: skip
CLIPS = explored_clips(3000)
SIGNALS = explored_signals(CLIPS).joined(
    SignalTable(CLIPS.select("clip_id", pl.lit(np.linspace(0, 1, 3000)).alias("my (odd) name")))
)
ALL_READS = {**READS, "my (odd) name": "anything"}


@cache
def _composed(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("curate", list(overrides))


def composed(overrides: list[str]) -> DictConfig:
    return _composed(*overrides)


def body_of(overrides: list[str]) -> dict[str, Any]:
    """The filter's body as it is composed, before an ablation."""
    found = OmegaConf.to_container(composed(overrides).filter, resolve=True)
    assert isinstance(found, dict)
    return {str(name): value for name, value in found.items()}


def reasons(body: dict[str, Any]) -> list[str | None]:
    """What the filter itself makes of each clip."""
    judged, _ = apply_rules(CLIPS, SIGNALS, Filter.parse(body).rules, ALL_READS)
    return judged["reason"].to_list()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    given = [*GIVEN, "explorer=true"]
    write_explorer(path, CLIPS, SIGNALS, ALL_READS, body_of(GIVEN), task="speaker_id", overrides=given)
    return path


@pytest.fixture(scope="module")
def opened(path: Path) -> Iterator[BrowserPage]:
    with opened_page(permissions=["clipboard-read", "clipboard-write"]) as watched:
        watched.open(path)
        yield watched
        watched.assert_clean()


@pytest.fixture
def page(opened: BrowserPage) -> Any:
    """The page as the filter has it."""
    opened.page.evaluate("explorer.reset()")
    settle(opened.page)
    return opened.page


def settle(page: Any) -> None:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def move(page: Any, rule: str, side: str, position: int) -> None:
    slider = page.get_by_label(f"{rule} {'minimum' if side == 'min' else 'maximum'}", exact=True)
    slider.fill(str(position))
    settle(page)


def kept(page: Any) -> int:
    return int(page.locator("#kept").get_attribute("data-kept"))


def verdicts(page: Any) -> list[int]:
    """For each clip 0 where it is kept."""
    return page.evaluate("[...explorer.verdicts.first]")


def copied(page: Any, button: str) -> list[str]:
    page.locator(button).click()
    return shlex.split(page.evaluate("navigator.clipboard.readText()"))


def funnel(page: Any) -> dict[str, int]:
    rows = page.locator("#funnel li.out").evaluate_all(
        "all => all.map(e => [e.dataset.reason, Number(e.dataset.clips)])"
    )
    return {reason: clips for reason, clips in rows if clips}


def counted(found: list[str | None]) -> dict[str, int]:
    return {reason: found.count(reason) for reason in dict.fromkeys(found) if reason is not None}


def test_the_page_opens_at_what_the_filter_keeps(page: Any) -> None:
    expected = reasons(body_of(GIVEN))
    assert [v == 0 for v in verdicts(page)] == [r is None for r in expected]
    assert kept(page) == expected.count(None)
    assert funnel(page) == counted(expected)
    rows = CLIPS.filter(pl.Series([r is None for r in expected]))
    assert page.locator("#speakers").inner_text() == str(rows["speaker"].n_unique() - rows["speaker"].has_nulls())
    assert page.locator("#classes").inner_text() == "7"
    hours = float((rows["end"] - rows["start"]).sum()) / 3600
    assert page.evaluate("explorer.verdicts.hours") == pytest.approx(hours)


def test_moving_a_slider_keeps_what_polars_keeps(page: Any) -> None:
    before = kept(page)
    move(page, "face_presence", "min", 300)
    threshold = float(page.get_by_label("face_presence minimum, number").input_value())
    body = body_of(GIVEN)
    body["rules"]["face_presence"]["min"] = threshold
    assert kept(page) == reasons(body).count(None) != before


def test_random_points_and_their_overrides_are_those_of_the_filter(page: Any) -> None:
    rng = np.random.default_rng(5)
    names = ["face_presence", "laplacian_variance", "speech_ratio", "low_snr", "num_faces", "duration", "my (odd) name"]
    for point in range(5):
        page.evaluate("explorer.reset()")
        for name in rng.permutation(names)[: rng.integers(1, 6)]:
            side = str(rng.choice(["min", "max"]))
            end = int(page.get_by_label(f"{name} minimum", exact=True).get_attribute("max"))
            reach = 0.4 * rng.random() if side == "min" else 0.6 + 0.4 * rng.random()
            move(page, name, side, round(reach * end))
        if rng.random() < 0.5:
            page.get_by_label("low_snr on_missing").select_option("keep")
            settle(page)
        command = copied(page, "#copy-line")
        assert command[:2] == ["python", "curate.py"]
        expected = reasons(body_of(command[2:] if point % 2 else [*GIVEN, *copied(page, "#copy")]))
        assert [v == 0 for v in verdicts(page)] == [r is None for r in expected]
        assert kept(page) == expected.count(None)
        assert sorted(funnel(page).values()) == sorted(counted(expected).values())


def test_a_rule_is_taken_away_and_brought_back(page: Any) -> None:
    move(page, "face_presence", "min", 0)
    assert copied(page, "#copy") == ["filter.rules.face_presence=null"]
    body = body_of([*GIVEN, "filter.rules.face_presence=null"])
    assert kept(page) == reasons(body).count(None)
    page.get_by_role("button", name="Reset", exact=True).first.click()
    settle(page)
    assert kept(page) == reasons(body_of(GIVEN)).count(None)
    assert page.locator("#copy").is_disabled()


def test_the_command_says_each_entry_once(page: Any) -> None:
    move(page, "speech_ratio", "min", 100)
    value = page.get_by_label("speech_ratio minimum, number").input_value()
    command = copied(page, "#copy-line")
    assert [word for word in command if "speech_ratio" in word] == [f"filter.rules.speech_ratio.min={value}"]
    assert "explorer=true" not in command


def typed(page: Any, rule: str, side: str, text: str) -> Any:
    field = page.get_by_label(f"{rule} {'minimum' if side == 'min' else 'maximum'}, number")
    field.fill(text)
    field.press("Enter")
    settle(page)
    return field


def said(page: Any, rule: str) -> str:
    return str(page.locator(f'article[data-rule="{rule}"] .said').inner_text())


def test_a_number_among_values_becomes_the_nearest_step_and_says_so(page: Any) -> None:
    field = typed(page, "sync_confidence", "min", "3.0049")
    shown = field.input_value()
    assert shown != "3.0049"
    assert abs(float(shown) - 3.0049) <= 0.01
    assert "the nearest step is taken" in said(page, "sync_confidence")
    assert copied(page, "#copy") == [f"+filter.rules.sync_confidence.min={shown}"]
    move(page, "sync_confidence", "min", 3)
    assert said(page, "sync_confidence") == ""


def test_a_number_that_no_value_is_beside_stays_as_it_was_typed(page: Any) -> None:
    """Values of snr have one decimal."""
    for rule, key, side, text, written in [
        ("low_snr", "snr", "min", "4,03", "4.03"), ("low_snr", "snr", "max", "22.2222", "22.2222"),
        ("low_snr", "snr", "min", "\u22121000", "-1000"),
        ("duration", "duration", "max", "1e4", "10000"),
        ("my (odd) name", "my (odd) name", "max", "1.01", "1.01"),
    ]:  # fmt: skip
        page.evaluate("explorer.reset()")
        field = typed(page, rule, side, text)
        assert (field.input_value(), said(page, rule)) == (written, "")
        words = copied(page, "#copy")
        assert any(word.rstrip("}").endswith(written) for word in words), key
        assert [v == 0 for v in verdicts(page)] == [r is None for r in reasons(body_of([*GIVEN, *words]))], text


def test_a_number_beyond_all_values_keeps_all_or_none(page: Any) -> None:
    before = kept(page)
    for side, text, is_all in (
        ("max", "10.1", True),
        ("min", "0.9", True),
        ("min", "10.1", False),
        ("max", "0.9", False),
    ):
        page.evaluate("explorer.reset()")
        typed(page, "duration", side, text)
        page.get_by_label("duration on_missing").select_option("keep")
        page.get_by_label("duration on_failed").select_option("keep")
        settle(page)
        words = copied(page, "#copy")
        assert f"+filter.rules.duration.{side}={text}" in words
        found = reasons(body_of([*GIVEN, *words]))
        assert kept(page) == found.count(None)
        assert (kept(page) == before) == is_all


@pytest.mark.parametrize("text", ["abc", "1,000", "0x10", "1e999", "--1"])
def test_what_is_no_number_is_marked_and_changes_nothing(page: Any, text: str) -> None:
    before = kept(page)
    field = typed(page, "speech_ratio", "min", text)
    assert (field.input_value(), field.get_attribute("aria-invalid")) == (text, "true")
    assert text in said(page, "speech_ratio")
    assert kept(page) == before
    field = typed(page, "speech_ratio", "min", "0.5")
    assert (field.get_attribute("aria-invalid"), said(page, "speech_ratio")) == (None, "")


def test_a_card_tells_the_range_of_all_values(page: Any) -> None:
    text = page.locator('article[data-rule="low_snr"] .range').inner_text()
    low, high = (float(word) for word in text.removeprefix("values ").split(" … "))
    values = SIGNALS.at("snr", CLIPS["clip_id"])["value"]
    assert low <= values.min() < low + 0.2
    assert high - 0.2 < values.max() <= high


def test_the_keyboard_moves_a_slider_and_finds_a_signal(page: Any) -> None:
    slider = page.get_by_label("speech_ratio minimum", exact=True)
    before = int(slider.input_value())
    slider.press("ArrowRight")
    assert int(slider.input_value()) == before + 1
    page.locator("body").press("/")
    page.keyboard.type("snr")
    assert page.locator("article:visible").evaluate_all("all => all.map(e => e.dataset.rule)") == ["low_snr"]
    page.locator("#search").fill("")


def test_histograms_count_the_clips_that_are_judged(page: Any) -> None:
    counts = "(r) => { const h = explorer.cards.get(explorer.rules.find(x => x.key === r)).histogram; " \
             "return [h.all, h.kept].map(x => x.reduce((a, b) => a + b, 0)) }"  # fmt: skip
    page.get_by_label("low_snr minimum", exact=True).scroll_into_view_if_needed()
    page.wait_for_function("explorer.cards.get(explorer.rules.find(x => x.key === 'low_snr')).histogram.all")
    state = SIGNALS.at("snr", CLIPS["clip_id"])["state"] == "ok"
    judged = state & (CLIPS["kind"] != "still")
    left = pl.Series([r is None for r in reasons(body_of(GIVEN))])
    assert page.evaluate(counts, "low_snr") == [judged.sum(), (judged & left).sum()]


def test_a_phone_shows_everything_without_scrolling_sideways(path: Path) -> None:
    with opened_page(390, 844, is_mobile=True, has_touch=True, color_scheme="dark") as watched:
        page = watched.open(path)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert kept(page) == reasons(body_of(GIVEN)).count(None)
        watched.assert_clean()


def test_a_rule_that_the_command_took_away_comes_back_in_its_place(tmp_path: Path) -> None:
    given = ["+filter=strict", "filter.rules.face_presence=null"]
    write_explorer(tmp_path / "e.html", CLIPS, SIGNALS, ALL_READS, body_of(given), overrides=given, most=1000, seed=1)
    with opened_page(permissions=["clipboard-read", "clipboard-write"]) as watched:
        page = watched.open(tmp_path / "e.html")
        assert (
            page.locator("#about")
            .inner_text()
            .startswith("A random 1,000 (seed 1) of the 3,000 training clips: 1 in 3")
        )
        move(page, "face_presence", "min", 500)
        body = body_of(copied(page, "#copy-line")[2:])
        assert list(body["rules"]) == ["face_presence", "laplacian_variance", "speech_ratio"]
        first = str(page.locator("#funnel li.out").first.get_attribute("data-reason"))
        assert first.startswith("face_presence")
        assert f"face_presence < {body['rules']['face_presence']['min']:g}" in funnel(page)
        watched.assert_clean()


@pytest.mark.parametrize("given", [
    ["+filter=strict", "ablation=without_face_presence"],
    ["ablation=only_low_snr", *GIVEN, "+filter.rules.low_snr.max=40"],
    ["+filter=in_sync", "ablation=only_sync_confidence"],
    ["+filter=threshold", "threshold.signal=snr", "threshold.min=5"],
    ["+filter=threshold", "threshold.signal=snr", "threshold.min=5", "ablation=without_threshold"],
])  # fmt: skip
def test_what_is_copied_makes_the_filter_of_the_page(tmp_path: Path, given: list[str]) -> None:
    """Also after an ablation, which would take away what is added, and where a rule names its signal."""
    path, cfg = tmp_path / "e.html", composed(given)
    write_explorer(path, CLIPS, SIGNALS, ALL_READS, body_of(given), overrides=given, ablation=cfg.ablation)
    with opened_page(permissions=["clipboard-read", "clipboard-write"]) as watched:
        page = watched.open(path)
        opens = Filter.parse(filter_body(cfg))
        assert Filter.parse(filter_body(composed(copied(page, "#copy-line")[2:]))) == opens
        assert kept(page) == reasons(filter_body(cfg)).count(None)
        first = str(page.locator("article").first.get_attribute("data-rule"))
        for rule, side, position in [("face_presence", "min", 500), ("duration", "max", 700), (first, "max", 600)]:
            move(page, rule, side, position)
        line, words = copied(page, "#copy-line")[2:], copied(page, "#copy")
        expected = [r is None for r in reasons(filter_body(composed(line)))]
        assert [v == 0 for v in verdicts(page)] == expected
        again = Filter.parse(filter_body(composed([*given, *words])))
        assert again == Filter.parse(filter_body(composed(line)))
        assert again.name == ("custom" if (name := body_of(given)["name"]) == "none" else name)
        assert (again.steps, {"face_presence", "duration"} <= set(again.rules)) == (opens.steps, True)
        watched.assert_clean()


def test_an_entry_is_replaced_only_where_nothing_later_touches_it(tmp_path: Path) -> None:
    given = [
        "+filter.rules.snr={min: 3}",
        "filter.rules.snr.min=4",
        "+filter.rules={snr: {max: 30}}",
        "filter.rules.snr.max=31",
    ]
    write_explorer(tmp_path / "e.html", CLIPS, SIGNALS, ALL_READS, body_of(given), overrides=given)
    with opened_page(permissions=["clipboard-read", "clipboard-write"]) as watched:
        page = watched.open(tmp_path / "e.html")
        for change in (("min", "8.04"), ("max", "20.02")):
            typed(page, "snr", *change)
        line = copied(page, "#copy-line")[2:]
        assert body_of(line)["rules"]["snr"] == {"min": 8.04, "max": 20.02}
        typed(page, "snr", "min", "")
        typed(page, "snr", "max", "")
        assert body_of(copied(page, "#copy-line")[2:])["rules"]["snr"] is None
        watched.assert_clean()


def test_signals_that_judge_no_clip_are_folded_until_they_are_looked_for(tmp_path: Path) -> None:
    sounds = CLIPS.with_columns(has_picture=False)
    body = body_of(["+filter=strict"])
    write_explorer(tmp_path / "e.html", sounds, SIGNALS, ALL_READS, body, task="audio_type")
    with opened_page() as watched:
        page = watched.open(tmp_path / "e.html")
        shown = page.locator("article:visible").evaluate_all("all => all.map(e => e.dataset.rule)")
        assert shown == [*body["rules"], "snr", "duration", "my (odd) name"]
        assert page.locator("#idle-count").inner_text() == "2 signals with nothing to judge here"
        page.locator("#search").fill("num_f")
        assert page.locator("article:visible").evaluate_all("all => all.map(e => e.dataset.rule)") == ["num_faces"]
        page.locator("#search").fill("snr")
        assert page.locator("#idle").is_hidden()
        watched.assert_clean()


def test_names_from_the_data_stay_text(tmp_path: Path) -> None:
    odd = '</script><img src=x onerror="document.title=1">'
    clips = CLIPS.with_columns(label=pl.lit(odd), speaker=pl.lit(odd))
    signals = SignalTable(clips.select("clip_id", pl.lit(1.0).alias(odd)))
    body = {"name": "none", "rules": {}}
    write_explorer(tmp_path / "e.html", clips, signals, {odd: "anything"}, body, task=odd, overrides=[f"x={odd}"])
    with opened_page() as watched:
        page = watched.open(tmp_path / "e.html")
        settle(page)
        assert page.locator("img").count() == 0
        assert odd in page.title()
        assert page.locator("#class-list .name").inner_text() == odd
        move(page, odd, "min", 1)
        assert page.locator("#changes").inner_text().startswith(f"Hydra's command line cannot write {odd}")
        assert page.locator("#overrides").input_value() == ""
        watched.assert_clean()
