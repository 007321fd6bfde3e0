"""Crops of face tracks as small videos with their sound, which training reads in place of whole pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avcur.crops.geometry import Geometry, Image
from avcur.media.decode import pictures
from avcur.media.encode import video_writer
from avcur.media.errors import MediaError
from avcur.media.picture import Picture
from avcur.media.sound import Waveform, read_audio
from avcur.media.stream import Faults
from avcur.records import FPS, SAMPLE_RATE, Standardised, Track

NEAR = 5 * FPS
"""Grid frames between two tracks that are decoded and not skipped: a seek itself costs some seconds of decoding."""

Writing = Generator[None, Image, None]
"""An open crop file: takes pictures by `send`, ends with its last one, and leaves no file when closed before."""


@dataclass(frozen=True)
class Crop:
    """One track, and the file for its crop."""

    track: Track
    path: Path

    @property
    def first(self) -> int:
        """The grid frame that the crop's frame 0 shows."""
        return self.track.first

    @property
    def stop(self) -> int:
        return self.first + len(self.track.boxes)


def write_crops(media: Standardised, tracks: Sequence[Track], paths: Sequence[Path], geometry: Geometry) -> None:
    """Write each track as an MP4 at 25 fps, square, of the geometry's size, with the track's sound.

    Frame i shows the geometry's window around `track.boxes[i]` in the picture on show at `track.start + i / 25` s. The
    sound is 16 kHz mono AAC of the same span, silent where the recording's sound has ended; a recording without sound
    gives crops without. Only the spans of tracks are decoded, each once. A file is whole or absent. Raises MediaError
    when the video ends before a track does; the crops of tracks that end earlier are there all the same.
    """
    for path, reason in crops_or_reasons(media, tracks, paths, geometry):
        if reason is not None:
            raise MediaError(f"no crop {path.name} of {media.video_path}: {reason}")


def crops_or_reasons(
    media: Standardised, tracks: Sequence[Track], paths: Sequence[Path], geometry: Geometry
) -> list[tuple[Path, str | None]]:
    """`write_crops` with its faults as data: each path, and why there is no crop (None: there is)."""
    crops = [Crop(track, Path(path)) for track, path in zip(tracks, paths, strict=True)]
    reasons: dict[Path, str] = {}
    for group in near_groups(crops):
        reasons |= _write_group(media, group, geometry)
    return [(crop.path, reasons.get(crop.path)) for crop in crops]


def near_groups(crops: Sequence[Crop]) -> list[list[Crop]]:
    """Crops in the order of their first frames, parted where nothing is wanted for longer than `NEAR`."""
    groups: list[list[Crop]] = []
    stop = 0
    for crop in sorted(crops, key=lambda crop: (crop.first, crop.stop, crop.path)):
        if not groups or crop.first - stop > NEAR:
            groups.append([])
        groups[-1].append(crop)
        stop = max(stop, crop.stop)
    return groups


def _write_group(media: Standardised, group: list[Crop], geometry: Geometry) -> dict[Path, str]:
    """Write a group's crops in one pass; why those that are not there could not be written."""
    waiting, under_way = deque(group), dict[Crop, Writing]()
    index = -1
    try:
        for index, picture in _pictures(media, group):
            while waiting and waiting[0].first <= index:
                under_way[waiting[0]] = _started(media, waiting[0], geometry)
                waiting.popleft()
            for crop in [crop for crop, writing in under_way.items() if _finished(writing, picture.image)]:
                del under_way[crop]
        reason = f"the video ends after frame {index}"
    except MediaError as error:
        reason = str(error)
    finally:
        for writing in under_way.values():
            writing.close()
    return {crop.path: f"{reason}; the track lasts to frame {crop.stop - 1}" for crop in (*under_way, *waiting)}


def _pictures(media: Standardised, group: list[Crop]) -> Iterator[tuple[int, Picture]]:
    """The grid frames from a group's first to its last."""
    if media.video_path is None:
        raise MediaError("no video stream")
    start, end = group[0].first / FPS, max(crop.stop for crop in group) / FPS
    # The pass over the whole recording has reported its faults; here a damaged picture is the one before it.
    for time, picture in pictures(media.video_path, fps=FPS, start=start, end=end, faults=Faults()):
        yield round(time * FPS), picture


def _started(media: Standardised, crop: Crop, geometry: Geometry) -> Writing:
    writing = _writing(media, crop, geometry)
    next(writing)
    return writing


def _writing(media: Standardised, crop: Crop, geometry: Geometry) -> Writing:
    with video_writer(crop.path, FPS, _sound(media, crop), SAMPLE_RATE) as writer:
        for box in crop.track.boxes:
            image = yield
            writer.write(geometry.cut(image, box))


def _finished(writing: Writing, image: Image) -> bool:
    """Whether a crop was complete, and its file committed, with this picture."""
    try:
        writing.send(image)
    except StopIteration:
        return True
    return False


def _sound(media: Standardised, crop: Crop) -> Waveform | None:
    """The sound of a crop's span, as long as its pictures."""
    if media.audio_path is None:
        return None
    found = read_audio(media.audio_path, SAMPLE_RATE, crop.first / FPS, crop.stop / FPS)
    whole = np.zeros(len(crop.track.boxes) * SAMPLE_RATE // FPS, np.float32)
    whole[: len(found)] = found
    return whole
