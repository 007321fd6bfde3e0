"""Write video (H.264 + AAC in MP4) and audio (PCM 16) so that equal input gives equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from avcur.store.commit import committed

Image = NDArray[np.uint8]
Waveform = NDArray[np.float32]

KEYFRAME_SECONDS = 2
"""Distance of key frames: short, so that random access to a training clip stays cheap (x264's own is 250 frames)."""
AAC_FRAME = 1024


class VideoWriter:
    """An open MP4 that takes frames one by one; use it through `video_writer`."""

    def __init__(
        self, path: Path, fps: float, waveform: Waveform | None, sample_rate: int, crf: int, threads: int, preset: str
    ) -> None:
        self._rate = Fraction(fps).limit_denominator(100_000)
        # x264's macroblock tree reads memory that nothing wrote: with it, equal frames gave other bytes in 1 to 20 % of
        # files, 500 of 500 were equal without.
        self._options = {"crf": str(crf), "preset": preset, "x264-params": "mbtree=0"}
        self._threads = threads
        self._container = av.open(
            str(path), "w", format="mp4", options={"fflags": "+bitexact", "movflags": "+faststart"}
        )
        self._video: Any = None
        self._size: tuple[int, int] = (0, 0)
        self._sound = None if waveform is None else _Sound(waveform, sample_rate)
        self.num_frames = 0

    def write(self, image: Image) -> None:
        """Append one RGB frame, uint8 (H, W, 3); an odd last row or column is dropped (4:2:0 needs even sizes)."""
        height, width = image.shape[0] & ~1, image.shape[1] & ~1
        if self._video is None:
            self._open(width, height)
        if (width, height) != self._size:
            raise ValueError(
                f"Frame {self.num_frames} is {width}x{height} px, the first one is {self._size[0]}x{self._size[1]}"
            )
        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
        # On one thread, as the encoder: left to it, the conversion would run on all cores.
        frame = rgb.reformat(format="yuv420p", threads=1)
        frame.pts, frame.time_base = self.num_frames, 1 / self._rate
        self._container.mux(self._video.encode(frame))
        self.num_frames += 1
        self._write_sound(until=self.num_frames / float(self._rate))

    def close(self) -> None:
        """Flush both encoders and write the index; raises ValueError when no frame was written."""
        try:
            if self._video is None:
                raise ValueError("A video needs at least one frame")
            self._write_sound(until=None)
            self._container.mux(self._video.encode(None))
        finally:
            self._container.close()

    def discard(self) -> None:
        """Close the file as it is, after an error."""
        self._container.close()

    def _open(self, width: int, height: int) -> None:
        if width < 2 or height < 2:
            raise ValueError(f"A frame must be at least 2x2 px, got {width}x{height}")
        self._video = self._container.add_stream("libx264", rate=self._rate, options=self._options)
        self._video.width, self._video.height, self._video.pix_fmt = width, height, "yuv420p"
        self._video.codec_context.thread_count = self._threads
        self._video.codec_context.thread_type = "NONE" if self._threads == 1 else "AUTO"
        self._video.codec_context.gop_size = max(1, round(KEYFRAME_SECONDS * self._rate))
        self._size = (width, height)
        if self._sound is not None:
            self._sound.stream = self._container.add_stream("aac", rate=self._sound.sample_rate, layout="mono")
        for stream in self._container.streams:
            stream.codec_context.flags |= int(av.codec.context.Flags.bitexact)

    def _write_sound(self, until: float | None) -> None:
        if self._sound is not None:
            for packet in self._sound.packets(until):
                self._container.mux(packet)


class _Sound:
    """The sound track of a `VideoWriter`, encoded along with the picture so that the file is interleaved."""

    def __init__(self, waveform: Waveform, sample_rate: int) -> None:
        if waveform.ndim != 1:
            raise ValueError(f"Sound is mono float32 (N,), got shape {waveform.shape}")
        self.waveform, self.sample_rate, self.position = waveform, sample_rate, 0
        self.stream: Any = None

    def packets(self, until: float | None) -> Iterator[Any]:
        """Encode up to `until` seconds; None means to the end, with a flush."""
        stop = len(self.waveform) if until is None else min(len(self.waveform), int(until * self.sample_rate))
        while self.position < stop and (until is None or stop - self.position >= AAC_FRAME):
            piece = self.waveform[self.position : min(self.position + AAC_FRAME, len(self.waveform))]
            frame = av.AudioFrame.from_ndarray(piece.astype(np.float32).reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = self.sample_rate, self.position
            frame.time_base = Fraction(1, self.sample_rate)
            yield from self.stream.encode(frame)
            self.position += piece.shape[0]
        if until is None:
            yield from self.stream.encode(None)


@contextmanager
def video_writer(
    path: Path,
    fps: float,
    audio: Waveform | None = None,
    sample_rate: int = 16_000,
    crf: int = 18,
    threads: int = 1,
    preset: str = "veryfast",
) -> Iterator[VideoWriter]:
    """Open `path` for frames; the file appears under its name only when the block ends well."""
    with committed(Path(path)) as beside:
        writer = VideoWriter(beside, fps, audio, sample_rate, crf, threads, preset)
        try:
            yield writer
        except BaseException:
            writer.discard()
            raise
        writer.close()


def write_video(
    path: Path,
    frames: Iterable[Image],
    fps: float,
    audio: Waveform | None = None,
    sample_rate: int = 16_000,
    crf: int = 18,
    threads: int = 1,
) -> None:
    """Write RGB frames, uint8 (H, W, 3), and mono float32 (N,) sound as MP4; one thread makes equal bytes certain."""
    with video_writer(path, fps, audio, sample_rate, crf, threads) as writer:
        for image in frames:
            writer.write(image)


def write_audio(path: Path, waveform: Waveform, sample_rate: int = 16_000) -> None:
    """Write mono float32 (N,) sound as 16-bit PCM, `.wav` or `.flac` by suffix; values beyond +-1 are clipped."""
    with committed(Path(path)) as beside:
        soundfile.write(beside, np.clip(waveform, -1.0, 1.0), sample_rate, subtype="PCM_16")
