from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.filters.filter import Filter
from avcur.preview.contact_sheet import write_contact_sheet
from avcur.records import Standardised, Track
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS, Task
from avcur.variants.build import VariantBuilder
from avcur.variants.variant import Variant
from tests.helpers.media import audio_file, numbered_video, tone
from tests.helpers.tables import clip, clips, measured, speaker_corpus

RULES = {"snr": {"min": 10}, "yaw": {"max": 30}}
ODD = 'Größe <img src=x onerror="alert(1)"> & 東京'


class Page(HTMLParser):
    """Checks that tags nest, and collects them with the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + " "

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def built(corpus: Corpus, root: Path, body: dict[str, Any], task: Task | None = None, control: bool = False) -> Variant:
    reads = dict.fromkeys(corpus.signals.names, "sound")
    builder = VariantBuilder(corpus, GroupDisjoint(), reads, root, recipe={"filter": body})
    return builder.build(Filter.parse(body).control(control, 0), task)


def page(variant: Variant, corpus: Corpus, path: Path, **found: Any) -> Page:
    write_contact_sheet(variant, corpus, path, **found)
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """A video, a sound, an odd name without media, and a broken one; the last two are rejected."""
    video, sound = numbered_video(tmp_path / "a.mp4", 30), audio_file(tmp_path / "b.wav", tone(1.0))
    rows = [
        clip("a", has_picture=True, kind="track", track=0, end=1.2, audio_path=None),
        clip("b", audio_path=str(sound), end=1.0),
        clip("c", recording_id=ODD, audio_path=str(tmp_path / "none.wav")),
        clip("d", has_picture=True, audio_path=None),
    ]
    recordings = pl.DataFrame(
        [("r-a", str(video), "ok", None), ("r-b", str(sound), "ok", None), (ODD, "x", "ok", None),
         ("r-d", str(tmp_path / "gone.mp4"), "ok", None), ("r-<e>", "e", "failed", "empty file (0 bytes)")],
        schema=["recording_id", "path", "state", "reason"], orient="row",
    )  # fmt: skip
    signals = measured(
        {"snr": {"a": 20, "b": 30.123456, "c": 4, "d": 20}, "yaw": {"a": 3, "b": 2, "c": ("failed", "<oops>"), "d": 45}}
    )
    return replace(speaker_corpus(), recordings=recordings, clips=clips(rows), signals=signals, truth=None)


def test_the_sheet_says_what_was_kept_and_why_the_rest_was_not(tmp_path: Path, corpus: Corpus) -> None:
    variant = built(corpus, tmp_path / "v", {"name": "strict", "rules": RULES})
    found = page(variant, corpus, tmp_path / "sheet.html")
    assert "2  of 4 training clips kept (50%), 2 rejected" in found.text
    assert "snr ≥ 10" in found.text
    assert "yaw ≤ 30" in found.text
    assert found.text.index("Kept") < found.text.index("Rejected: snr < 10") < found.text.index("Rejected: yaw > 30")
    assert found.count("figure") == 4
    assert found.count("svg") == 1
    assert "does not exist" in found.text
    assert "Recordings that could not be read" in found.text
    assert "r-<e>" in found.text
    assert "30.12 " in found.text


def test_links_lead_to_the_sections(tmp_path: Path, corpus: Corpus) -> None:
    variant = built(corpus, tmp_path / "v", {"name": "strict", "rules": RULES})
    found = page(variant, corpus, tmp_path / "sheet.html")
    ids = {attributes["id"] for tag, attributes in found.tags if tag == "h2" and "id" in attributes}
    links = {(attributes["href"] or "")[1:] for tag, attributes in found.tags if tag == "a"}
    assert links == ids
    assert len(ids) == 3


def test_text_from_outside_is_escaped_and_nothing_is_fetched(tmp_path: Path, corpus: Corpus) -> None:
    variant = built(corpus, tmp_path / "v", {"name": "st<b>rict", "rules": RULES})
    found = page(variant, corpus, tmp_path / "sheet.html")
    assert found.count("script") == 0
    assert found.count("b") == found.text.count("r-a") + 3 + 1, "a name per clip, the count; none of the filter's name"
    assert ODD in found.text
    images = [attributes["src"] or "" for tag, attributes in found.tags if tag == "img"]
    assert len(images) == 1
    assert images[0].startswith("data:image/jpeg;base64,")
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)


def test_media_and_tracks_come_from_the_lookup(tmp_path: Path, corpus: Corpus) -> None:
    variant = built(corpus, tmp_path / "v", {"name": "strict", "rules": RULES})
    media = Standardised("r-a", tmp_path / "a.mp4", None, 1.2)
    track = Track(0.0, ((0.2, 0.4, 0.5, 0.9),) * 30, (True,) * 30)
    sizes = []
    for tracks in ((), (track,)):
        found = page(variant, corpus, tmp_path / "s.html", found={"r-a": (media, tracks)}.get)
        assert found.text.count("not measured") == 3
        (size,) = [attributes["width"] for tag, attributes in found.tags if tag == "img"]
        sizes.append(int(size or 0))
    assert sizes == [375, 400], "the face stands beside the picture"


def test_a_task_a_control_and_no_rules(tmp_path: Path) -> None:
    corpus = speaker_corpus()
    strict = {"name": "strict", "rules": {"snr": {"min": 10}}}
    raw, control = (
        page(built(corpus, tmp_path / "v", body, TASKS["speaker_id"], control=True), corpus, tmp_path / "sheet.html")
        for body in ({"name": "none"}, strict)
    )
    assert "no rules" in raw.text
    assert "held out" in raw.text
    assert "A random draw of as many clips as strict keeps" in control.text
    assert "Rejected: not drawn" in control.text


def test_a_variant_of_nothing_is_a_page(tmp_path: Path, corpus: Corpus) -> None:
    whole = built(corpus, tmp_path / "v", {"name": "none"})
    empty = replace(corpus, clips=clips([]), signals=measured({}))
    found = page(replace(whole, clips=whole.clips.clear(), card={}), empty, tmp_path / "sheet.html")
    assert "0  of 0 training clips kept" in found.text


def test_the_sheet_of_a_large_corpus_is_small(tmp_path: Path) -> None:
    rows = [clip(f"c{n:05d}") for n in range(5000)]
    values = {"snr": {row["clip_id"]: n % 100 for n, row in enumerate(rows)}}
    corpus = replace(speaker_corpus(), clips=clips(rows), signals=measured(values), truth=None)
    variant = built(corpus, tmp_path / "v", {"name": "strict", "rules": {"snr": {"min": 50}}})
    found = page(variant, corpus, tmp_path / "sheet.html")
    assert found.count("figure") == 24 + 12
    assert "24 of 2500 clips" in found.text
    assert "12 of 2500 clips" in found.text
    assert (tmp_path / "sheet.html").stat().st_size < 200_000
