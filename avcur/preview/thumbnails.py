"""A small picture of a clip as HTML: its middle frame with the face beside it, or the waveform of its sound."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.media.decode import Faults, frames, key_time
from avcur.media.errors import MediaError
from avcur.preview.drawing import corners, draw_box
from avcur.preview.layout import Rect
from avcur.preview.sound import columns, outline, streamed_sound
from avcur.preview.style import LINE, Colour
from avcur.records import FPS, Box, Standardised, Track

Image = NDArray[np.uint8]

HEIGHT = 150
WIDEST = 400
"""Px of a thumbnail: twice what it takes up, so that it is sharp on dense screens."""
_FACE = (255, 214, 10)
_MARGIN = 0.25
"""Of the face's longer side, on each side of it: enough to see the hair and chin."""
_MOST_BYTES = 16_000
_QUALITIES = (82, 65, 45, 25)
_COLUMNS = 140
_AFTER_KEY = 1.0
"""Seconds that are decoded: enough to leave a fade or a shut mouth at the very start."""


def thumbnail(row: Mapping[str, Any], media: Standardised | None, track: Track | None, *, quick: bool = False) -> str:
    """An <img> or <svg> of a clip's row; a field that says why, where its media cannot be read.

    `quick` takes a picture soon after a key frame in place of the clip's middle, where that saves decoding.
    """
    try:
        if media is None:
            raise MediaError("not measured")
        if media.video_path is not None:
            return _img(_picture(media.video_path, row, track, quick), _alt(row))
        if media.audio_path is not None:
            return _waveform(media.audio_path, float(row["start"]), float(row["end"]), _alt(row))
        raise MediaError("neither picture nor sound")
    except Exception as error:  # one clip's broken media must not cost the sheet
        return blank(str(error) or type(error).__name__)


def blank(reason: str) -> str:
    return f'<div class="blank">{escape(reason[:400])}</div>'


def _alt(row: Mapping[str, Any]) -> str:
    return f"{row['recording_id']}, {row['start']:.2f} to {row['end']:.2f} s"


def _picture(path: Path, row: Mapping[str, Any], track: Track | None, quick: bool) -> Image:
    """The frame in the middle of the clip, with its track's face marked and shown large beside it.

    Without a track its written crop is shown, where there is one.
    """
    number = int(_moment(path, float(row["start"]), float(row["end"]), quick) * FPS + 1e-6)
    frame = next(iter(frames(path, fps=FPS, start=number / FPS, faults=Faults())), None)
    if frame is None:
        raise MediaError(f"no picture at {number / FPS:.2f} s")
    image = np.asarray(frame.image, np.uint8)
    if track is None or not track.boxes:
        crop = _of_crop(row, number / FPS)
        return _reduced(image, WIDEST) if crop is None else _beside(_reduced(image, WIDEST - HEIGHT - 4), crop, LINE)
    box = track.box_at(number)
    whole = _reduced(image, WIDEST - HEIGHT - 4)
    marked = np.ascontiguousarray(whole)
    draw_box(marked, corners(np.array(box), Rect(0, 0, marked.shape[1], marked.shape[0])), _FACE, 2)
    return _beside(marked, _face(image, box), LINE)


def _moment(path: Path, start: float, end: float, quick: bool) -> float:
    """The second of the recording that stands for [start, end): its middle, or what is there a second after a key."""
    middle = (start + end) / 2
    key = key_time(path, middle) if quick else None
    return middle if key is None else min(middle, max(start, key + _AFTER_KEY))


def _of_crop(row: Mapping[str, Any], time: float) -> Image | None:
    """The face of a clip's written crop at a second of its recording; None where there is none to be read."""
    path = row.get("crop_path")
    if not path or not Path(path).is_file():
        return None
    start = max(0.0, time - float(row.get("parent_start") or row["start"]))
    try:
        frame = next(iter(frames(Path(path), fps=FPS, start=start, faults=Faults())), None)
    except MediaError:
        return None
    return None if frame is None else _reduced(np.asarray(frame.image, np.uint8), HEIGHT)


def _reduced(image: Image, widest: int) -> Image:
    """Brought to at most `widest` x `HEIGHT` px."""
    scale = min(HEIGHT / image.shape[0], widest / image.shape[1])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8)


def _face(image: Image, box: Box) -> Image:
    """The square around a face, with its margin, black where it reaches out of the picture."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    half = max(1.0, max(x2 - x1, y2 - y1) * (0.5 + _MARGIN))
    left, top, side = round((x1 + x2) / 2 - half), round((y1 + y2) / 2 - half), round(2 * half)
    square = np.zeros((side, side, 3), np.uint8)
    inside = image[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    y, x = max(0, -top), max(0, -left)
    square[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return _reduced(square, HEIGHT)


def _beside(left: Image, right: Image, colour: Colour) -> Image:
    height = max(left.shape[0], right.shape[0])
    sheet = np.full((height, left.shape[1] + 4 + right.shape[1], 3), colour, np.uint8)
    sheet[: left.shape[0], : left.shape[1]] = left
    sheet[: right.shape[0], left.shape[1] + 4 :] = right
    return sheet


def _img(image: Image, alt: str) -> str:
    """A JPEG inside the page, as coarse as it must be to stay below 16 kB."""
    data = b""
    for quality in _QUALITIES:
        data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= _MOST_BYTES:
            break
    source = base64.b64encode(data).decode("ascii")
    size = f'width="{image.shape[1]}" height="{image.shape[0]}"'
    return f'<img {size} loading="lazy" alt="{escape(alt, quote=True)}" src="data:image/jpeg;base64,{source}">'


def _waveform(path: Path, start: float, end: float, alt: str) -> str:
    """The outline of a clip's sound as a drawing; its loudest moment fills the height."""
    with streamed_sound(path) as sound:
        peaks = columns(outline(sound, start, end), _COLUMNS)
    loudest = float(peaks.max(initial=0.0))
    if not len(peaks) or loudest <= 0:
        return blank("silence")
    bars = "".join(f"M{i} {50 - 48 * p / loudest:.1f}V{50 + 48 * p / loudest:.1f}" for i, p in enumerate(peaks))
    return (
        f'<svg viewBox="0 0 {_COLUMNS} 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(alt, quote=True)}"><path d="{bars}"/></svg>'
    )
