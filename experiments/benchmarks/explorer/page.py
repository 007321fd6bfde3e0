"""A page of 100,000 clips and 40 signals: how large it is, how long it takes to write and to follow a slider."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from avcur.explorer.write import write_explorer
from avcur.signal_table import SignalTable
from avcur.signals.base import Reads
from experiments.benchmarks.row import Row, Settings
from tests.helpers.browser import chromium, opened_page
from tests.helpers.explored import explored_clips

CLIPS, SIGNALS, MOVES = 100_000, 40, 50
BYTES, SECONDS = 40e6, 0.1
NAMES = [f"signal_{n:02d}" for n in range(SIGNALS)]
FILTERS = {
    "3 rules": {name: {"min": -1.5} for name in NAMES[:3]},
    "40 rules": {name: {"min": -2.5} for name in NAMES},
}
_MOVE = """async ([place, position]) => {
  const card = [...explorer.cards.values()][place], slider = card.sliders.min;
  const began = performance.now();
  slider.value = position;
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  // The picture's own work, as far as script can force it: style and layout of what has changed.
  document.body.getBoundingClientRect();
  return performance.now() - began;
}"""
"""From the slider's event until the picture that follows it has been handed over, in ms."""


def rows(settings: Settings) -> list[Row]:
    clips = explored_clips(CLIPS, speakers=2000)
    signals = _signals(clips)
    found: list[Row] = []
    for name, rules in FILTERS.items():
        path = settings.scratch / f"{name.replace(' ', '_')}.html"
        began = time.perf_counter()
        reads: dict[str, Reads] = dict.fromkeys(NAMES, "sound")
        write_explorer(path, clips, signals, reads, {"name": name, "rules": rules}, task="speaker_id")
        seconds, size = time.perf_counter() - began, path.stat().st_size
        what = f"{CLIPS:,} clips, {SIGNALS} signals, {name}"
        found.append(Row(f"{what}: file", f"<= {BYTES / 1e6:.0f} MB", f"{size / 1e6:.1f} MB", size <= BYTES))
        found.append(Row(f"{what}: writing it", "", f"{seconds:.1f} s"))
        found += _moves(what, path)
    return found


def _signals(clips: pl.DataFrame) -> SignalTable:
    """Normal values with noise to the last digit, so that nothing about them is easy to store; 5 % have none."""
    rng = np.random.default_rng(0)
    table = clips.select("clip_id")
    for name in NAMES:
        values = pl.Series(rng.normal(0, 1, len(clips)))
        there = pl.Series(rng.random(len(clips)) < 0.95)
        value = pl.select(pl.when(there).then(values)).to_series().alias(name)
        why = pl.select(pl.when(~there).then(pl.lit("failed: made so"))).to_series().alias(f"{name}:why")
        table = table.with_columns(value, why)
    return SignalTable(table)


def _moves(what: str, path: Path) -> list[Row]:
    """The first card's slider and others in view, each move to another place."""
    if chromium() is None:
        return [Row(f"{what}: a slider's move", "", "no Chromium here")]
    with opened_page(1280, 900) as watched:
        began = time.perf_counter()
        page = watched.open(path)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        opening = time.perf_counter() - began
        places = np.random.default_rng(1).integers(20, 800, MOVES)
        took = [float(page.evaluate(_MOVE, [n % 6, int(place)])) for n, place in enumerate(places)]
        watched.assert_clean()
    return [Row(f"{what}: opening it", "", f"{opening:.1f} s"), _move_row(what, took)]


def _move_row(what: str, took: Sequence[float]) -> Row:
    figure = f"median {np.median(took):.0f} ms, worst of {len(took)} {max(took):.0f} ms"
    held: Any = max(took) <= 1000 * SECONDS
    return Row(f"{what}: a slider's move, redrawn", f"<= {1000 * SECONDS:.0f} ms", figure, bool(held))
