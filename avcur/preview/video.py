"""A recording as a person should see it before trusting a number: boxes, tracks, live values, clips and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.media.decode import Faults, frames
from avcur.media.encode import video_writer
from avcur.media.errors import MediaError
from avcur.media.probe import probe
from avcur.preview.judged import JudgedClip
from avcur.preview.layout import arrange
from avcur.preview.painter import Painter
from avcur.preview.scene import Scene
from avcur.preview.sound import StreamedSound, outline, streamed_sound
from avcur.preview.timeline import is_paged
from avcur.records import FPS, SAMPLE_RATE, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.visual.look import Look

Image = NDArray[np.uint8]

_CRF = 23
"""x264's own default: for the eye, not for measuring."""
_UNKNOWN = (16, 9)
"""Shape of the field that says why there is no picture, where not even its size is known."""


def write_preview(
    media: Standardised,
    look: Look | None,
    segmentation: Segmentation,
    clips: Iterable[JudgedClip],
    path: Path,
) -> None:
    """Write an MP4 of the recording at 25 fps with its sound: frame i shows grid frame i.

    Memory is bounded whatever the length: pictures and sound are streamed. A picture that cannot be decoded becomes a
    field that says why, and a recording without one shows its waveform. Equal input gives an equal file.
    """
    scene = Scene(media, look, segmentation, clips)
    with ExitStack() as stack:
        sound = _sound(media, stack)
        size = None if media.video_path is None else _size(media.video_path, look)
        layout = arrange(size, scene.num_lanes, sound is not None, is_paged(scene.num_frames))
        painter = Painter(scene, layout, np.zeros(0, np.float32) if sound is None else outline(sound))
        shown: Iterator[Image | str | None] = iter(())
        if media.video_path is not None and layout.picture is not None:
            shown = _pictures(media.video_path, max(layout.picture.width, layout.picture.height), scene.num_frames)
        # A `StreamedSound` is sliced as an array is, which is all that the writer does with it.
        audio: Any = sound
        rate = SAMPLE_RATE if sound is None else sound.sample_rate
        writer = stack.enter_context(video_writer(path, FPS, audio, rate, crf=_CRF))
        for number in range(scene.num_frames):
            writer.write(painter.frame(number, next(shown, None)))


def _sound(media: Standardised, stack: ExitStack) -> StreamedSound | None:
    if media.audio_path is None:
        return None
    try:
        sound = stack.enter_context(streamed_sound(media.audio_path))
    except MediaError:
        return None
    return sound if len(sound) else None


def _size(path: Path, look: Look | None) -> tuple[int, int]:
    """Width and height of the displayed picture, px; a usual shape where the file does not say."""
    if look is not None:
        return look.width, look.height
    try:
        return probe(path).displayed_size
    except MediaError:
        return _UNKNOWN


def _pictures(path: Path, side: int, num_frames: int) -> Iterator[Image | str]:
    """The picture of each grid frame, or the reason why there is none."""
    count = 0
    try:
        for frame in islice(frames(path, fps=FPS, max_side=side, faults=Faults()), num_frames):
            yield frame.image
            count += 1
        reason = f"no picture from {count / FPS:.2f} s on"
    except Exception as error:  # a codec's own fault must not end a run over many recordings
        reason = str(error) or type(error).__name__
    while count < num_frames:
        yield reason
        count += 1
