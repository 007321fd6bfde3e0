"""A training step of the full-width Light-ASD against the same network written plainly, and on a GPU if there is one.

A step is forward, loss, backward and optimiser on 8 tracks of 100 frames of 112 pixels. Plain and ours take turns in
one process, so that a busy machine slows both; the ratio is the median of the ratios of turns. CPU seconds stand
beside wall seconds, because they bear with company.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from experiments.benchmarks.active_speaker.plain import PlainLightAsd
from experiments.benchmarks.row import Row, Settings
from models.active_speaker.light_asd import LightAsd

TRACKS, FRAMES, SIZE = 8, 100, 112
THREADS = 2
BAR = 1.5
TURNS = 4
GPU_STEPS = 30
Batch = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Turn:
    """Seconds of one step."""

    wall: float
    cpu: float


def a_batch(seed: int = 0) -> Batch:
    """MFCC, faces and targets."""
    rng = torch.Generator().manual_seed(seed)
    faces = torch.randint(0, 256, (TRACKS, FRAMES, SIZE, SIZE), dtype=torch.uint8, generator=rng)
    mfcc = torch.randn(TRACKS, 4 * FRAMES, 13, generator=rng)
    return mfcc, faces, torch.randint(0, 2, (TRACKS, FRAMES), generator=rng)


def stepper(network: nn.Module) -> Callable[[Batch], None]:
    """A whole training step of `network`, Adam included."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)

    def step(batch: Batch) -> None:
        mfcc, faces, target = batch
        fused, visual = network(mfcc, faces)
        of_both = (functional.cross_entropy(logits.flatten(0, 1), target.flatten()) for logits in (fused, visual))
        loss = next(of_both) + 0.5 * next(of_both)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def timed(step: Callable[[Batch], None], batch: Batch) -> Turn:
    wall, cpu = time.perf_counter(), time.process_time()
    step(batch)
    return Turn(time.perf_counter() - wall, time.process_time() - cpu)


def in_turns(networks: dict[str, nn.Module], batch: Batch, turns: int = TURNS) -> dict[str, list[Turn]]:
    """Steps of all networks in turn, after one of each that is not counted."""
    steps = {name: stepper(network) for name, network in networks.items()}
    for step in steps.values():
        step(batch)
    found: dict[str, list[Turn]] = {name: [] for name in steps}
    for _ in range(turns):
        for name, step in steps.items():
            found[name].append(timed(step, batch))
    return found


def against(plain: list[Turn], ours: list[Turn]) -> tuple[float, str]:
    """How many times as fast by wall clock, and all there is to say of it."""
    wall = statistics.median(p.wall / o.wall for p, o in zip(plain, ours, strict=True))
    cpu = statistics.median(p.cpu / o.cpu for p, o in zip(plain, ours, strict=True))
    speed, slow = (TRACKS * FRAMES / statistics.median(t.wall for t in turns) for turns in (ours, plain))
    return wall, f"{wall:.2f}x ({cpu:.2f}x by CPU time); {speed:.0f} frames/s, plain {slow:.0f}"


def on_two_cores() -> list[Row]:
    torch.set_num_threads(THREADS)
    plain, ours, compiled = PlainLightAsd(), LightAsd(), LightAsd()
    compiled.compile()
    began = time.perf_counter()
    found = in_turns({"plain": plain, "ours": ours, "compiled": compiled}, a_batch())
    seconds = time.perf_counter() - began
    ratio, figure = against(found["plain"], found["ours"])
    what = f"training step, {TRACKS} tracks x {FRAMES} frames, {THREADS} threads, fp32"
    return [
        Row(what, f">= {BAR}x", figure, ratio >= BAR),
        Row("the same, model.compile=true", "", against(found["plain"], found["compiled"])[1]),
        Row("all turns together, compiling included", "", f"{seconds:.0f} s"),
    ]


def _batches(count: int) -> Iterator[Batch]:
    """Batches in the GPU's reach: pinned, so that copies overlap with work."""
    made = [tuple(part.pin_memory() for part in a_batch(seed)) for seed in range(2)]
    for place in range(count):
        mfcc, faces, target = made[place % 2]
        yield mfcc, faces, target


def on_a_gpu() -> list[Row]:
    """Steps in bf16 autocast; waiting is the time in which the copied batch is not there yet."""
    if not torch.cuda.is_available():
        return [Row("training step on a GPU, bf16", "waiting <= 5 %", "no GPU")]
    network = LightAsd().cuda()
    step = stepper(network)
    waited, began = 0.0, time.perf_counter()
    for place, batch in enumerate(_batches(GPU_STEPS + 3)):
        if place == 3:  # kernels are chosen, memory is there
            torch.cuda.synchronize()
            waited, began = 0.0, time.perf_counter()
        asked = time.perf_counter()
        mfcc, faces, target = (part.cuda(non_blocking=True) for part in batch)
        torch.cuda.synchronize()
        waited += time.perf_counter() - asked
        with torch.autocast("cuda", torch.bfloat16):
            step((mfcc, faces, target))
        torch.cuda.synchronize()
    seconds = time.perf_counter() - began
    speed, share = GPU_STEPS * TRACKS * FRAMES / seconds, waited / seconds
    figure = f"{speed:,.0f} frames/s, waiting {share:.1%}"
    return [Row(f"training step on {torch.cuda.get_device_name()}, bf16", "waiting <= 5 %", figure, share <= 0.05)]


def rows(settings: Settings) -> list[Row]:
    return on_two_cores() + on_a_gpu()
