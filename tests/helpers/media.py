"""Seeded tiny media: videos that carry their frame numbers, squares that stand for faces, tones and noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.media.encode import write_audio, write_video
from avcur.records import Standardised
from avcur.visual.faces import Faces
from avcur.visual.look import Look
from avcur.visual.overlap import overlaps
from avcur.visual.visual_pass import VisualPass

Image = NDArray[np.uint8]
Waveform = NDArray[np.float32]

BITS = 10
BLOCK = 16


def numbered(number: int, width: int = 160, height: int = 64) -> Image:
    """A frame whose top row of 16 px blocks spells its number in binary, over a quiet seeded pattern."""
    image = np.random.default_rng(number).integers(100, 130, (height, width, 3), dtype=np.uint8)
    for bit in range(BITS):
        image[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 235 if number >> bit & 1 else 20
    return image


def number_of(image: Image, width: int = 160) -> int:
    """The number that `numbered` wrote, from a picture scaled by any factor."""
    block = BLOCK * image.shape[1] / width
    centres = [(int(block / 2), int((bit + 0.5) * block)) for bit in range(BITS)]
    return sum((int(image[y, x].mean()) > 128) << bit for bit, (y, x) in enumerate(centres))


def numbered_video(path: Path, count: int, fps: float = 25, audio: Waveform | None = None) -> Path:
    write_video(path, (numbered(i) for i in range(count)), fps, audio)
    return path


def timed_video(
    path: Path,
    times: Sequence[float],
    rotation: int = 0,
    aspect: Fraction | None = None,
    sound: Waveform | None = None,
) -> Path:
    """Numbered frames shown from the given times (ms precision): variable rate, turned or with oblong pixels."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "18"})
        voice = container.add_stream("aac", rate=16_000, layout="mono") if sound is not None else None
        stream.width, stream.height, stream.pix_fmt = 160, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and voice is not None:
            frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, 0
            container.mux(voice.encode(frame))
            container.mux(voice.encode(None))
    return path


def tone(seconds: float, hertz: float = 440.0, level: float = 0.3, sample_rate: int = 16_000) -> Waveform:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(seconds: float, level: float = 0.1, seed: int = 0, sample_rate: int = 16_000) -> Waveform:
    return (level * np.random.default_rng(seed).normal(size=round(seconds * sample_rate))).astype(np.float32)


def audio_file(path: Path, waveform: Waveform, sample_rate: int = 16_000) -> Path:
    write_audio(path, waveform, sample_rate)
    return path


def face_frames(
    paths: Sequence[Sequence[tuple[float, float] | None]], size: int = 60, width: int = 320, height: int = 240
) -> Iterator[Image]:
    """Grey frames with a textured bright square of `size` px for each stand-in face; paths[k][i] is face k's centre."""
    texture = np.random.default_rng(7).integers(200, 256, (size, size, 3), dtype=np.uint8)
    for i in range(len(paths[0])):
        image = np.full((height, width, 3), 60, np.uint8)
        for path in paths:
            if (centre := path[i]) is not None:
                left, top = round(centre[0] - size / 2), round(centre[1] - size / 2)
                image[top : top + size, left : left + size] = texture
        yield image


@dataclass
class SquareDetector:
    """Finds the squares of `face_frames` in place of a face detector; counts the images that it saw.

    Landmarks lie where a frontal face has them.
    """

    min_face: int = 20
    batch_size: int = 4
    probability: float = 0.99

    def __post_init__(self) -> None:
        self.seen = 0

    def __call__(self, images: list[Image]) -> list[Faces]:
        self.seen += len(images)
        return [self._faces(self._find(image)) for image in images]

    def refine(self, images: list[Image], boxes: NDArray[np.float64]) -> Faces:
        """The square that overlaps the box, probability 0 where there is none."""
        found = np.array(boxes, np.float64).reshape(-1, 4)
        probabilities = np.zeros(len(found))
        for i, image in enumerate(images):
            squares = self._find(image)
            near = overlaps(found[i : i + 1], squares)[0]
            if near.max(initial=0.0) > 0.3:
                found[i], probabilities[i] = squares[near.argmax()], self.probability
        return self._faces(found)._replace(probabilities=probabilities)

    def _faces(self, boxes: NDArray[np.float64]) -> Faces:
        places = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)])
        landmarks = boxes[:, None, :2] + places * (boxes[:, None, 2:] - boxes[:, None, :2])
        return Faces(boxes, np.full(len(boxes), self.probability), landmarks)

    def _find(self, image: Image) -> NDArray[np.float64]:
        mask = (image.mean(axis=2) > 150).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        found = sorted((x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area > 100)
        return np.array(found, np.float64).reshape(-1, 4)


def seen(path: Path, detector: SquareDetector | None = None, **parameters: Any) -> Look:
    """What a visual pass sees of a video."""
    media = Standardised("r", path, None, 0.0)
    return VisualPass(detector or SquareDetector(), **parameters)(media)
