"""What a media file says about itself, read from its header alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import soundfile

from avcur.media.errors import MediaError

Stream = Any
"""A PyAV stream; PyAV is checked at run time, not by mypy."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The header of a file; None where the header does not say (GRID's .mpg files know no frame count)."""

    format: str
    has_video: bool
    has_audio: bool
    width: int | None = None
    """Stored picture, px, before rotation and pixel shape."""
    height: int | None = None
    fps: float | None = None
    video_codec: str | None = None
    pixel_format: str | None = None
    sample_aspect_ratio: float = 1.0
    rotation: int = 0
    """Degrees counter-clockwise that bring the stored picture upright: 0, 90, 180 or 270."""
    audio_codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    start: float = 0.0
    """Seconds on the file's clock at which its first stream begins."""
    duration: float | None = None
    video_duration: float | None = None
    audio_duration: float | None = None

    @property
    def displayed_size(self) -> tuple[int, int]:
        """Width and height, px, upright with square pixels; the narrower side is stretched, so no pixel is lost."""
        if self.width is None or self.height is None:
            raise MediaError("no video stream")
        return displayed_size(self.width, self.height, self.sample_aspect_ratio, self.rotation)


def displayed_size(width: int, height: int, sample_aspect_ratio: float, rotation: int) -> tuple[int, int]:
    ratio = sample_aspect_ratio
    wide, high = (round(width * ratio), height) if ratio >= 1 else (width, round(height / ratio))
    return (high, wide) if rotation % 180 == 90 else (wide, high)


def check_readable(path: Path) -> None:
    """Raise MediaError for faults that need no decoder: missing, a folder, empty."""
    if not path.exists():
        raise MediaError(f"file does not exist: {path}")
    if path.is_dir():
        raise MediaError(f"a folder, not a media file: {path}")
    if path.stat().st_size == 0:
        raise MediaError("empty file (0 bytes)")


def open_media(path: Path) -> Any:
    """A PyAV container, or MediaError that names why the file cannot be opened."""
    check_readable(path)
    try:
        return av.open(str(path), metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(_why_not_opened(path, error)) from error


def video_stream(container: Any) -> Stream | None:
    """The first picture stream with a decoder; cover art of a sound file is not a picture stream."""
    cover = int(av.stream.Disposition.attached_pic)
    usable = (s for s in container.streams.video if s.codec_context is not None and not int(s.disposition) & cover)
    return next(usable, None)


def audio_stream(container: Any) -> Stream | None:
    return next((s for s in container.streams.audio if s.codec_context is not None), None)


def pixel_ratio(stream: Stream) -> float:
    """Width of a pixel over its height; 1.0 where unknown or within 1 % of square."""
    ratio = float(stream.sample_aspect_ratio or 1)
    return 1.0 if ratio <= 0 or abs(ratio - 1) < 0.01 else ratio


def origin(container: Any) -> float:
    """The file's zero on its own clock, seconds: picture and sound times are counted from here, so sync is kept."""
    if container.start_time is not None:
        return float(container.start_time) / float(av.time_base)
    starts = [float(s.start_time * s.time_base) for s in container.streams if s.start_time is not None]
    return min(starts, default=0.0)  # Matroska leaves the container's own start open


def probe(path: Path) -> Probe:
    """Read the header; raises MediaError(reason) for what is no media file or has neither picture nor sound."""
    path = Path(path)
    with open_media(path) as container:
        video, audio = video_stream(container), audio_stream(container)
        if video is None and audio is None:
            raise MediaError("neither a video nor an audio stream that can be decoded")
        fields: dict[str, Any] = {} if video is None else _video_fields(container, video)
        if audio is not None:
            context = audio.codec_context
            fields |= {"audio_codec": context.name, "sample_rate": audio.rate or None, "channels": context.channels}
            fields["audio_duration"] = _seconds(audio)
        duration = None if container.duration is None else container.duration / av.time_base
        names = {"has_video": video is not None, "has_audio": audio is not None, "format": container.format.name}
        return Probe(**names, start=origin(container), duration=duration, **fields)


def _video_fields(container: Any, video: Stream) -> dict[str, Any]:
    context = video.codec_context
    return {
        "width": context.width,
        "height": context.height,
        "fps": float(video.average_rate) if video.average_rate else None,
        "video_codec": context.name,
        "pixel_format": context.pix_fmt,
        "sample_aspect_ratio": pixel_ratio(video),
        "rotation": _rotation(container, video),
        "video_duration": _seconds(video),
    }


def _seconds(stream: Stream) -> float | None:
    return None if stream.duration is None else float(stream.duration * stream.time_base)


def _rotation(container: Any, video: Stream) -> int:
    """The display matrix reaches PyAV only with a decoded frame, so decode the first one."""
    try:
        frame = next(container.decode(video), None)
    except (av.FFmpegError, ValueError):
        return 0
    return 0 if frame is None else upright_turn(frame.rotation)


def upright_turn(degrees: float) -> int:
    """Degrees to the nearest quarter turn, 0..270 counter-clockwise."""
    return round(degrees / 90) % 4 * 90


def _why_not_opened(path: Path, error: Exception) -> str:
    head = path.open("rb").read(64)
    if head[4:8] == b"ftyp" and not has_atom(path, b"moov"):
        return "index (moov) missing: the file was cut short before its end"
    if not head.strip(b"\0"):
        return "not a media file (starts with zero bytes)"
    if _is_text(head):
        return "not a media file (plain text)"
    return f"not a media file that can be decoded ({type(error).__name__})"


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in head)


def has_atom(path: Path, name: bytes) -> bool:
    """Whether the MP4 has a top-level atom `name`; only the atoms' headers are read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        position = 0
        while position + 8 <= size:
            file.seek(position)
            header = file.read(16)
            if header[4:8] == name:
                return True
            length = int.from_bytes(header[:4], "big")
            length = int.from_bytes(header[8:16], "big") if length == 1 else length
            if length < 8:
                return False
            position += length
    return False


def wav_shortfall(path: Path) -> float:
    """Share of the sound that a WAV header promises but the file lacks (0.0: whole, or not a WAV)."""
    with path.open("rb") as file:
        if file.read(4) != b"RIFF" or file.seek(8) != 8 or file.read(4) != b"WAVE":
            return 0.0
        while len(header := file.read(8)) == 8:
            length = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                there = path.stat().st_size - file.tell()
                return 0.0 if length in (0, 0xFFFFFFFF) else max(0.0, 1 - there / length)
            file.seek(length + length % 2, 1)
    return 0.0


def sound_info(path: Path) -> Any | None:
    """soundfile's header of a WAV or FLAC with samples, None for anything that it cannot read or that is empty."""
    if path.suffix.lower() not in (".wav", ".flac"):
        return None
    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, OSError):
        return None
    return info if info.frames > 0 else None
