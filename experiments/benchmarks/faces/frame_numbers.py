"""Frame numbers: 251 frames with burned-in numbers, looked at with fixed strides, and their crops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from avcur.crops.geometry import GEOMETRIES
from avcur.crops.write import write_crops
from avcur.media.decode import frames
from avcur.records import FPS, Standardised, Track
from avcur.visual.look import Look
from experiments.benchmarks.faces.burned import NumberTeller, SquareFinder, burned_video, numbers_of_crop, told
from experiments.benchmarks.faces.product import look_and_segment, segmenter, standardised
from experiments.benchmarks.row import Row, Settings

COUNT, STRIDES, LATE = 251, (2, 5), 137


def misnumbered(look: Look) -> tuple[int, int, int]:
    """Samples whose number is not the one read from the reduced, the full-size, and the next frame's picture."""
    numbers = look.sample[look.face_sample]
    sides = np.sqrt(np.prod((look.face_box[:, 2:] - look.face_box[:, :2]) * (look.width, look.height), axis=1))
    to_next = look.face_shift[:, 0] * sides / look.width
    reduced, full = told(look.face_box[:, 1]), told(look.face_box[:, 0])
    following = told(look.face_box[:, 0] + to_next)
    last = numbers == look.num_frames - 1
    wrong_next = np.where(last, ~np.isnan(to_next), following != numbers + 1)
    return int((reduced != numbers).sum()), int((full != numbers).sum()), int(wrong_next.sum())


def at_stride(visual: Any, media: Standardised, stride: int) -> Row:
    """Search every stride-th frame at least."""
    finer = {name: min(stride, getattr(visual, name)) for name in ("follow_stride", "min_stride")}
    look = replace(visual, detector=NumberTeller(), stride=stride, **finer)(media, 2)
    wrong = misnumbered(look)
    expected = set(range(stride - 1, COUNT, stride)) | {0, COUNT - 1}
    every = expected <= set(look.sample.tolist()) and len(look.face_sample) == len(look.sample)
    figure = (
        f"{len(look.sample)} of {look.num_frames} frames looked at, the last is {look.sample[-1]}; "
        f"wrong: {wrong[0]} reduced, {wrong[1]} at full size, {wrong[2]} next frames"
    )
    held = every and look.num_frames == COUNT and not any(wrong)
    return Row(f"frame numbers, stride {stride}", "all right", figure, held)


def of_crops(segment: Any, media: Standardised, settings: Settings) -> Row:
    """The numbers that crops show: of the track of the whole video, and of one that begins after a seek."""
    whole = replace(segment, visual=replace(segment.visual, detector=SquareFinder()))
    tracks = look_and_segment(media, whole, 1).segmentation.tracks
    late = Track(LATE / FPS, tracks[0].boxes[LATE:], tracks[0].detected[LATE:])
    paths = [settings.scratch / "crops" / f"burned_{i}.mp4" for i in range(2)]
    for track, path in zip((tracks[0], late), paths, strict=True):
        write_crops(media, [track], [path], GEOMETRIES["face"])
    shown = [numbers_of_crop(frame.image for frame in frames(path)) for path in paths]
    wanted = [list(range(COUNT)), list(range(LATE, COUNT))]
    wrong = [sum(a != b for a, b in zip(*pair, strict=False)) for pair in zip(shown, wanted, strict=True)]
    figure = f"{len(shown[0])} and {len(shown[1])} frames (from frame {LATE} on), {wrong[0]} and {wrong[1]} wrong"
    return Row("frame numbers of crops", "all right", figure, len(tracks) == 1 and shown == wanted)


def rows(settings: Settings) -> list[Row]:
    media, segment = standardised(burned_video(settings.scratch / "burned.mp4", COUNT)), segmenter()
    looks = [at_stride(segment.visual, media, stride) for stride in (*STRIDES, segment.visual.stride)]
    return [*looks, of_crops(segment, media, settings)]
