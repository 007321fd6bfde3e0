"""AVA's official evaluation: is the number right, whatever the order of the rows, and how long does it take?"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from avcur.metrics.ava.matching import match
from avcur.sources.ava.annotations import LABELS, read_annotations, read_predictions, summary
from experiments.benchmarks.active_speaker.made_rows import NUM_ROWS, make_rows
from experiments.benchmarks.row import Row, Settings

PAIRS = {
    ("gt_micro12.csv", "pred_micro12.csv"): 0.7142857142857143,
    ("gt_val3.csv.gz", "pred_val3_noisy.csv.gz"): 0.8228593969066981,
}
"""What the unmodified official script prints for pairs in `../ava_eval`, beside the media."""
COUNTS = {
    "-FaXLcSFjUI-activespeaker.csv": (74, 5382, 3697, 1626, 59),
    "hHgg9WI8dTk-activespeaker.csv": (98, 6479, 3613, 2856, 10),
    "TzaVHtLXOzY-activespeaker.csv": (93, 7575, 6321, 1214, 40),
    "activitynet_test_-FLn0aeA6EU_head3000.csv": (26, 3000, 0, 3000, 0),
}
"""Tracks, rows, and rows of each of LABELS."""
TOLERANCE = 1e-12
MOST_SECONDS = 1.5
REPEATS = 5
OURS = "avcur.metrics.active_speaker"
REFERENCE = "experiments.benchmarks.active_speaker.reference"


def rows(settings: Settings) -> list[Row]:
    return [*_pair_rows(settings), *_count_rows(settings), *_speed_rows(settings)]


def _pair_rows(settings: Settings) -> Iterator[Row]:
    folder = settings.media.parent / "ava_eval"
    for (truth, predictions), value in PAIRS.items():
        what = f"official value: {truth}"
        if not (folder / truth).is_file():
            yield Row(what, "", f"no {folder / truth}")
            continue
        left, right = read_annotations(folder / truth), read_predictions(folder / predictions)
        found = match(left, right).average_precision()
        yield Row(what, f"{value} to {TOLERANCE:g}", repr(found), abs(found - value) <= TOLERANCE)
        shuffled = {
            match(_shuffled(left, seed), _shuffled(right, seed + 100)).average_precision() for seed in range(REPEATS)
        }
        same = shuffled == {found}
        yield Row(f"{what}, rows in {REPEATS} other orders", "the same", "the same" if same else str(shuffled), same)


def _shuffled(table: pl.DataFrame, seed: int) -> pl.DataFrame:
    return table.sample(fraction=1, shuffle=True, seed=seed)


def _count_rows(settings: Settings) -> Iterator[Row]:
    for name, counts in COUNTS.items():
        path = settings.media / "annotations" / "ava" / name
        what = f"annotations: {name}"
        if not path.is_file():
            yield Row(what, "", f"no {path}")
            continue
        found = summary(read_annotations(path))
        yield Row(
            what,
            _told(counts),
            _told(values := tuple(found[key] for key in ("tracks", "rows", *LABELS))),
            values == counts,
        )


def _told(counts: tuple[int, ...]) -> str:
    tracks, count, silent, speaking, unheard = counts
    return f"{tracks} tracks, {count} rows: {silent} not speaking, {speaking} audible, {unheard} not audible"


def _speed_rows(settings: Settings) -> Iterator[Row]:
    truth, predictions, shuffled = make_rows(settings.scratch)
    seconds: dict[str, list[float]] = {"ours": [], "shuffled": [], "reference": []}
    values: dict[str, float] = {}
    with_reference = find_spec("pandas") is not None
    for _ in range(REPEATS + 1):  # in turn, so that a busy minute is shared; the first fills the disk's cache
        for name, module, scores in (
            ("ours", OURS, predictions),
            ("shuffled", OURS, shuffled),
            ("reference", REFERENCE, predictions),
        ):
            if module == OURS or with_reference:
                values[name] = _timed(module, truth, scores, seconds[name])
    median = {name: sorted(found[1:])[REPEATS // 2] for name, found in seconds.items() if found}
    for name, how in (("ours", "in the truth's order"), ("shuffled", "shuffled")):
        what = f"{NUM_ROWS:,} rows, files to number, predictions {how}"
        yield Row(what, f"<= {MOST_SECONDS} s", _spread(seconds[name][1:]), median[name] <= MOST_SECONDS)
    what = "the same by pandas and a loop"
    if not with_reference:
        yield Row(what, "", "no pandas here: pip install pandas")
        return
    yield Row(what, "", f"{_spread(seconds['reference'][1:])}: {median['reference'] / median['ours']:.1f}x ours")
    differ = max(abs(values[name] - values["reference"]) for name in ("ours", "shuffled"))
    yield Row(
        "largest difference to it", f"<= {TOLERANCE:g}", f"{differ:.1e} of {values['ours']!r}", differ <= TOLERANCE
    )


def _spread(seconds: list[float]) -> str:
    slowest, median, fastest = max(seconds), sorted(seconds)[len(seconds) // 2], min(seconds)
    return f"{median:.2f} s ({fastest:.2f} to {slowest:.2f})"


def _timed(module: str, truth: Path, predictions: Path, seconds: list[float]) -> float:
    """The value that a fresh process prints first, and how long the process took."""
    began = time.perf_counter()
    command = [sys.executable, "-m", module, str(truth), str(predictions)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds.append(time.perf_counter() - began)
    return float(printed.splitlines()[0])
