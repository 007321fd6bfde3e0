"""A filter over a million clips x 40 signals: the query, writing the variant, and the memory of both."""

from __future__ import annotations

import multiprocessing
import resource
import time
from pathlib import Path

from avcur.corpus import Corpus
from avcur.filters.filter import Filter, apply_filter
from avcur.filters.parts import with_parents
from avcur.filters.select import SelectionContext
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import task_named
from avcur.variants.build import VariantBuilder
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.scale.made_corpus import make_corpus

CLIPS, SIGNALS = 1_000_000, 40
RULES = {f"s{n:02d}": {"min": -1.5} for n in range(5)}
"""Five rules that each reject some 7 % and what lacks a value: as many as the longest filter of published pipelines."""
QUERY_BAR, WRITE_BAR, MEMORY_BAR = 1.0, 5.0, 3.0
"""Seconds, seconds, GB."""


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _figures(root: Path) -> dict[str, float]:
    """Seconds of the query (read from disk) and of the rest of making the variant, and the peak in GB after each."""
    reads = {f"s{n:02d}": "picture" for n in range(SIGNALS)}
    filter_ = Filter.parse({"name": "five", "rules": RULES})
    started = time.perf_counter()
    corpus = Corpus.load(root, "made", "")
    loaded = time.perf_counter() - started
    rows = with_parents(corpus.clips)
    context = SelectionContext(corpus.signals, reads, None)  # type: ignore[arg-type]
    started = time.perf_counter()
    kept = len(apply_filter(filter_, rows, context).kept)
    query = time.perf_counter() - started
    builder = VariantBuilder(corpus, GroupDisjoint(), reads, root / "variants")  # type: ignore[arg-type]
    started = time.perf_counter()
    variant = builder.build(filter_, None)
    write = time.perf_counter() - started - query
    assert len(variant.clips) == kept
    peak = _peak()
    started = time.perf_counter()
    builder.build(filter_, task_named("speaker_id"))
    split = time.perf_counter() - started
    return {"load": loaded, "query": query, "write": write, "peak": peak, "split": split, "split peak": _peak()}


def rows(settings: Settings) -> list[Row]:
    root = settings.scratch / "million"
    context = multiprocessing.get_context("spawn")  # processes of their own have peaks of their own
    if not (root / "made" / "corpus.json").is_file():
        with context.Pool(1) as pool:
            pool.apply(make_corpus, (CLIPS, SIGNALS, root))
    with context.Pool(1) as pool:
        found = pool.apply(_figures, (root,))
    what = f"{CLIPS:,} clips x {SIGNALS} signals, {len(RULES)} rules"
    return [
        Row(f"{what}: query, from disk", "<= 1 s", f"{found['query']:.2f} s", found["query"] <= QUERY_BAR),
        Row(
            "writing the variant (id, card, 5 files)", "<= 5 s", f"{found['write']:.2f} s", found["write"] <= WRITE_BAR
        ),
        Row("peak memory", "<= 3 GB", f"{found['peak']:.2f} GB", found["peak"] <= MEMORY_BAR),
        Row("reading the corpus's other tables", "", f"{found['load']:.2f} s"),
        Row(
            "all of it with a split by session (50,000 of them)",
            "",
            f"{found['split']:.1f} s, {found['split peak']:.2f} GB",
        ),
    ]
