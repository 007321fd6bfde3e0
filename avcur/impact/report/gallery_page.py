"""The gallery as HTML: a thumbnail of each clip with its scores and verdicts, and a player where its file is there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from avcur.impact.report.gallery import Section, Shelf, ShownClip, chosen, shelves
from avcur.impact.study import Study
from avcur.preview.sheet_clip import html
from avcur.preview.thumbnails import thumbnail
from avcur.records import Standardised

MOST_VALUES = 5
"""Signals under a thumbnail."""
_THREADS = 4
"""Decoding leaves Python's lock, and reading waits for disks."""


def gallery(study: Study, study_dir: Path, page_dir: Path, most: int) -> str:
    """Sections of clips of every filter, `most` in all; players name files as seen from `page_dir`."""
    if most <= 0:
        return _small("No clips were asked for.")
    found, gone = shelves(study, study_dir)
    sections = chosen(found, most)
    said = [f"The variants are no longer where they were made: {html(', '.join(gone))}."] if gone else []
    if not sections:
        return _small(" ".join(said) or "The runs name no folder of their variants, so that no clip can be shown.")
    clips = [clip for section in sections for clip in section.clips]
    values = _values(clips)
    with ThreadPoolExecutor(_THREADS) as pool:
        figures = iter(list(pool.map(lambda clip: _figure(clip, values, page_dir), clips)))
    parts = [_section(section, [next(figures) for _ in section.clips]) for section in sections]
    count = f"{len(clips)} clips, each once, with what every filter made of it."
    return _small(" ".join([count, *said])) + _in_tasks(sections, parts)


def _small(text: str) -> str:
    return f'<p class="small">{text}</p>'


def _in_tasks(sections: Sequence[Section], parts: Sequence[str]) -> str:
    """The sections of a filter under its name, the first filter of each task open."""
    filters = dict.fromkeys((section.task, section.about, section.label) for section in sections)
    found, opened = "", set()
    for task, about, label in filters:
        inside = "".join(p for s, p in zip(sections, parts, strict=True) if (s.about, s.label) == (about, label))
        state = "" if task in opened else " open"
        opened.add(task)
        found += f"<details{state}><summary><b>{html(label)}</b> {html(about)}</summary>{inside}</details>"
    return found


def _section(section: Section, figures: Sequence[str]) -> str:
    state, name = ("kept", "Kept") if section.reason is None else ("rejected", f"Rejected: {section.reason}")
    count = f"{len(figures)} of {section.count} clips, {section.order}"
    return (
        f'<section class="shelf {state}"><h4>{html(name)} <span class="small">{html(count)}</span></h4>'
        f'<div class="clips">{"".join(figures)}</div></section>'
    )


def _values(clips: Sequence[ShownClip]) -> dict[tuple[int, str], dict[str, Mapping[str, Any]]]:
    """The measurements of all shown clips, by the table that they are in and their clip."""
    found: dict[tuple[int, str], dict[str, Mapping[str, Any]]] = {}
    tables = {id(clip.shelf.signals): clip.shelf.signals for clip in clips}
    for key, table in tables.items():
        wanted = {str(clip.row["parent_id"]) for clip in clips if id(clip.shelf.signals) == key}
        for row in table.of_clips(sorted(wanted)).iter_rows(named=True):
            found.setdefault((key, row["clip_id"]), {})[row["signal"]] = row
    return found


def _figure(clip: ShownClip, values: Mapping[tuple[int, str], Mapping[str, Mapping[str, Any]]], page_dir: Path) -> str:
    row = dict(clip.row)
    media = _media(clip.shelf, row)
    if row.get("crop_path"):
        row["crop_path"] = clip.shelf.base / row["crop_path"]
    own = values.get((id(clip.shelf.signals), str(row["parent_id"])), {})
    known = [own[name] for name in clip.signals if name in own]
    shown = [value for value in known if value["state"] != "not_applicable" or value["signal"] == clip.decisive]
    lines = "".join(_line(value, value["signal"] == clip.decisive) for value in shown[:MOST_VALUES])
    about = [*([row["label"]] if row.get("label") else []), f"{row['start']:.2f} to {row['end']:.2f} s"]
    name = html(row["recording_id"])
    return (
        f"<figure>{thumbnail(row, media, None, quick=True)}<figcaption>{_player(row, media, page_dir)}"
        f'<b title="{name}">{name}</b><span>{html(" · ".join(about))}</span>'
        f"<table>{lines}</table>{_others(clip)}</figcaption></figure>"
    )


def _media(shelf: Shelf, row: Mapping[str, Any]) -> Standardised:
    """The files of a clip's recording: its own picture, where that is known, and its standard sound."""
    path = shelf.paths.get(row["recording_id"]) if row.get("has_picture") else None
    picture = None if path is None else shelf.base / path
    sound = None if row.get("audio_path") is None else shelf.base / row["audio_path"]
    return Standardised(row["recording_id"], picture, sound, 0.0)


def _line(value: Mapping[str, Any], is_decisive: bool) -> str:
    shown = f"{value['value']:.4g}" if value["state"] == "ok" else str(value["state"]).replace("_", " ")
    mark = ' class="why"' if is_decisive else ""
    tip = "" if value["state"] == "ok" else f' title="{html(value["reason"])}"'
    return f"<tr{mark}><td>{html(value['signal'])}</td><td{tip}>{html(shown)}</td></tr>"


def _others(clip: ShownClip) -> str:
    """What every filter of the task made of the clip, where there are several."""
    if len(clip.verdicts) < 2:
        return ""
    said = [f"{v.label}: {'kept' if v.reason is None else v.reason}" for v in clip.verdicts]
    return f'<span class="said">{"<br>".join(html(text) for text in said)}</span>'


def _player(row: Mapping[str, Any], media: Standardised, page_dir: Path) -> str:
    """Sound or video of the clip, loaded when it is played; nothing where the file is gone."""
    path = media.video_path or media.audio_path
    if path is None or not path.is_file():
        return ""
    source = f"{_address(path, page_dir)}#t={row['start']:.2f},{row['end']:.2f}"
    kind = "video" if media.video_path else "audio"
    return (
        f"<details><summary>{'watch' if kind == 'video' else 'listen'}</summary>"
        f'<{kind} controls preload="none" src="{source}"></{kind}></details>'
    )


def _address(path: Path, page_dir: Path) -> str:
    """A file as seen from the page, so that both can be moved together; absolute where there is no such way."""
    try:
        way = Path(os.path.relpath(path.resolve(), page_dir.resolve())).as_posix()
        return quote(way.encode("utf-8", "surrogateescape"))
    except ValueError:  # another drive
        return path.resolve().as_uri()
