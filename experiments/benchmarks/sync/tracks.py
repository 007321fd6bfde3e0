"""Face tracks of recordings as backends get them: the product's own crops and the sound of their span."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from avcur.crops.geometry import Geometry, Image
from avcur.crops.write import write_crops
from avcur.media.decode import pictures, read_audio
from avcur.records import FPS, SAMPLE_RATE, Track
from avcur.sync.backend import SyncBackend, Waveform
from avcur.sync.lags import SyncScore, score
from experiments.benchmarks.faces.clips import real_clips
from experiments.benchmarks.faces.product import seen
from experiments.benchmarks.row import Settings

MAX_LAG = 15


@dataclass(frozen=True)
class CroppedTrack:
    """A track's face crops in a file, and the sound that they belong to."""

    name: str
    person: str
    crop: Path
    sound: Path
    first: int
    count: int

    def __len__(self) -> int:
        return self.count

    def faces(self, first: int, stop: int) -> Iterator[Image]:
        return (picture.image for _, picture in pictures(self.crop, fps=FPS, start=first / FPS, end=stop / FPS))

    def waveform(self, first: int, stop: int) -> Waveform:
        return read_audio(self.sound, SAMPLE_RATE, (self.first + first) / FPS, (self.first + stop) / FPS)

    def score(self, backend: SyncBackend, first: int, stop: int, offset: int = 0) -> SyncScore:
        """Of the track's frames [first, stop) with sound that leads by `offset` frames."""
        heard = self.waveform(first + offset, stop + offset)
        return score(backend.distances(self.faces(first, stop), heard, MAX_LAG))

    def score_shifted(self, backend: SyncBackend, offset: int) -> SyncScore:
        """With sound that leads by `offset` frames, of as many frames as have sound then: nothing is padded."""
        return self.score(backend, max(0, -offset), len(self) - max(0, offset), offset)

    def score_with(self, backend: SyncBackend, other: CroppedTrack) -> SyncScore:
        """With another track's sound, both as long as the shorter."""
        length = min(len(self), len(other))
        return score(backend.distances(self.faces(0, length), other.waveform(0, length), MAX_LAG))


@cache
def talking(settings: Settings, geometry: Geometry) -> tuple[CroppedTrack, ...]:
    """The longest track of each talking clip."""
    return tuple(_longest(settings, name, geometry) for name in real_clips(settings, ("video_talking",)))


def _longest(settings: Settings, name: str, geometry: Geometry) -> CroppedTrack:
    path = settings.clip(name)
    tracks = seen(path).segmentation.tracks
    number = max(range(len(tracks)), key=lambda n: len(tracks[n].boxes))
    return cropped(path, number, tracks[number], people(settings)[name], geometry, settings)


def people(settings: Settings) -> dict[str, str]:
    """Who is in a clip of the media folder, by its path in there."""
    with settings.clip("MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["identity"] for row in csv.DictReader(file)}


def cropped(path: Path, number: int, track: Track, person: str, geometry: Geometry, settings: Settings) -> CroppedTrack:
    """Track `number` of a recording, with its crop written."""
    media = seen(path).media
    assert media.audio_path is not None, f"{path} has no sound"
    crop = settings.scratch / "crops" / f"{geometry.name}-{geometry.size}" / f"{path.stem}-{number}.mp4"
    crop.parent.mkdir(parents=True, exist_ok=True)
    write_crops(media, [track], [crop], geometry)
    return CroppedTrack(f"{path.stem}/{number}", person, crop, media.audio_path, track.first, len(track.boxes))
