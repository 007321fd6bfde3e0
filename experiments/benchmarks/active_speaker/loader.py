"""How many frames a second the loader alone gives, in batches of 8 tracks of 100 frames at 112 px, as Light-ASD reads.

The tracks are crops of the product from its own synthetic scenes. Cold, every clip is decoded for every batch (no
cache); warm, all of them lie in memory. With two workers each has a core, and the passes are timed as training sees
them: from the first batch asked for to the last one received.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from avcur.crops.geometry import geometry_named
from avcur.crops.write import write_crops
from avcur.records import FPS, Standardised
from avcur.sources.synthetic.corpus import SyntheticSource
from avcur.variants.variant import Variant
from datamodules.active_speaker import ActiveSpeakerDataModule
from experiments.benchmarks.faces.product import on_cores, seen
from experiments.benchmarks.row import Row, Settings

TRACKS, FRAMES, SIZE = 8, 100, 112
BATCHES = 10
"""Of a pass; the variant names the tracks that there are as often as that takes, each time as another clip."""
SCENES = 10
BAR = 300
"""Frames a second: three times the hundred that the network at full width does at best on two cores."""
AIM = 5000
"""Frames a second of one worker that decodes: several of them feed a GPU."""
PASSES = 3


def rows(settings: Settings) -> Iterator[Row]:
    variant = _variant(settings)
    for workers in (0, 2):
        for warm in (False, True):
            (slow, median, fast), used = _speeds(variant, workers, warm)
            what = f"loader alone, {'warm' if warm else 'cold'}, {workers or 'no'} workers, frames a second"
            aim = f", aim {AIM * max(workers, 1)}" if not warm else ""
            figure = f"{median:,.0f} ({slow:,.0f} to {fast:,.0f})" + ("" if workers else f", {used:,.0f} a CPU second")
            yield Row(what, f">= {BAR}, 3x the network{aim}", figure, median >= BAR)


def _speeds(variant: Variant, workers: int, warm: bool) -> tuple[tuple[float, float, float], float]:
    """The slowest, the median and the fastest of some passes on two cores, frames a second, and a CPU second of this
    process: on a busy machine that is the figure to compare."""
    loader = _data(variant, workers, cache_bytes=2**31 if warm else 0).train_dataloader()
    with on_cores(2):
        # Which worker gets which batch is chance: each has seen about all clips only after some passes.
        for _ in range(6 if warm and workers else 1):
            _frames(loader)
        began = time.process_time()
        timed = sorted(_timed(loader) for _ in range(PASSES))
        used = PASSES * BATCHES * TRACKS * FRAMES / (time.process_time() - began)
    return (timed[0], timed[PASSES // 2], timed[-1]), used


def _timed(loader: Any) -> float:
    began = time.perf_counter()
    return _frames(loader) / (time.perf_counter() - began)


def _frames(loader: Any) -> int:
    return sum(batch["faces"].shape[0] * batch["faces"].shape[1] for batch in loader)


def _data(variant: Variant, workers: int, cache_bytes: int) -> ActiveSpeakerDataModule:
    return ActiveSpeakerDataModule(
        variant, face_size=SIZE, batching="tracks", frames_per_batch=TRACKS * FRAMES, max_frames=FRAMES,
        augment_sound=True, num_workers=workers, cache_bytes=cache_bytes,
    )  # fmt: skip


def _variant(settings: Settings) -> Variant:
    """Tracks of 100 frames, cut from the beginnings of those that the product finds."""
    source = SyntheticSource(
        settings.scratch, scenes=SCENES, identities=8, speakers=1, sessions=1, utterances=1, audio_clips=0,
        scene_seconds=(4.4, 5.0),
    )  # fmt: skip
    scenes = [recording for recording in source.recordings() if recording.path.suffix == ".mp4"]
    cropped = [row for scene in scenes for row in _cropped(scene.path, source.directory / "crops")]
    if len(cropped) < TRACKS:
        raise SystemExit(f"Only {len(cropped)} tracks of {FRAMES} frames in {SCENES} scenes")
    clips = [{**cropped[n % len(cropped)], "clip_id": f"clip-{n:03d}"} for n in range(TRACKS * BATCHES)]
    return Variant("loader", "active_speaker", "raw", "none", settings.scratch, pl.DataFrame(clips), {"classes": []})


def _cropped(path: Path, folder: Path) -> Iterator[dict[str, Any]]:
    found = seen(path)
    folder.mkdir(exist_ok=True)
    tracks = [track for track in found.segmentation.tracks if len(track.boxes) >= FRAMES]
    crops = [folder / f"{path.stem}-{n}.mp4" for n in range(len(tracks))]
    write_crops(found.media, tracks, crops, geometry_named("face"))
    for track, crop in zip(tracks, crops, strict=True):
        yield _row(found.media, track.start, crop)


def _row(media: Standardised, start: float, crop: Path) -> dict[str, Any]:
    return {
        "split": "train", "group": crop.stem, "start": start, "end": start + FRAMES / FPS, "audio_offset": 0.0,
        "audio_path": str(media.audio_path), "crop_path": str(crop), "speaking": [True] * FRAMES,
    }  # fmt: skip
