"""Media made from the real clips: a landscape 1080p video and a long 720p recording."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.media.decode import frames, read_audio
from avcur.media.encode import write_video
from avcur.records import FPS
from avcur.store.commit import committed
from experiments.benchmarks.row import Settings, num_cores

Image = NDArray[np.uint8]

WIDE = (1920, 1080)
FACE_TOP = 120
"""First row of the landscape part of `latentsync_demo2`, whose face is in its upper half."""
LONG = (1280, 720)
LONG_CLIPS = (
    "video/lp_s18_silent_music.mp4", "video/latentsync_demo1.mp4", "video/lp_s32_silent.mp4",
    "video/latentsync_demo2.mp4", "video/latentsync_demo3.mp4",
)  # fmt: skip
SAMPLE_RATE = 44_100


def landscape(settings: Settings) -> Path:
    """`latentsync_demo2` in H.264 at 1920x1080: its face at full size, mirrored strips beside it."""
    path = settings.scratch / "landscape_1080p.mp4"
    if not path.exists():
        source = frames(settings.clip("video/latentsync_demo2.mp4"), fps=FPS)
        write_video(path, (_mirrored(f.image) for f in source), FPS, crf=20, threads=num_cores())
    return path


def _mirrored(image: Image) -> Image:
    """The part of a 1080x1920 picture around its face, its outermost 210 px mirrored twice beside it."""
    part = image[FACE_TOP : FACE_TOP + WIDE[1]]
    strip = (WIDE[0] - image.shape[1]) // 4
    left, right = part[:, :strip], part[:, -strip:]
    return np.concatenate([left, left[:, ::-1], part, right[:, ::-1], right], axis=1)


def long_recording(settings: Settings) -> Path:
    """A 720p recording with sound of `settings.minutes`: about a minute of real clips, its packets repeated."""
    path = settings.scratch / f"long_{settings.minutes:g}min" / "long_720p.mp4"
    if not path.exists():
        minute = settings.scratch / "minute_720p.mp4"
        if not minute.exists():
            _join([settings.clip(name) for name in LONG_CLIPS], minute)
        with committed(path) as beside:
            _repeat(minute, beside, settings.minutes * 60)
    return path


def _join(clips: list[Path], path: Path) -> None:
    """Encode clips one after the other, fitted into 1280x720, each with its own sound."""
    counts = [sum(1 for _ in frames(clip, fps=FPS, max_side=64)) for clip in clips]
    pictures = (_fitted(f.image) for clip in clips for f in frames(clip, fps=FPS, max_side=LONG[0]))
    sounds = [_sound(clip, count / FPS) for clip, count in zip(clips, counts, strict=True)]
    write_video(path, pictures, FPS, np.concatenate(sounds), SAMPLE_RATE, crf=20, threads=num_cores())


def _fitted(image: Image) -> Image:
    """The whole picture in the middle of 1280x720, black beside it."""
    height, width = image.shape[:2]
    scale = min(LONG[0] / width, LONG[1] / height)
    small = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    top, left = (LONG[1] - small.shape[0]) // 2, (LONG[0] - small.shape[1]) // 2
    canvas = np.zeros((LONG[1], LONG[0], 3), np.uint8)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def _sound(clip: Path, seconds: float) -> NDArray[np.float32]:
    """Exactly `seconds` of a clip's sound, silence where it ends before."""
    wave = read_audio(clip, SAMPLE_RATE, 0.0, seconds)
    whole = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    whole[: min(len(wave), len(whole))] = wave[: len(whole)]
    return whole


def _repeat(minute: Path, path: Path, seconds: float) -> None:
    """Write the packets of `minute` again and again with later timestamps, until `seconds` are full."""
    with av.open(str(minute)) as source, av.open(str(path), "w", format="mp4") as target:
        length = max(Fraction(s.duration) * s.time_base for s in source.streams)
        # To a whole frame, so that the repeated pictures stay on the 25 fps grid.
        length = Fraction(-(-length * FPS // 1), FPS)
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        last: dict[int, int] = {}
        for turn in itertools.takewhile(lambda turn: turn * length < seconds, itertools.count()):
            source.seek(0)
            for packet in _shifted(source, turn * length):
                # AAC begins a packet early, which would overlap the end of the turn before.
                if packet.dts > last.get(packet.stream.index, packet.dts - 1):
                    last[packet.stream.index] = packet.dts
                    packet.stream = streams[packet.stream.index]
                    target.mux(packet)


def _shifted(source: Any, by: Fraction) -> Iterator[Any]:
    for packet in source.demux():
        if packet.dts is not None and packet.pts is not None:
            ticks = round(by / packet.time_base)
            packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            yield packet
