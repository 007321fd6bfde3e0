"""How many times real time the signals of sound are, each and together, on two cores with a process each.

Times on the clock count; CPU time beside them says what they would be on a machine that does nothing else.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path

import torch

from avcur.configuration import make_signals
from avcur.records import SAMPLE_RATE
from avcur.signals.base import Signal
from experiments.benchmarks.faces.product import CONF, configuration
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sound.sounds import clip_of, sounds_of, utterances

CORES, BAR = 2, 50.0
APART = ("dnsmos", "voices", "music")
"""Families with networks of their own, which are not among the default ones."""
FEW = 10
"""Every so many-th clip is enough for those, which are slow."""
READING = "reading"

_worker: tuple[dict[str, Signal], Barrier]
"""What a worker process holds: the signals, their networks loaded, and where both wait before they begin."""


def signals_of(family: str, weights: Path | None) -> dict[str, Signal]:
    """The signals of sound in one config of `conf/signals`."""
    folder = "null" if weights is None else str(weights.absolute())
    made = make_signals(configuration(f"signals=[{family}]", f"paths.weights={folder}"))
    return {name: signal for name, signal in made.items() if signal.reads == "sound"}


def seconds_of(signals: dict[str, Signal], path: Path) -> Counter[str]:
    """CPU seconds of each signal on one clip, in the configured order: the first that asks for speech pays for it."""
    media, spent = clip_of(path), Counter[str]()
    began = time.process_time()
    media.need_waveform()
    for name, signal in {READING: None, **signals}.items():
        failed = [m.reason for m in signal.measure(media).values() if m.state == "failed"] if signal else []
        if failed:
            raise SystemExit(f"{name} failed on {path}: {failed[0]}")
        spent[name] = time.process_time() - began
        began = time.process_time()
    spent["sound"] = len(media.need_waveform()) / SAMPLE_RATE
    return spent


def _prepare(family: str, weights: Path | None, warm_up: Path, barrier: Barrier) -> None:
    global _worker
    torch.set_num_threads(1)
    signals = signals_of(family, weights)
    seconds_of(signals, warm_up)
    _worker = signals, barrier


def _share(core: int, paths: list[Path]) -> tuple[Counter[str], float]:
    """CPU seconds by signal of one worker's clips, and its seconds from first to last."""
    signals, barrier = _worker
    os.sched_setaffinity(0, {core})
    barrier.wait()
    began, spent = time.perf_counter(), Counter[str]()
    for path in paths:
        spent.update(seconds_of(signals, path))
    return spent, time.perf_counter() - began


def on_two_cores(family: str, weights: Path | None, paths: list[Path]) -> tuple[Counter[str], float]:
    """CPU seconds by signal over both processes, and seconds until the later one was done."""
    context = multiprocessing.get_context("spawn")
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    arguments = (family, weights, paths[0], context.Barrier(len(cores)))
    with context.Pool(len(cores), _prepare, arguments) as pool:
        jobs = [(core, paths[i :: len(cores)]) for i, core in enumerate(cores)]
        parts = pool.starmap(_share, jobs, chunksize=1)
    return sum((spent for spent, _ in parts), Counter[str]()), max(seconds for _, seconds in parts)


def of_family(family: str, weights: Path | None, paths: list[Path], bar: bool) -> list[Row]:
    signals = signals_of(family, weights)
    if missing := {name: reason for name, signal in signals.items() if (reason := signal.missing())}:
        return [Row(f"signals={family}", "", f"not measured: {next(iter(missing.values()))[:90]}")]
    spent, seconds = on_two_cores(family, weights, paths)
    sound = spent.pop("sound")
    each = ", ".join(
        f"{name} {sound / max(used, 1e-9):,.0f}x" for name, used in sorted(spent.items(), key=lambda item: -item[1])
    )
    together, idle = sound / seconds, CORES * sound / spent.total()
    what = f"signals={family}, {len(paths)} clips, {sound / 60:.0f} min"
    wanted = f">= {BAR:.0f}x" if bar else ""
    return [
        Row(
            f"{what}, on two cores",
            wanted,
            f"{together:.0f}x; {idle:.0f}x by CPU time",
            together >= BAR if bar else None,
        ),
        Row("each on one core, by CPU time", "", each),
    ]


def rows(settings: Settings) -> list[Row]:
    paths = [path for found in utterances(settings).values() for path in found]
    paths += [path for kind in ("speech", "music", "both", "noise") for path in sounds_of(settings, kind)]
    results = of_family("default", None, paths, bar=True)
    for family in APART:
        if (CONF / "signals" / f"{family}.yaml").is_file():
            results += of_family(family, settings.weights, paths[::FEW], bar=False)
    return results
