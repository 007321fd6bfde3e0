"""Single pictures of a recording by random access: decord where it can be trusted, else by seeking with PyAV.

Both give the same pixels in about the same time. But decord knows neither oblong pixels nor edit lists, is off by some
pictures behind a key frame that others are shown before (open groups of pictures), and in containers that do not list
their key frames it is wrong (MPEG program streams) or never returns (transport streams). So it is used where none of
this can be, and its first and last picture are compared with PyAV's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avcur.media.decode import TOLERANCE, pictures
from avcur.media.errors import MediaError
from avcur.media.picture import ArrayPicture, Picture
from avcur.media.probe import open_media, origin, probe, video_stream
from avcur.media.stream import Faults
from avcur.records import FPS

INDEXED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""Containers, by FFmpeg's names, that say where their key frames are."""
SAME_PICTURE = 2.0
"""Grey levels of mean difference up to which two decoders' pictures are one; measured: 0.0, and 20 for a turned one."""
NEAR = 5 * FPS
"""Grid frames between two wanted ones that PyAV decodes and does not skip: a seek costs some seconds of decoding."""


def still_pictures(path: Path, wanted: Sequence[int], threads: int, faults: Faults) -> Iterator[tuple[int, Picture]]:
    """The pictures on show at the grid frames `wanted` (rising), each with its grid frame.

    A picture that is on show at several of them comes once, one that does not decode not at all; what PyAV survives
    goes into `faults`. Raises MediaError where the file cannot be opened or has no picture.
    """
    indexed = probe(path).format in INDEXED
    reader = _Reader.trusted(path, wanted, threads) if indexed else None
    rest = list(wanted)
    if reader is not None:
        for frame, picture in reader.each(wanted):
            rest = [other for other in rest if other > frame]
            yield frame, picture
        rest = rest if reader.failed else []
    yield from _sought(path, rest, threads, faults, NEAR if indexed else None)


class _Reader:
    """A decord reader, and when each of its pictures is first shown on the file's clock, s."""

    def __init__(self, reader: Any, times: NDArray[np.float64]) -> None:
        self._reader, self._times = reader, times
        self.failed = False

    @classmethod
    def trusted(cls, path: Path, wanted: Sequence[int], threads: int) -> _Reader | None:
        """A reader of a file that decord reads right, None where it may not."""
        import decord  # slow to import, and only stills need it

        if (times := packet_times(path)) is None:
            return None
        decord.logging.set_level(decord.logging.QUIET)
        try:
            found = cls(decord.VideoReader(str(path), num_threads=threads), times)
        except (decord.DECORDError, RuntimeError):
            return None
        same = len(found._reader) == len(times) and all(found._agrees(path, frame) for frame in (wanted[0], wanted[-1]))
        return found if same else None

    def each(self, wanted: Sequence[int]) -> Iterator[tuple[int, Picture]]:
        """Each picture once; ends at the first that does not decode, and `failed` says so."""
        before = -1
        for frame in wanted:
            index = self._index(frame)
            if index == before:
                continue
            if (image := self._image(index)) is None:
                self.failed = True
                return
            before = index
            yield frame, ArrayPicture(image)

    def _agrees(self, path: Path, frame: int) -> bool:
        start, end = frame / FPS, (frame + 1) / FPS
        try:
            _, known = next(pictures(path, fps=FPS, start=start, end=end, faults=Faults()))
        except (MediaError, StopIteration):
            return False
        found = self._image(self._index(frame))
        if found is None or found.shape != known.image.shape:
            return False
        return float(np.abs(found.astype(np.int16) - known.image).mean()) <= SAME_PICTURE

    def _index(self, frame: int) -> int:
        return max(0, int(np.searchsorted(self._times, frame / FPS + TOLERANCE, side="right")) - 1)

    def _image(self, index: int) -> NDArray[np.uint8] | None:
        from decord import DECORDError

        try:
            return np.asarray(self._reader[index].asnumpy(), np.uint8)
        except (DECORDError, RuntimeError, IndexError):
            return None


def packet_times(path: Path) -> NDArray[np.float64] | None:
    """When each picture is first shown, s on the file's clock, rising, by the packets alone.

    None where a time is missing, or a key frame is not shown in the order in which it is stored.
    """
    with open_media(path) as container:
        if (stream := video_stream(container)) is None:
            return None
        try:
            packets = [(packet.pts, packet.is_keyframe) for packet in container.demux(stream) if packet.size]
        except (av.FFmpegError, OSError):
            return None
        if not packets or any(time is None for time, _ in packets):
            return None
        ticks, key = np.array([time for time, _ in packets]), np.array([key for _, key in packets])
        order = np.argsort(ticks, kind="stable")
        if (order[key] != np.flatnonzero(key)).any():
            return None
        return np.asarray(ticks[order] * float(stream.time_base) - origin(container), np.float64)


def _sought(
    path: Path, wanted: Sequence[int], threads: int, faults: Faults, near: int | None
) -> Iterator[tuple[int, Picture]]:
    """The same by PyAV: one pass over frames closer than `near` (None: over all), a seek to each next group."""
    before = -np.inf
    for group in _groups(wanted, near):
        for frame, since, picture in _shown(path, group[0], group[-1], threads, faults):
            if frame in group and since > before:
                before = since
                yield frame, picture


def _groups(wanted: Sequence[int], near: int | None) -> list[list[int]]:
    groups: list[list[int]] = []
    for frame in wanted:
        if not groups or (near is not None and frame - groups[-1][-1] > near):
            groups.append([])
        groups[-1].append(frame)
    return groups


def _shown(path: Path, first: int, last: int, threads: int, faults: Faults) -> Iterator[tuple[int, float, Picture]]:
    """Grid frames `first` to `last`, since when their picture is on show (s), and the picture; fewer after damage."""
    since: dict[int, float] = {}
    start, end = first / FPS, (last + 1) / FPS

    def watch(time: float, picture: Picture) -> None:
        since[id(picture)] = time

    try:
        for time, picture in pictures(path, fps=FPS, start=start, end=end, threads=threads, watch=watch, faults=faults):
            yield round(time * FPS), since[id(picture)], picture
    except MediaError as error:
        faults.notes.append(str(error))
