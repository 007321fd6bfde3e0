from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from avcur.errors import UserError
from avcur.explorer.write import write_explorer, write_explorers
from avcur.filters.filter import Filter
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS
from avcur.variants.build import VariantBuilder
from tests.helpers.explored import READS, explored_clips, explored_signals
from tests.helpers.tables import speaker_corpus

BODY: dict[str, Any] = {"name": "strict", "rules": {"snr": {"min": 10}}}
ODD = '</script><img src=x onerror="alert(1)"> & 東京'


def told(path: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text(encoding="utf-8"))
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def array(path: Path, number: int, dtype: str) -> np.ndarray:
    found = re.search(rf'id="array{number}">(.*?)</script>', path.read_text(encoding="utf-8"))
    assert found is not None
    return np.frombuffer(b64decode(found[1]), dtype)


def write(path: Path, clips: pl.DataFrame, body: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    write_explorer(path, clips, explored_signals(clips), READS, body or BODY, **options)
    return told(path)


def test_the_page_is_one_file_that_names_nothing_outside(tmp_path: Path) -> None:
    write(tmp_path / "e.html", explored_clips(50))
    text = (tmp_path / "e.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|src=|@import|url\(|<link", text)
    assert "default-src 'none'" in text
    assert "{{" not in text


def test_arrays_hold_the_clips(tmp_path: Path) -> None:
    clips = explored_clips(200)
    data = write(tmp_path / "e.html", clips)["clips"]
    assert array(tmp_path / "e.html", data["duration"], "<f8").tolist() == (clips["end"] - clips["start"]).to_list()
    classes = array(tmp_path / "e.html", data["class"], "<u4")
    assert [None if n == 0 else data["classes"][n - 1] for n in classes] == clips["label"].to_list()
    assert data["speakers"] == clips["speaker"].drop_nulls().n_unique()


def test_no_name_becomes_markup(tmp_path: Path) -> None:
    clips = explored_clips(50).with_columns(label=pl.lit(ODD))
    data = write(tmp_path / "e.html", clips, {**BODY, "name": ODD}, task=ODD, overrides=[f"x={ODD}"])
    assert data["clips"]["classes"] == [ODD]
    assert data["overrides"] == [f"x={ODD}"]
    text = (tmp_path / "e.html").read_text(encoding="utf-8")
    assert "<img" not in text
    assert text.count("</script>") == text.count("<script")


def test_more_clips_than_fit_are_a_seeded_part(tmp_path: Path) -> None:
    clips = explored_clips(500)
    parts = [write(tmp_path / f"{n}.html", clips, most=100, seed=n % 2) for n in range(3)]
    assert [(part["clips"]["count"], part["all"]) for part in parts] == [(100, 500)] * 3
    drawn = [array(tmp_path / f"{n}.html", parts[n]["clips"]["duration"], "<f8").tolist() for n in range(3)]
    assert drawn[0] == drawn[2] != drawn[1]


def test_a_state_that_must_not_be_is_said_at_once(tmp_path: Path) -> None:
    body = {"name": "x", "rules": {"snr": {"min": 10, "on_failed": "error"}}}
    with pytest.raises(UserError, match="snr is failed for"):
        write(tmp_path / "e.html", explored_clips(500), body, most=1)
    with pytest.raises(UserError, match="unknown signal 'nope'"):
        write(tmp_path / "e.html", explored_clips(5), {"name": "x", "rules": {"nope": {"min": 1}}})
    assert not (tmp_path / "e.html").exists()


def test_entries_that_do_not_change_the_filter_are_not_told(tmp_path: Path) -> None:
    given = [
        "+filter=strict",
        "explorer=true",
        "preview=true",
        "control=clean",
        "ablation=null",
        "+filter.rules.snr.max=3",
    ]
    data = write(tmp_path / "e.html", explored_clips(5), overrides=given)
    assert data["overrides"] == ["+filter=strict", "+filter.rules.snr.max=3"]


def test_each_variant_gets_the_page_of_its_training_clips(tmp_path: Path) -> None:
    builder = VariantBuilder(speaker_corpus(), GroupDisjoint(), {"snr": "sound"}, tmp_path)
    body = {"name": "strict", "rules": {"snr": {"min": 10}}, "select": []}
    task = TASKS["speaker_id"]
    raw = builder.build(Filter.parse({"name": "none"}), task)
    (page,) = write_explorers(builder, body, [(task, raw)])
    assert page == raw.directory / "explorer.html"
    assert told(page)["clips"]["count"] == len(raw.rows("train"))
    assert told(page)["task"] == "speaker_id"


def test_an_ablated_filter_is_told_with_what_the_ablation_took_away(tmp_path: Path) -> None:
    builder = VariantBuilder(speaker_corpus(), GroupDisjoint(), {"snr": "sound"}, tmp_path)
    body = {"name": "strict", "rules": {"snr": {"min": 10}, "loud": {"signal": "snr", "max": 90}}, "select": []}
    task = TASKS["speaker_id"]
    (page,) = write_explorers(
        builder, body, [(task, builder.build(Filter.parse({"name": "none"}), task))], (), 0, "without_snr"
    )
    data = told(page)
    assert data["filter"] == "strict_without_snr"
    assert data["ablation"] == {"rules": ["snr"], "name": "strict_without_snr", "drops_steps": False}
    assert next((rule["key"], rule["min"], rule["entries"]) for rule in data["rules"]) == ("snr", None, [])
