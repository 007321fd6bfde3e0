"""Shots: the derived clip with cuts at grid frames 75 and 150."""

from __future__ import annotations

from avcur.records import FPS
from experiments.benchmarks.faces.product import seen
from experiments.benchmarks.row import Row, Settings

CUTS = [75, 150]


def rows(settings: Settings) -> list[Row]:
    found = seen(settings.clip("derived/three_shots.mp4"))
    cuts = found.look.cuts.tolist()
    spans = [(round(t.start * FPS), round(t.start * FPS) + len(t.boxes)) for t in found.segmentation.tracks]
    across = sum(first < cut < stop for first, stop in spans for cut in CUTS)
    held = cuts == CUTS and len(spans) >= 3 and not across
    figure = f"cuts at {cuts}; {len(spans)} tracks {spans}; {across} across a cut"
    return [Row("three_shots", "cuts at 75 and 150; >= 3 tracks, none across", figure, held)]
