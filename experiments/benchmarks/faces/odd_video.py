"""Odd video: what the product says of it against the same scene in an ordinary file, and against its own reference.

Each broken file is made from an ordinary one (25 fps, upright, square pixels, even sizes), whose pictures and whose
reference boxes, as fractions of the picture, say independently what is on show when and where.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import decord
import numpy as np
from numpy.typing import NDArray

from avcur.media.decode import frames
from avcur.records import FPS
from experiments.benchmarks.faces.boxes import by_frame, matched, scale, sides
from experiments.benchmarks.faces.product import Seen, seen
from experiments.benchmarks.faces.recall import AGREEMENT, MATCH, PROBABILITY, RECALL, SIDE, count
from experiments.benchmarks.faces.reference import Reference, reference
from experiments.benchmarks.row import Row, Settings

DERIVED = {
    "broken/vfr.mp4": "video/retalking_5.mp4",
    "broken/rotated90_portrait.mp4": "video/latentsync_demo1.mp4",
    "broken/anamorphic.mp4": "video/retalking_5.mp4",
    "broken/odd_resolution.mp4": "video/retalking_5.mp4",
}
TRULY_VARIABLE = "video/retalking_1.mp4"
SAME = 0.2
"""Grey levels: pictures differ by less through coding alone; the original repeats some of its own frames."""
_THUMBNAIL = (96, 96)


@dataclass(frozen=True)
class Shown:
    """Decoded pictures: `times` (N,) s, `thumbnails` (N, 96, 96) grey, the aspect not kept."""

    times: NDArray[np.float64]
    thumbnails: NDArray[np.float32]


def decoded(path: Path) -> Shown:
    found = [(frame.time, thumbnail(frame.image)) for frame in frames(path)]
    return Shown(np.array([time for time, _ in found]), np.stack([small for _, small in found]))


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, _THUMBNAIL, interpolation=cv2.INTER_AREA), np.float32)


def excess(shown: Shown, original: Shown, frames_off: int = 0) -> NDArray[np.float64]:
    """Grey levels by which the original's frame of each picture's time is less like it than the most similar one.

    `frames_off` takes the original's frame so much later, to see how much a wrong one would differ.
    """
    table = np.array([np.abs(original.thumbnails - small).mean(axis=(1, 2)) for small in shown.thumbnails])
    expected = np.clip(np.round(shown.times * FPS).astype(int) + frames_off, 0, table.shape[1] - 1)
    return np.asarray(table[np.arange(len(table)), expected] - table.min(axis=1), np.float64)


def agreement_in_fractions(found: Seen, original: Reference, shown: Shown) -> tuple[float, float]:
    """Recall and mean IoU against the original's boxes in the frame that is on show at each grid time."""
    pixels = scale(original.width, original.height)
    wanted, overlaps = 0, []
    for grid, boxes in enumerate(by_frame(found.segmentation.tracks, found.look.num_frames)):
        latest = max(0, int(np.searchsorted(shown.times, grid / FPS + 1e-3, side="right")) - 1)
        at = (original.frame == round(shown.times[latest] * FPS)) & (original.probabilities >= PROBABILITY)
        sure = original.boxes[at & (sides(original.boxes) >= SIDE)] / pixels
        wanted += len(sure)
        overlaps += matched(sure, boxes, MATCH)
    return len(overlaps) / max(1, wanted), float(np.mean(overlaps or [0.0]))


def upright_share(found: Seen) -> float:
    """Share of found faces whose eyes are above the mouth and whose left eye is left of the right one."""
    points = found.look.face_landmarks
    above = points[:, :2, 1].max(axis=1) < points[:, 3:, 1].min(axis=1)
    return float((above & (points[:, 0, 0] < points[:, 1, 0])).mean())


def against_original(name: str, ordinary: str, settings: Settings) -> Row:
    path = settings.clip(name)
    found, shown, original = seen(path), decoded(path), decoded(settings.clip(ordinary))
    apart, one_off = excess(shown, original).max(), np.median(excess(shown, original, 1))
    recall, overlap = agreement_in_fractions(found, reference(settings.clip(ordinary)), shown)
    own, upright = count(found, reference(path)), upright_share(found)
    figure = (
        f"{found.look.width}x{found.look.height}, upright {upright:.0%}; pictures at most {apart:.2f} grey levels less "
        f"like {Path(ordinary).stem} at their time than at any (a frame later: {one_off:.1f}); recall of its boxes "
        f"{recall:.3f}, IoU {overlap:.3f}; own reference: {own.recall:.3f}, IoU {own.agreement:.3f}"
    )
    held = apart < SAME < one_off and min(recall, own.recall) >= RECALL and min(overlap, own.agreement) >= AGREEMENT
    return Row(f"odd video, {Path(name).name}", "boxes and times right", figure, bool(held and upright == 1.0))


def against_decord(settings: Settings) -> Row:
    """The times of a truly variable file as another reader gives them; it has no ordinary original."""
    path = settings.clip(TRULY_VARIABLE)
    found, shown = seen(path), decoded(path)
    reader = decord.VideoReader(str(path))
    times = reader.get_frame_timestamp(range(len(reader)))[:, 0]
    pictures = np.stack([thumbnail(reader[i].asnumpy()) for i in range(len(reader))])
    same = len(times) == len(shown.times)
    # decord counts from the first picture; how much later than the sound that begins is in the header.
    late = float(np.abs(times - times[0] + first_picture(path) - shown.times).max()) if same else np.inf
    apart = float(np.abs(pictures - shown.thumbnails).mean(axis=(1, 2)).max()) if same else np.inf
    own, upright = count(found, reference(path)), upright_share(found)
    figure = (
        f"{len(shown.times)} pictures, against decord: times {late * 1e3:.1f} ms, pictures {apart:.1f} grey levels "
        f"apart; upright {upright:.0%}; own reference: {own.recall:.3f}, IoU {own.agreement:.3f}"
    )
    held = late < 1e-3 and apart < 1 and own.recall >= RECALL and own.agreement >= AGREEMENT and upright == 1.0
    return Row(f"odd video, {Path(TRULY_VARIABLE).name}", "boxes and times right", figure, held)


def first_picture(path: Path) -> float:
    """Seconds from the beginning of the file to that of its picture stream."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return float(stream.start_time * stream.time_base) - container.start_time / 1e6


def rows(settings: Settings) -> list[Row]:
    derived = [against_original(name, ordinary, settings) for name, ordinary in DERIVED.items()]
    return [*derived, against_decord(settings)]
